import { labelLog } from '../../kernel/log-text.ts';
import { formatBytes, formatCount, formatShare } from '../../kernel/units.ts';
import { fragmentOf } from '../facts/plan-fragments.ts';
import { hasMetric, metricOf, type PlanSite, siteAddress } from '../facts/plan-nodes.ts';
import type { Run } from '../facts/run.ts';
import { type FileScan, fileScansOf, hasFilters, scanPart, tableOf } from '../facts/scans.ts';
import type { StageFacts } from '../facts/stage-facts.ts';
import { bySubject, type PlanObservation, savePart, taskTimeOf } from './by-subject.ts';
import { metric } from './metric.ts';
import { defineRule, type ThresholdValues } from './rule.ts';

const THRESHOLDS = {
  min_partitions: {
    value: 4,
    min: 2,
    max: 1e9,
    unit: 'partitions',
    meaning: 'partitions of the table that were read',
    source: 'with fewer there is little to prune; DataFlint flags any number',
  },
  max_kept_share: {
    value: 0.25,
    min: 0,
    max: 1,
    unit: 'share',
    meaning: 'rows that the filter above the scan kept',
    source: 'a query that keeps most rows needs most partitions: at a quarter three quarters could be left unread',
  },
} as const;

/**
 * Full scan: a partitioned table was read without any filter on its partition columns, and a filter threw most rows away.
 *
 * Input: filters of the scan, partitions and rows read, rows after the filter. Change: the stage without reading what the filter
 * dropped, as far as whole partitions go. A table without partitions, or a query without a filter, is no problem.
 */
export const fullScan = defineRule({
  id: 'spark/full-scan',
  thresholds: THRESHOLDS,
  evaluate: (run, limits) =>
    bySubject(
      run,
      fileScansOf(run).flatMap((scan) => observe(run, scan, limits) ?? []),
    ),
});

function observe(run: Run, scan: FileScan, limits: ThresholdValues<typeof THRESHOLDS>): PlanObservation | null {
  const { site, rows, bytes } = scan;
  // Spark counts partitions of partitioned tables only.
  if (!hasMetric(site, 'number of partitions read') || hasFilters(site, 'PartitionFilters') !== false) return null;
  const partitions = metricOf(site, 'number of partitions read');
  const columns = partitionColumns(site);
  const filter = filterAbove(site, columns);
  const kept = filter === null ? null : metricOf(filter, 'number of output rows');
  if (partitions === null || partitions < limits.min_partitions || rows === null || rows === 0) return null;
  if (filter === null || kept === null || kept > limits.max_kept_share * rows) return null;
  const stages = stagesUpTo(run, site, filter);
  const table = tableOf(scan);
  const keep = Math.max(kept / rows, 1 / partitions);
  return {
    subject: scan.location,
    coveredMs: taskTimeOf(stages) * (1 - keep),
    title: `All ${formatCount(partitions)} partitions of ${table} were read for ${formatShare(kept / rows)} of its rows`,
    confidence: 0.6,
    evidence: [
      metric(
        siteAddress(site),
        `No filter on a partition column: ${formatCount(partitions)} partitions${bytes === null ? '' : `, ${formatBytes(bytes)}`}, ${formatCount(rows)} rows read.`,
        'partitions_read',
        partitions,
        'partitions',
      ),
      metric(
        siteAddress(filter),
        `The filter above kept ${formatCount(kept)} rows.`,
        'rows_after_filter',
        kept,
        'rows',
      ),
    ],
    advice: [
      `Filter on the partition column${columns.length === 0 ? '' : ` (${labelLog(columns.slice(0, 3).join(','))})`} as well, with a plain comparison: a filter on another column, or a user-defined function of the partition column, reads every partition. Filter before a window or a join where the result allows it.`,
      'Where queries always filter by the other column, partition or cluster the table by it (bucketBy, ZORDER BY, sorted files).',
    ],
    changes: savePart(run, stages, 1 - keep),
    stages,
  };
}

/** Nodes between a scan and the filter that it feeds directly. */
const DIRECT = /^(ColumnarToRow|InputAdapter|WholeStageCodegen.*|Project|BatchEvalPython|ArrowEvalPython)$/;

/** Nodes through which a filter on a partition column could have been moved down, if the query allows it. */
const MOVABLE = /^(Window|WindowGroupLimit|Sort|Exchange|AQEShuffleRead|\w*QueryStage|AdaptiveSparkPlan)$/;

/** The filter that a scan feeds directly, or one further up that names a partition column. */
function filterAbove(site: PlanSite, columns: readonly string[]): PlanSite | null {
  let direct = true;
  for (let at = site.parent; at !== null; at = at.parent) {
    if (at.name === 'Filter' && (direct || names(at, columns))) return at;
    if (DIRECT.test(at.name) || at.name === 'Filter') continue;
    if (!MOVABLE.test(at.name)) return null;
    direct = false;
  }
  return null;
}

function names(filter: PlanSite, columns: readonly string[]): boolean {
  const text = filter.node.simpleString.slice(0, 20_000);
  return columns.some((column) => text.includes(`${column}#`));
}

/** Fragments from a scan up to a filter. */
function stagesUpTo(run: Run, site: PlanSite, filter: PlanSite): StageFacts[] {
  const stages = new Set<StageFacts>();
  for (let at: PlanSite | null = site; at !== null; at = at === filter ? null : at.parent)
    for (const facts of fragmentOf(run, at)?.stages ?? []) stages.add(facts);
  return [...stages];
}

/** Columns of a scan that its files do not hold: what it gives out beyond its read schema. None where it selects none of them. */
function partitionColumns(site: PlanSite): string[] {
  const out = /\[([^\]]*)\]/.exec(site.node.simpleString.slice(0, 20_000))?.[1];
  const schema = scanPart(site, 'ReadSchema');
  if (out === undefined || schema === null || schema.includes('...')) return [];
  const held = new Set([...schema.matchAll(/(?:^struct<|,)([^:,<>]+):/g)].map((match) => match[1] ?? ''));
  return out
    .split(',')
    .map((column) => column.replace(/#\d+L?$/, '').trim())
    .filter((column) => column !== '' && !column.includes(' ') && !held.has(column));
}
