import { basename } from 'node:path';
import type { FoundFile, IgnoredPath, LogFile, LogRef } from '../log-ref.ts';
import { appOfName, readLogName } from './log-name.ts';

/** Longer runs of missing files are told as one entry. */
const NAMED_MISSING_FILES = 20;

interface EventFile {
  readonly file: FoundFile;
  readonly index: number;
  readonly compacted: boolean;
}

/**
 * The rolling logs whose files stand in one folder: usually one; more when somebody put several into the same folder.
 * `files` are those named `events_…` and `appstatus_…`.
 */
export function buildRollingLogs(
  folder: string,
  files: readonly FoundFile[],
): { logs: LogRef[]; ignored: IgnoredPath[] } {
  const ignored: IgnoredPath[] = [];
  const groups = Map.groupBy(files, (file) => {
    const name = readLogName(basename(file.path));
    return name.role === 'events' || name.role === 'appstatus' ? name.app : '';
  });
  const logs: LogRef[] = [];
  for (const [app, group] of groups) {
    const log = buildRollingLog(folder, app, group, ignored);
    if (log !== null) logs.push(log);
    else ignored.push({ path: folder, reason: `the rolling log of ${app} has no event files` });
  }
  // Two logs cannot both be known by the folder.
  if (logs.length > 1) return { logs: logs.map((log) => ({ ...log, path: log.files[0]?.path ?? folder })), ignored };
  return { logs, ignored };
}

function buildRollingLog(
  folder: string,
  app: string,
  group: readonly FoundFile[],
  ignored: IgnoredPath[],
): LogRef | null {
  const states = group.map((file) => readLogName(basename(file.path))).filter((name) => name.role === 'appstatus');
  const events = oneOfEach(group.flatMap(toEventFile), ignored);
  // Spark compacts everything up to a file into that file's number: the last one makes all before it superfluous.
  const compactAt = events.findLastIndex((event) => event.compacted);
  const kept = events.slice(Math.max(0, compactAt));
  const first = kept[0];
  if (first === undefined) return null;
  const ids = [app, basename(folder)].map(appOfName);
  const hint = ids.find((id) => id.appId !== null) ?? { appId: app, attemptId: null };
  return {
    path: folder,
    kind: 'rolling',
    files: kept.map(({ file }) => toLogFile(file)),
    inProgress: states.length > 0 && states.every((state) => state.inProgress),
    sizeBytes: totalSize(kept.map(({ file }) => file)),
    modifiedMs: latestChange(group),
    missing: findMissing(first.compacted ? first.index : 1, kept, app),
    compacted: first.compacted,
    appIdHint: hint.appId,
    attemptIdHint: hint.attemptId,
  };
}

function toEventFile(file: FoundFile): EventFile[] {
  const name = readLogName(basename(file.path));
  return name.role === 'events' ? [{ file, index: name.index, compacted: name.compacted }] : [];
}

/** Ordered by number, a compacted file after the plain one of its number. Of copies of one file the largest stays. */
function oneOfEach(events: readonly EventFile[], ignored: IgnoredPath[]): EventFile[] {
  const ordered = events.toSorted(
    (a, b) =>
      a.index - b.index ||
      Number(a.compacted) - Number(b.compacted) ||
      b.file.sizeBytes - a.file.sizeBytes ||
      (a.file.path < b.file.path ? -1 : 1),
  );
  return ordered.filter((event, i) => {
    const before = ordered[i - 1];
    const copy = before !== undefined && before.index === event.index && before.compacted === event.compacted;
    if (copy) ignored.push({ path: event.file.path, reason: `a second copy of event file ${event.index}` });
    return !copy;
  });
}

function findMissing(from: number, kept: readonly EventFile[], app: string): string[] {
  const missing: string[] = [];
  let expected = from;
  for (const { index } of kept) {
    const count = index - expected;
    if (count > NAMED_MISSING_FILES) {
      missing.push(`events_${expected}_${app} … events_${index - 1}_${app} (${count} files)`);
    } else {
      for (let i = expected; i < index; i++) missing.push(`events_${i}_${app}`);
    }
    expected = index + 1;
  }
  return missing;
}

/** The log whose parts stand in a Databricks folder: dated parts by date, then `eventlog`. `files` are these. */
export function buildDatabricksLog(folder: string, files: readonly FoundFile[]): LogRef {
  const isLast = (file: FoundFile) => basename(file.path) === 'eventlog';
  const ordered = files.toSorted((a, b) => {
    if (isLast(a) || isLast(b)) return isLast(a) ? 1 : -1;
    return a.path < b.path ? -1 : 1;
  });
  return {
    path: folder,
    kind: 'databricks',
    files: ordered.map(toLogFile),
    inProgress: false,
    sizeBytes: totalSize(ordered),
    modifiedMs: latestChange(ordered),
    missing: [],
    compacted: false,
    appIdHint: null,
    attemptIdHint: null,
  };
}

/** A file as its log holds it. */
export function toLogFile({ path, sizeBytes, version }: FoundFile): LogFile {
  return { path, sizeBytes, ...(version === undefined ? {} : { version }) };
}

function totalSize(files: readonly FoundFile[]): number {
  return files.reduce((sum, file) => sum + file.sizeBytes, 0);
}

function latestChange(files: readonly FoundFile[]): number {
  return files.reduce((latest, file) => Math.max(latest, file.modifiedMs), 0);
}
