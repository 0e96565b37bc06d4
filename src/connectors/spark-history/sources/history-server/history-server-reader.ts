import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Application, findLogs, type LogRef, readApplication } from '../../../../eventlog/index.ts';
import { addressOf, type RestServerAccess } from '../../../../kernel/config.ts';
import { HeadgateError } from '../../../../kernel/errors.ts';
import { labelLog } from '../../../../kernel/log-text.ts';
import type { TracePort } from '../../../../kernel/trace.ts';
import { countNoun } from '../../../../kernel/units.ts';
import type { LogReader, ReadingOptions, SourceHealth } from '../../log-reader.ts';
import type { ReaderParts } from '../create-reader.ts';
import { attemptPath, readApplicationOverRest } from '../rest/application-from-rest.ts';
import { hasStatus, RestClient } from '../rest/rest-client.ts';
import { type AttemptName, RestListing } from '../rest/rest-listing.ts';
import { SecretSession } from '../rest/rest-session.ts';
import { readThreads, type ThreadDump } from '../rest/threads.ts';
import { WireVersion } from '../rest/wire.ts';
import { DamagedZip, unzipLog } from './unzip-log.ts';

/** Largest zip of one log that is taken, bytes. */
const MAX_ZIP_BYTES = 64 * 1024 ** 3;
/** How often a zip that comes cut is asked for. */
const DOWNLOADS = 2;
/** Answers to a question for logs after which the application is read field by field: the server does not give logs out. */
const NO_LOGS = [403, 404, 405, 500, 501, 503];

/** The reader of a History Server. `backoffMs`: first wait before a question is asked again. */
export function createHistoryServerReader(
  name: string,
  place: RestServerAccess & { readonly kind: 'history-server' },
  parts: Pick<ReaderParts, 'spool' | 'resolveSecret'> & { readonly trace?: TracePort },
  backoffMs?: number,
): LogReader {
  const session = new SecretSession(name, place, parts.resolveSecret);
  const client = new RestClient({ name, session, reach: place, backoffMs, traceHeaders: parts.trace?.outgoing });
  return new HistoryServerReader({ name, address: addressOf(place), client, spool: parts.spool });
}

/** What a `HistoryServerReader` is made of. */
export interface HistoryServerParts {
  readonly name: string;
  /** What the source is named by. */
  readonly address: string;
  readonly client: RestClient;
  readonly spool: ReaderParts['spool'];
}

/** Logs of a History Server: its zip of an application's log goes through the engine; where it gives none, the REST is read. */
export class HistoryServerReader implements LogReader {
  readonly #parts: HistoryServerParts;
  readonly #listing: RestListing;

  constructor(parts: HistoryServerParts) {
    this.#parts = parts;
    this.#listing = new RestListing(parts.client, parts.address, ({ lastUpdated, endTime, startTime }) =>
      Math.max(lastUpdated ?? 0, endTime ?? 0, startTime ?? 0),
    );
  }

  findLogs(options: { readonly signal?: AbortSignal }) {
    return this.#listing.findLogs(options);
  }

  refresh(log: LogRef, options: { readonly signal?: AbortSignal }) {
    return this.#listing.refresh(log, options);
  }

  readHeadline(log: LogRef, options: { readonly signal?: AbortSignal } = {}) {
    return this.#listing.readHeadline(log, options);
  }

  async readApplication(log: LogRef, options: ReadingOptions = {}): Promise<Application> {
    const attempt = this.#listing.nameOf(log);
    try {
      return await this.#parts.spool.use((folder) => this.#readZip(attempt, folder, options));
    } catch (error) {
      if (!hasStatus(error, NO_LOGS)) throw error;
      const status = (error as HeadgateError).details?.status;
      const because = `the server does not give its log out (${status})`;
      return await readApplicationOverRest(this.#parts.client, { ...attempt, ...options, because });
    }
  }

  readThreads(log: LogRef, executorId: string, options: { readonly signal?: AbortSignal }): Promise<ThreadDump> {
    return readThreads(this.#parts.client, this.#listing.nameOf(log), executorId, options.signal);
  }

  async health({ signal }: { readonly signal?: AbortSignal }): Promise<SourceHealth> {
    const { spark } = await this.#parts.client.json({ path: 'version', signal }, WireVersion);
    const { logs } = await this.#listing.findLogs(signal === undefined ? {} : { signal });
    const message = `History Server of Spark ${labelLog(spark)}, ${countNoun(logs.length, 'application attempt')}`;
    if (logs.length > 0) return { ok: true, message };
    return {
      ok: true,
      message,
      hint: 'It lists no application: check its spark.history.fs.logDirectory, or wait until it has read the logs.',
    };
  }

  close(): Promise<void> {
    return this.#parts.client.close();
  }

  async #readZip(attempt: AttemptName, folder: string, { signal, onProgress }: ReadingOptions): Promise<Application> {
    const options = signal === undefined ? {} : { signal };
    const unzipped = await this.#download(attempt, folder, signal);
    const { logs } = await findLogs(unzipped, { ...options, root: unzipped });
    const own = logs.filter(({ attemptIdHint }) => attemptIdHint === attempt.attemptId);
    const log = own[0] ?? logs[0];
    if (log === undefined) {
      throw new HeadgateError('unavailable', `${this.#what(attempt)} holds no event log.`, {
        hint: 'Ask again; if it stays so, look at the log in the folder of the server (spark.history.fs.logDirectory).',
      });
    }
    return readApplication(log, { ...options, ...(onProgress === undefined ? {} : { onProgress }) });
  }

  async #download(attempt: AttemptName, folder: string, signal: AbortSignal | undefined): Promise<string> {
    const zip = join(folder, 'logs.zip');
    const path = `${attemptPath(attempt.appId, attempt.attemptId)}/logs`;
    for (let download = 1; ; download++) {
      await this.#parts.client.download({ path, signal }, zip, { maxBytes: MAX_ZIP_BYTES });
      const unzipped = join(folder, `unzipped-${download}`);
      await mkdir(unzipped, { mode: 0o700 });
      try {
        await unzipLog(zip, unzipped, signal);
        return unzipped;
      } catch (error) {
        if (!(error instanceof DamagedZip)) throw error;
        if (download < DOWNLOADS) continue;
        throw new HeadgateError('unavailable', `${this.#what(attempt)} is damaged: ${error.message}.`, {
          hint: 'It was fetched twice. Look for a proxy with a size or time limit before the server, and into its log.',
          cause: error,
        });
      }
    }
  }

  #what({ appId }: AttemptName): string {
    return `The zip of event logs that source ${this.#parts.name} sends of ${labelLog(appId)}`;
  }
}
