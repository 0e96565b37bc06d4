import { dirname } from 'node:path';
import type { LogRef } from '../../../eventlog/index.ts';
import { loadSparkSummaries, type RunRecord } from '../../../insight/index.ts';
import type { RedactLevel } from '../../../kernel/config-file.ts';
import { HeadgateError } from '../../../kernel/errors.ts';
import { labelLog } from '../../../kernel/log-text.ts';
import type { SqlEngine } from '../../../kernel/sql-engine.ts';
import { textsOf } from '../arrow-texts.ts';

/** Files and bytes of one statement: what was summarised is stored after each, and a statement has an end. */
const BATCH_FILES = 500;
const BATCH_BYTES = 16 * 1024 ** 3;

/** Paths that mean the same in a glob, in SQL and in a URI. */
const PLAIN_PATH = /^(?:s3a?:\/)?[\w./=-]+$/;
/** Spark's text source cannot decode the frames that Spark's own event logs are compressed in. */
const COMPRESSED = /\.(?:zstd|lz4|snappy|lzf|gz)(?:\.|$)/;

/** How fleets are summarised. */
export interface FleetSettings {
  /** `auto` takes Spark where there is one, from `sparkFromBytes` on. */
  readonly engine: 'auto' | 'local' | 'spark';
  readonly sparkFromBytes: number;
  /** SQL on Spark for a tenant; null where there is none. */
  readonly sparkOf: (tenant: string) => SqlEngine | null;
}

/** A Spark that summarises what is asked for. */
export interface FleetEngine {
  readonly sql: SqlEngine;
  /** Logs that are not read yet are summarised there when they have at least so many bytes. */
  readonly fromBytes: number;
}

/** The Spark that a call is to use; null: this machine. Errors: `failed_precondition` when Spark is asked for and there is none. */
export function fleetEngineOf(
  asked: FleetSettings['engine'] | undefined,
  settings: FleetSettings | undefined,
  tenant: string,
): FleetEngine | null {
  const engine = asked ?? settings?.engine ?? 'local';
  if (engine === 'local') return null;
  const sql = settings?.sparkOf(tenant) ?? null;
  if (sql !== null) return { sql, fromBytes: engine === 'spark' ? 0 : (settings?.sparkFromBytes ?? 0) };
  if (engine === 'auto') return null;
  throw new HeadgateError('failed_precondition', 'There is no Spark to summarise event logs.', {
    hint: 'Name spark.remote in the configuration, or leave engine out.',
  });
}

/** True for a log that Spark can read: whole, plain, at a path that needs no quoting. */
export function isReadableBySpark(log: LogRef): boolean {
  const { files, inProgress, compacted, missing } = log;
  const plain = files.every(({ path }) => PLAIN_PATH.test(path) && !COMPRESSED.test(path));
  return plain && !inProgress && !compacted && missing.length === 0 && files.length <= BATCH_FILES;
}

/** Logs in batches, each of one statement. */
export function inBatches<T extends { readonly log: LogRef }>(logs: readonly T[]): T[][] {
  const batches: T[][] = [];
  let files = 0;
  let bytes = 0;
  for (const one of logs) {
    files += one.log.files.length;
    bytes += one.log.sizeBytes;
    const last = batches.at(-1);
    if (last === undefined || files > BATCH_FILES || bytes > BATCH_BYTES) {
      batches.push([one]);
      files = one.log.files.length;
      bytes = one.log.sizeBytes;
    } else last.push(one);
  }
  return batches;
}

/** What the records are made with. */
export interface RecordSettings {
  /** Spark properties that tell runs of one name apart. */
  readonly keys: readonly string[];
  readonly redaction: RedactLevel;
}

/**
 * The records of some logs, in their order; null for a log that is not whole: only the engine weighs what is missing. Errors: those
 * of Spark; `cancelled`.
 */
export async function summariseOnSpark(
  logs: readonly LogRef[],
  sql: SqlEngine,
  settings: RecordSettings,
  signal: AbortSignal,
): Promise<Array<RunRecord | null>> {
  const { summaryQuery, parseSummary, recordOfSummary, redactionOf } = await loadSparkSummaries();
  const files = logs.flatMap(({ files: own }, index) => own.map(({ path }) => [sparkPath(path), index] as const));
  const records = new Array<RunRecord | null>(logs.length).fill(null);
  const redact = await redactionOf(settings.redaction);
  const { chunks } = await sql.query(summaryQuery(globOf(files.map(([path]) => path)), files), { signal });
  for await (const chunk of chunks) {
    for (const json of await textsOf(chunk)) {
      const summary = parseSummary(json);
      const log = logs[summary.log];
      if (log === undefined) continue;
      const { appIdHint, attemptIdHint } = log;
      records[summary.log] = recordOfSummary(summary, { appIdHint, attemptIdHint, keys: settings.keys, redact });
    }
  }
  return records;
}

/** What a caller is told when Spark failed: the logs are read on this machine. */
export function sparkFailed(error: HeadgateError): string {
  return `Spark could not summarise event logs, so this machine reads them: ${labelLog(error.message)}`;
}

const sparkPath = (path: string): string => path.replace(/^s3:/, 's3a:');

/** One pattern for all: their common folder, and what follows it in braces. */
function globOf(paths: readonly string[]): string {
  const [first = ''] = paths;
  let folder = dirname(first);
  while (!paths.every((path) => path.startsWith(`${folder}/`))) folder = dirname(folder);
  return `${folder}/{${paths.map((path) => path.slice(folder.length + 1)).join(',')}}`;
}
