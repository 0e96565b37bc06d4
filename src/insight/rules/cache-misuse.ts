import type { StoredRdd } from '../../eventlog/index.ts';
import { labelLog } from '../../kernel/log-text.ts';
import { countNoun, formatBytes, formatCount, formatShare } from '../../kernel/units.ts';
import { type CachedTable, cachedTablesOf } from '../facts/cached-tables.ts';
import { siteAddress } from '../facts/plan-nodes.ts';
import type { Run } from '../facts/run.ts';
import type { StageFacts } from '../facts/stage-facts.ts';
import { bySubject, type PlanObservation, savePart, taskTimeOf } from './by-subject.ts';
import { metric } from './metric.ts';
import { defineRule, type ThresholdValues } from './rule.ts';

const THRESHOLDS = {
  min_recomputed_share: {
    value: 0.2,
    min: 0.01,
    max: 1e6,
    unit: 'share',
    meaning: 'rows of a cached table that were computed again, over the rows it has',
    source: 'rule survey: more than 20 % evicted',
  },
  min_build_ms: {
    value: 1000,
    min: 0,
    max: 1e9,
    unit: 'ms',
    meaning: 'task time of the stages that built a table which was never read again',
    source: 'materiality: less than a second cannot save a second',
  },
} as const;

/**
 * Cache misuse: a table that was cached and read once only, or one that did not fit and was computed again on each use.
 *
 * Input: cached RDDs of the stages; rows that the plan beneath a cached table made in each query. Change: the building stages
 * without the cost of keeping every column; the reading stages without computing again.
 */
export const cacheMisuse = defineRule({
  id: 'spark/cache-misuse',
  thresholds: THRESHOLDS,
  evaluate: (run, limits) => [
    ...bySubject(run, neverReread(run, limits)),
    ...bySubject(
      run,
      cachedTablesOf(run).flatMap((table) => recomputed(run, table, limits) ?? []),
    ),
  ],
});

/**
 * Part of a building stage that keeping the rows takes. Measured with Spark 4.3: caching 3 million rows of Parquet for an
 * aggregation over two of their columns took seven times as long as the aggregation alone; rows made by dear functions, less.
 */
const KEEPING_PART = 0.5;

/** The same of an RDD outside of SQL, which is kept as it comes. */
const KEEPING_RDD_PART = 0.1;

/** Cached RDDs that a single query or job used, one observation for each. RDDs under another one are part of it. */
function neverReread(run: Run, limits: ThresholdValues<typeof THRESHOLDS>): PlanObservation[] {
  const observations: PlanObservation[] = [];
  const counted = new Set<StageFacts>();
  for (const rdd of run.application.rdds.toReversed()) {
    const using = run.stages.filter(({ stage }) => stage.rddIds.includes(rdd.rddId));
    const readers = using.filter(({ stage }) => !builds(stage.rddIds, rdd.rddId));
    const uses = new Set(using.map(({ stage }) => stage.sqlExecutionId ?? `job ${stage.jobIds[0]}`));
    if (uses.size !== 1 || readers.length > 1 || isStreaming(run)) continue;
    const built = using.filter((facts) => readers.length === 0 || using.length === 1 || facts !== readers[0]);
    const stages = built.filter((facts) => !counted.has(facts));
    for (const facts of stages) counted.add(facts);
    if (taskTimeOf(stages) < limits.min_build_ms) continue;
    observations.push(observeOnce(run, rdd, stages));
  }
  return observations;
}

/** True for a stage that does nothing but build the cached RDD: nothing was derived from it. */
function builds(rddIds: readonly number[], rddId: number): boolean {
  return Math.max(...rddIds) === rddId;
}

function isStreaming(run: Run): boolean {
  return run.application.streamingQueries.length > 0;
}

function observeOnce(run: Run, rdd: StoredRdd, stages: readonly StageFacts[]): PlanObservation {
  const held = rdd.memoryBytes + rdd.diskBytes;
  const name = labelLog(oneStep(rdd.name));
  const part = stages.every(({ stage }) => stage.sqlExecutionId === null) ? KEEPING_RDD_PART : KEEPING_PART;
  return {
    subject: 'once',
    coveredMs: taskTimeOf(stages) * part,
    title: `A cached table was read only once: ${name}`,
    confidence: 0.6,
    evidence: [
      metric(
        stages[0]?.address ?? 'storage',
        `RDD ${rdd.rddId} (${name}) was cached in ${countNoun(rdd.partitionCount, 'partition')}${held > 0 ? `, ${formatBytes(held)}` : ''} and no second query used it.`,
        'use_count',
        1,
        'uses',
      ),
    ],
    advice: ['Drop the cache() or persist(): keeping every row and column costs more than one use gives back.'],
    changes: savePart(run, stages, part),
    stages,
  };
}

/** The first line of a plan, which is the name of a cached query; longest 80 characters. */
function oneStep(name: string): string {
  const first = (name.split('\n')[0] ?? '').replace(/#\d+L?/g, '').trim();
  return first.length > 80 ? `${first.slice(0, 80)}…` : first;
}

/** Part of a stage that computes cached rows again that the computing takes; the rest is the query itself. */
const COMPUTING_PART = 0.8;

function recomputed(run: Run, table: CachedTable, limits: ThresholdValues<typeof THRESHOLDS>): PlanObservation | null {
  const { rows, uses } = table;
  const again = uses.slice(1).reduce((sum, use) => sum + use.computedRows, 0);
  const over = uses.reduce((sum, use) => sum + use.computedRows, 0) - rows;
  if (uses.length < 2 || rows <= 0 || over < limits.min_recomputed_share * rows) return null;
  const later = uses.slice(1).filter((use) => use.computedRows > 0);
  const stages = [...new Set(later.flatMap((use) => use.stages))];
  const changes = later.flatMap((use) =>
    savePart(run, use.stages, COMPUTING_PART * Math.min(1, use.computedRows / rows)),
  );
  return {
    subject: `again ${table.key}`,
    coveredMs: taskTimeOf(stages) * COMPUTING_PART,
    title: `A cached table did not stay in memory: ${formatShare(again / rows / Math.max(1, uses.length - 1))} of it was computed again on each use`,
    confidence: 0.75,
    evidence: [
      metric(
        siteAddress(uses[0]?.site ?? table.site),
        `The table has ${formatCount(rows)} rows; ${countNoun(uses.length, 'use')} computed ${formatCount(over + rows)} rows in all.`,
        'computed_rows',
        over + rows,
        'rows',
      ),
    ],
    advice: [
      'Keep it where it fits: persist(StorageLevel.MEMORY_AND_DISK), fewer columns and rows in what is cached, or more executor memory.',
      'Where it never fits, write it as Parquet and read that.',
    ],
    ...(changes.length > 0 ? { changes } : {}),
    stages,
  };
}
