import { countNoun, formatBytes, formatDuration } from '../../kernel/units.ts';
import { isLight } from '../facts/light-work.ts';
import { fragmentOf, type PlanFragment } from '../facts/plan-fragments.ts';
import { siteAddress } from '../facts/plan-nodes.ts';
import type { Run } from '../facts/run.ts';
import { type FileScan, fileScansOf, scanPart, tableOf } from '../facts/scans.ts';
import { cpuMsOf, sumOf } from '../facts/sql-stages.ts';
import type { StageFacts } from '../facts/stage-facts.ts';
import type { Change } from '../replay/changes.ts';
import { bySubject, type PlanObservation, savePart, taskTimeOf } from './by-subject.ts';
import { metric } from './metric.ts';
import { defineRule, type ThresholdValues } from './rule.ts';

const THRESHOLDS = {
  min_reads: {
    value: 2,
    min: 2,
    max: 1e6,
    unit: 'reads',
    meaning: 'times that the same files were read',
    source: 'rule survey: two reads; RAPIDS proposes a file cache from 50 % redundant bytes',
  },
  min_bytes: {
    value: 1024 ** 2,
    min: 0,
    max: 1e15,
    unit: 'bytes',
    meaning: 'size of the files that one read took',
    source: 'a megabyte is read in some milliseconds',
  },
} as const;

/**
 * Repeated scan: several queries of an application read and parse the same files, where a cached table would be read from memory.
 *
 * Input: location, columns, times of scans. Change: the later reads without what reading takes, less what keeping the table
 * costs the first. Column formats are so fast to read that keeping a table seldom pays; reads under a cached table are none.
 */
export const repeatedScan = defineRule({
  id: 'spark/repeated-scan',
  thresholds: THRESHOLDS,
  evaluate: (run, limits) => {
    const groups = new Map<string, Read[]>();
    for (const scan of fileScansOf(run)) {
      const read = readOf(run, scan);
      if (read === null || (scan.bytes ?? 0) < limits.min_bytes) continue;
      const key = keyOf(scan);
      groups.set(key, [...(groups.get(key) ?? []), read]);
    }
    return bySubject(
      run,
      [...groups.values()].flatMap((reads) => observe(run, reads, limits) ?? []),
    );
  },
});

interface Read {
  readonly scan: FileScan;
  readonly fragment: PlanFragment;
  readonly scanMs: number;
  readonly taskMs: number;
}

/** Files of a format that is read row by row cost the same whatever columns are asked for; of the others the columns count. */
function keyOf(scan: FileScan): string {
  const columns = isRowFormat(scan) ? '' : (scanPart(scan.site, 'ReadSchema') ?? '');
  return `${scan.location} ${columns} ${scanPart(scan.site, 'PartitionFilters') ?? ''}`.replace(/#\d+L?/g, '');
}

function isRowFormat({ scanMs }: FileScan): boolean {
  return scanMs === null;
}

/** Part of the time of a stage that reading and parsing rows of text takes. Measured with Spark 4.3: aggregating 1 million rows of CSV. */
const PARSE_PART = 0.8;

function readOf(run: Run, scan: FileScan): Read | null {
  if (scan.location === '' || isCached(scan)) return null;
  const fragment = fragmentOf(run, scan.site);
  const taskMs = taskTimeOf(fragment?.stages ?? []);
  if (fragment === null || taskMs <= 0) return null;
  const timeOf = isLight(fragment) ? ranMs : cpuMsOf;
  const workMs = fragment.stages.reduce((sum, facts) => sum + timeOf(run, facts), 0);
  const scanMs = Math.min(taskMs, scan.scanMs ?? workMs * PARSE_PART);
  return { scan, fragment, scanMs, taskMs };
}

function ranMs(run: Run, facts: StageFacts): number {
  return sumOf(run, facts, 'executorRunTimeMs');
}

function isCached({ site }: FileScan): boolean {
  for (let at = site.parent; at !== null; at = at.parent) if (at.name === 'InMemoryTableScan') return true;
  return false;
}

/**
 * What keeping a table costs the first read, in times of that read. Measured with Spark 4.3: a cached table keeps every
 * column, so an aggregation over two columns of Parquet took seven times as long; of CSV half as long again.
 */
const KEEP_COLUMNS_COST = 6;
const KEEP_ROWS_COST = 0.5;

function observe(run: Run, reads: readonly Read[], limits: ThresholdValues<typeof THRESHOLDS>): PlanObservation | null {
  const first = reads[0];
  if (first === undefined || reads.length < limits.min_reads) return null;
  const later = reads.slice(1);
  const laterMs = later.reduce((sum, read) => sum + read.scanMs, 0);
  const cost = first.scanMs * (isRowFormat(first.scan) ? KEEP_ROWS_COST : KEEP_COLUMNS_COST);
  if (laterMs <= cost) return null;
  const part = 1 - cost / laterMs;
  const { bytes, location, site } = first.scan;
  const table = tableOf(first.scan);
  const stages = [...new Set(reads.flatMap(({ fragment }) => fragment.stages))];
  return {
    subject: location,
    coveredMs: laterMs * part,
    title: `${table} was read ${countNoun(reads.length, 'time')}`,
    confidence: isRowFormat(first.scan) ? 0.6 : 0.7,
    evidence: [
      metric(
        siteAddress(site),
        `${countNoun(reads.length, 'scan')} read the same files, ${formatBytes(bytes ?? 0)} each; the later ones took ${formatDuration(laterMs)} of task time.`,
        'read_count',
        reads.length,
        'reads',
      ),
      ...later.slice(0, 2).map((read) => ({
        fact: `Read again, ${formatDuration(read.scanMs)} of task time.`,
        address: siteAddress(read.scan.site),
      })),
    ],
    advice: [
      `Read ${table} once: df.cache() before the first action, and df.unpersist() after the last; persist(StorageLevel.DISK_ONLY) where memory is short.`,
      ...(isRowFormat(first.scan)
        ? ['Or convert it to Parquet once: reading that is several times faster than parsing text.']
        : []),
    ],
    changes: later.flatMap((read): Change[] => savePart(run, read.fragment.stages, (read.scanMs / read.taskMs) * part)),
    stages,
  };
}
