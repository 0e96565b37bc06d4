import { codecOfName, stripMarks } from '../codec.ts';

/** What a file's name tells. */
export type LogName =
  /** `events_<index>_<app>[.codec][.compact]`, a part of a rolling log. */
  | { readonly role: 'events'; readonly app: string; readonly index: number; readonly compacted: boolean }
  /** `appstatus_<app>[.inprogress]`, the state of a rolling log. */
  | { readonly role: 'appstatus'; readonly app: string; readonly inProgress: boolean }
  /** `eventlog-2026-11-21--07-00.gz`, a finished part of a Databricks log. */
  | { readonly role: 'databricks-part' }
  /** `eventlog`, the last part of a Databricks log. */
  | { readonly role: 'databricks-last' }
  /** `<app>[_attempt][.codec][.inprogress]` with an id of a form that Spark's cluster managers give. */
  | { readonly role: 'single' }
  /** Checksums, hidden files, markers such as `_SUCCESS`: never a log. */
  | { readonly role: 'skipped' }
  | { readonly role: 'unknown' };

/** YARN, local, standalone and Mesos, Kubernetes, Databricks. An attempt follows after an underscore. */
const APP_ID =
  /^(application_\d+_\d+|local-\d+|app-\d{14}-\d{4}|spark-application-\d+|spark-[0-9a-f]{32})(?:_([A-Za-z0-9-]+))?$/;
const EVENTS = /^events_(\d{1,9})_(.+)$/;
const APPSTATUS = /^appstatus_(.+)$/;
const DATABRICKS_PART = /^eventlog-\d{4}-\d{2}-\d{2}--\d{2}-\d{2}(\.\w+)?$/;
const ROLLING_FOLDER_PREFIX = 'eventlog_v2_';
const IN_PROGRESS = '.inprogress';

/** Reads a file's name. */
export function readLogName(name: string): LogName {
  if (/^[._]/.test(name) || name.endsWith('.crc')) return { role: 'skipped' };
  const events = EVENTS.exec(name);
  if (events !== null) {
    const app = withoutCodec(events[2] ?? '');
    return { role: 'events', app, index: Number(events[1]), compacted: name.endsWith('.compact') };
  }
  const appstatus = APPSTATUS.exec(name);
  if (appstatus !== null) {
    return { role: 'appstatus', app: stripMarks(appstatus[1] ?? ''), inProgress: isInProgress(name) };
  }
  if (DATABRICKS_PART.test(name)) return { role: 'databricks-part' };
  if (name === 'eventlog') return { role: 'databricks-last' };
  return APP_ID.test(withoutCodec(name)) ? { role: 'single' } : { role: 'unknown' };
}

/** True when the name carries Spark's mark of an application that has not ended. */
export function isInProgress(name: string): boolean {
  return name.endsWith(IN_PROGRESS);
}

/** True for the folder name that Spark gives to a rolling log. */
export function isRollingFolderName(name: string): boolean {
  return name.startsWith(ROLLING_FOLDER_PREFIX);
}

/**
 * Application and attempt that a log's name tells: of a file, of an event file, or of a rolling folder.
 * Both null when the name is not of a form that Spark gives.
 */
export function appOfName(name: string): { appId: string | null; attemptId: string | null } {
  const app = withoutCodec(name.replace(ROLLING_FOLDER_PREFIX, '').replace(/^events_\d{1,9}_/, ''));
  const known = APP_ID.exec(app);
  return { appId: known?.[1] ?? null, attemptId: known?.[2] ?? null };
}

function withoutCodec(name: string): string {
  const bare = stripMarks(name);
  return codecOfName(bare) === null ? bare : bare.slice(0, bare.lastIndexOf('.'));
}
