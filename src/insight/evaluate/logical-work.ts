import type { Application } from '../../eventlog/index.ts';
import { type Operator, operatorsOf } from '../compare/operators.ts';

/** What a run had to do, whatever plan it did it with. Counts are null where the log does not tell them. */
export interface LogicalWork {
  /** What its queries read: locations without their digits (dates, run numbers), and columns. Empty without scans in plans. */
  readonly relations: ReadonlySet<string>;
  /** Rows of the distinct relations, each counted once however often it is scanned; without plans, records that tasks read. */
  readonly rows: number | null;
  /** Bytes of files, counted in the same way. */
  readonly bytes: number | null;
  readonly outputRows: number | null;
  readonly jobCount: number;
  readonly sqlCount: number;
}

/** Rows or bytes of two runs may differ by this share and count as the same input. Source: daily volumes of an unchanged feed. */
const SAME_VOLUME_SHARE = 0.1;

/** Derives the work of a run from its plans and tasks. Cost: one pass over plans and tasks. */
export function logicalWorkOf(application: Application): LogicalWork {
  const { relations, scans } = readScans(application);
  const tasks = sumTasks(application);
  const rows = scans.reduce((sum, scan) => sum + scan.rows, 0) || tasks.inputRecords;
  const bytes = scans.reduce((sum, scan) => sum + scan.bytes, 0) || tasks.inputBytes;
  return {
    relations,
    rows: rows > 0 ? rows : null,
    bytes: bytes > 0 ? bytes : null,
    outputRows: tasks.outputRecords > 0 ? tasks.outputRecords : null,
    jobCount: application.jobs.length,
    sqlCount: application.sqlExecutions.length,
  };
}

interface Scanned {
  readonly rows: number;
  readonly bytes: number;
}

function readScans({ sqlExecutions }: Application): { relations: Set<string>; scans: Scanned[] } {
  const scans = new Map<string, Scanned>();
  const relations = new Set<string>();
  const operators = sqlExecutions.flatMap(({ plan, metricValues }) =>
    plan === null ? [] : operatorsOf(plan, metricValues),
  );
  for (const operator of operators) {
    if (operator.kind !== 'scan' || operator.name.startsWith('InMemoryTableScan')) continue;
    for (const key of keysOf(operator)) relations.add(key);
    const before = scans.get(operator.subject);
    scans.set(operator.subject, {
      rows: Math.max(before?.rows ?? 0, operator.rows ?? 0),
      bytes: Math.max(before?.bytes ?? 0, operator.bytes ?? 0),
    });
  }
  return { relations, scans: [...scans.values()] };
}

/** A scan of other folders that reads the same columns is the same scan: compacted or moved files. */
function keysOf({ subject, node }: Operator): string[] {
  const columns = node.metadata.ReadSchema;
  const location = `at ${subject.replace(/\d+/g, '#')}`;
  return columns === undefined || columns === 'struct<>' ? [location] : [location, `of ${columns}`];
}

function sumTasks({ tasks }: Application): { inputRecords: number; inputBytes: number; outputRecords: number } {
  const sums = { inputRecords: 0, inputBytes: 0, outputRecords: 0 };
  for (let row = 0; row < tasks.count; row++) {
    if (tasks.status(row) !== 'SUCCESS' || !tasks.hasMetrics(row)) continue;
    sums.inputRecords += Math.max(0, tasks.columns.inputRecords.at(row));
    sums.inputBytes += Math.max(0, tasks.columns.inputBytes.at(row));
    sums.outputRecords += Math.max(0, tasks.columns.outputRecords.at(row));
  }
  return sums;
}

/** False when both runs tell what they read and have nothing of it in common. */
export function sameRelations(a: LogicalWork, b: LogicalWork): boolean {
  if (a.relations.size === 0 || b.relations.size === 0) return true;
  return [...a.relations].some((relation) => b.relations.has(relation));
}

/**
 * False when the input differs in rows and in bytes, or in the one of them that both logs tell. One is enough: compaction
 * changes bytes, pushed filters change rows.
 */
export function sameVolume(a: LogicalWork, b: LogicalWork): boolean {
  const verdicts = [isClose(a.rows, b.rows), isClose(a.bytes, b.bytes)].filter((close) => close !== null);
  return verdicts.length === 0 || verdicts.includes(true);
}

/** Input of b over that of a, by rows, else by bytes; null where neither is known on both sides. */
export function volumeRatio(a: LogicalWork, b: LogicalWork): number | null {
  if (a.rows !== null && b.rows !== null) return b.rows / a.rows;
  return a.bytes !== null && b.bytes !== null ? b.bytes / a.bytes : null;
}

function isClose(a: number | null, b: number | null): boolean | null {
  if (a === null || b === null) return null;
  return Math.abs(a - b) <= SAME_VOLUME_SHARE * Math.max(a, b);
}
