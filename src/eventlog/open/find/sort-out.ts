import { basename } from 'node:path';
import type { FoundFile, IgnoredPath, LogRef } from '../log-ref.ts';
import { appOfName, isInProgress, isRollingFolderName, readLogName } from './log-name.ts';
import { buildDatabricksLog, buildRollingLogs, toLogFile } from './rolling-log.ts';
import type { NoLog } from './sniff-log.ts';

/** Folders within folders that are searched: enough for year/month/day/hour under a bucket's prefix. */
export const DEEPEST_LEVEL = 6;
/** Files that are looked at at the same time. */
export const LOOKS_AT_ONCE = 64;

/** What a search found. Both are ordered by path. */
export interface FoundLogs {
  readonly logs: LogRef[];
  readonly ignored: IgnoredPath[];
}

/**
 * Makes logs of the files that stand in one folder, of whose names none is `skipped`. `whyNot` judges a file that Spark
 * did not name by its first bytes. Has no order.
 */
export async function sortOutFolder(
  folder: string,
  files: readonly FoundFile[],
  whyNot: (file: FoundFile) => Promise<NoLog | null>,
): Promise<FoundLogs> {
  const found: FoundLogs = { logs: [], ignored: [] };
  const byRole = Map.groupBy(files, (file) => readLogName(basename(file.path)).role);
  const of = (role: ReturnType<typeof readLogName>['role']) => byRole.get(role) ?? [];
  const rolling = [...of('events'), ...of('appstatus')];
  if (rolling.length > 0) {
    const built = buildRollingLogs(folder, rolling);
    found.logs.push(...built.logs);
    found.ignored.push(...built.ignored);
  } else if (isRollingFolderName(basename(folder)) && files.length === 0) {
    found.ignored.push({ path: folder, reason: 'a rolling log without event files' });
  }
  const databricks = of('databricks-part');
  if (databricks.length > 0) found.logs.push(buildDatabricksLog(folder, [...databricks, ...of('databricks-last')]));
  const alone = databricks.length > 0 ? [] : of('databricks-last');
  for (const file of of('single')) keep(file, null, found);
  await Promise.all(
    [...of('unknown'), ...alone].map(async (file) =>
      keep(file, file.sizeBytes === 0 ? null : await whyNot(file), found),
    ),
  );
  return found;
}

function keep(file: FoundFile, whyNot: NoLog | null, { logs, ignored }: FoundLogs): void {
  const why: NoLog | null = file.sizeBytes === 0 ? { reason: 'empty' } : whyNot;
  if (why === null) logs.push(toSingleLog(file));
  else ignored.push({ path: file.path, ...why });
}

/** The log that is a single file. */
export function toSingleLog(file: FoundFile): LogRef {
  const name = basename(file.path);
  const { appId, attemptId } = appOfName(name);
  return {
    path: file.path,
    kind: 'single',
    files: [toLogFile(file)],
    inProgress: isInProgress(name),
    sizeBytes: file.sizeBytes,
    modifiedMs: file.modifiedMs,
    missing: [],
    compacted: name.endsWith('.compact'),
    appIdHint: appId,
    attemptIdHint: attemptId,
  };
}

/** Puts both parts in the order of their paths. */
export function inOrder({ logs, ignored }: FoundLogs): FoundLogs {
  logs.sort(byPath);
  ignored.sort(byPath);
  return { logs, ignored };
}

function byPath(a: { readonly path: string }, b: { readonly path: string }): number {
  if (a.path === b.path) return 0;
  return a.path < b.path ? -1 : 1;
}
