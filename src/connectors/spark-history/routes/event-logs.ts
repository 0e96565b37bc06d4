import { basename } from 'node:path';
import { groupAttempts } from '../../../eventlog/index.ts';
import { HeadgateError } from '../../../kernel/errors.ts';
import type { HttpAnswer, HttpRouteRequest } from '../../../kernel/http-route.ts';
import type { SparkHistory, StoredLog } from '../spark-history.ts';
import { RouteRefusal } from './answers.ts';
import { listedAttempt } from './listed-attempt.ts';
import { storedFile } from './log-files.ts';
import type { RestRedaction } from './redaction.ts';
import { type ZipEntry, zipOf } from './zip.ts';

/**
 * `/logs`: the event logs of an attempt, or of every attempt, as one zip with the names that Spark gives its entries.
 *
 * A file in which nothing has to be masked is in it as it is stored; one with something to mask, or that is damaged, is in
 * it decoded, with those lines rewritten. Errors: `permission_denied` where the level of redaction cannot be kept in a log,
 * `failed_precondition` where a source does not hand out its logs, `unavailable` where one could not be asked.
 */
export async function answerLogs(
  spark: SparkHistory,
  { appId, attemptId }: { readonly appId: string; readonly attemptId: string | null },
  request: HttpRouteRequest,
  redaction: RestRedaction,
): Promise<HttpAnswer> {
  const server = request.query.get('server') ?? undefined;
  const { logs, unreachable } = await spark.logsOf(appId, { server, signal: request.signal });
  const wanted = inOrder(logs.filter(({ entry }) => attemptId === null || entry.attemptId === attemptId));
  if (wanted.length === 0) {
    if (unreachable.length > 0)
      throw silent(
        appId,
        unreachable.map((one) => one.server),
      );
    // Spark tries attempt 1 where none was named, and says so.
    throw new RouteRefusal(404, `no such app: ${appId}/${attemptId ?? '1'}`);
  }
  const maskLine = redaction.maskLine;
  if (maskLine === null) throw notMaskable();
  refuseSeveralSources(appId, wanted);
  const entries: ZipEntry[] = [];
  for (const { log, openFile, entry } of wanted) {
    if (openFile === null) throw notHandedOut(entry.server);
    for (const { name, file } of entriesOf(log)) {
      // Before the answer begins: what cannot be given is said in words, not by a cut zip.
      const stored = await storedFile(file, { openFile, maskLine, signal: request.signal });
      entries.push({ name: stored.rename(name), chunks: stored.chunks });
    }
  }
  const attempt = attemptId === null ? '' : `-${attemptId}`;
  return {
    status: 200,
    contentType: 'application/octet-stream',
    headers: { 'content-disposition': `attachment; filename=${fileName(`eventLogs-${appId}${attempt}`)}.zip` },
    body: zipOf(entries),
  };
}

/** As the attempts are listed. */
function inOrder(logs: readonly StoredLog[]): StoredLog[] {
  const byAttempt = new Map(logs.map((log) => [listedAttempt(log.entry), log]));
  return groupAttempts(byAttempt.keys()).flatMap(({ attempts }) =>
    attempts.map((one) => byAttempt.get(one) as StoredLog),
  );
}

/** A name goes into a header: whatever could end it is replaced. */
const fileName = (name: string): string => name.replace(/[^\w.-]/g, '_');

interface LogEntry {
  readonly name: string;
  /** Null for an entry without content. */
  readonly file: StoredLog['log']['files'][number] | null;
}

/** A rolling log is a folder, with the empty file that tells its state. */
function entriesOf(log: StoredLog['log']): LogEntry[] {
  if (log.kind === 'single') return log.files.map((file) => ({ name: basename(file.path), file }));
  const folder = basename(log.path);
  const files = log.files.map((file) => ({ name: `${folder}/${basename(file.path)}`, file }));
  const state = log.kind === 'rolling' ? [{ name: `${folder}/${stateName(log, folder)}`, file: null }] : [];
  return [{ name: `${folder}/`, file: null }, ...state, ...files];
}

function stateName(log: StoredLog['log'], folder: string): string {
  return `appstatus_${folder.replace(/^eventlog_v2_/, '')}${log.inProgress ? '.inprogress' : ''}`;
}

function refuseSeveralSources(appId: string, logs: readonly StoredLog[]): void {
  const servers = [...new Set(logs.map(({ entry }) => entry.server))];
  if (servers.length < 2) return;
  throw new HeadgateError('failed_precondition', `Application ${appId} is on several sources: ${servers.join(', ')}.`, {
    hint: 'Name one with ?server=NAME.',
    details: { servers },
  });
}

function silent(appId: string, servers: readonly string[]): HeadgateError {
  return new HeadgateError(
    'unavailable',
    `Application ${appId} was not found, and ${servers.join(', ')} could not be asked.`,
    {
      hint: 'Ask again when it can be reached.',
    },
  );
}

function notHandedOut(server: string): HeadgateError {
  return new HeadgateError('failed_precondition', `Source ${server} does not hand out its event logs.`, {
    hint: 'Take the log from where the source has it.',
  });
}

function notMaskable(): HeadgateError {
  return new HeadgateError('permission_denied', 'Event logs are not handed out at this level of redaction.', {
    hint: 'With `redact: secrets` they are, with their secrets masked.',
  });
}
