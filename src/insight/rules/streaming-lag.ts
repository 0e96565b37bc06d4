import type { StreamingBatch, StreamingQuery } from '../../eventlog/index.ts';
import { labelLog } from '../../kernel/log-text.ts';
import { countNoun, formatBytes, formatCount, formatDuration, formatShare } from '../../kernel/units.ts';
import type { Run } from '../facts/run.ts';
import { triggerInterval } from '../facts/trigger.ts';
import { severityOf, wallImpact } from './materiality.ts';
import { metric } from './metric.ts';
import { defineRule, type Suspicion, type ThresholdValues } from './rule.ts';

const THRESHOLDS = {
  min_batches: {
    value: 5,
    min: 2,
    max: 100_000,
    unit: 'batches',
    meaning: 'batches with data that took longer than the trigger',
    source: 'R45 of the rule survey: sustained over N batches; one slow batch is caught up',
  },
  min_over_share: {
    value: 0.5,
    min: 0.05,
    max: 1,
    unit: 'ratio',
    meaning: 'part of the batches with data that took longer than the trigger',
    source: 'when fewer than half do, the stream catches up in between',
  },
  min_over_ratio: {
    value: 1.1,
    min: 1,
    max: 100,
    unit: '×',
    meaning: 'duration of a batch over the trigger interval',
    source: 'the interval is taken from the starts of batches, measured within 4 %',
  },
  min_behind_ratio: {
    value: 1.5,
    min: 1.01,
    max: 1000,
    unit: '×',
    meaning:
      'rows a second that arrive over rows a second that are processed: the ratios of the last batches, multiplied, reach its power min_behind_batches',
    source: 'R45 of the rule survey: more than 1; single batches of sound streams reach 1.2, once 3 while starting up',
  },
  min_behind_each: {
    value: 1.25,
    min: 1.01,
    max: 1000,
    unit: '×',
    meaning: 'the same in each of the last batches: where it is less than min_behind_ratio it takes more of them',
    source: 'above the 1.2 that single batches of sound streams reach',
  },
  min_behind_batches: {
    value: 2,
    min: 2,
    max: 100_000,
    unit: 'batches',
    meaning: 'last batches with data in which more arrived than was processed',
    source:
      'one is a burst; a stream that is far too slow ends few more, since each takes a multiple of the one before',
  },
  min_behind_ms: {
    value: 3000,
    min: 0,
    max: 86_400_000,
    unit: 'ms',
    meaning: 'time by which they took longer than their input had taken to arrive, in all',
    source: 'less is caught up by one short batch',
  },
  min_state_batches: {
    value: 12,
    min: 4,
    max: 100_000,
    unit: 'batches',
    meaning: 'batches with state, of which the second half is looked at',
    source: 'in fewer a watermark may not have passed yet',
  },
  min_state_growth: {
    value: 1.5,
    min: 1.01,
    max: 1000,
    unit: '×',
    meaning: 'rows of state at the end over those half-way, none dropped in between',
    source: 'state that only grows doubles; state under a watermark levels off',
  },
  min_state_rows: {
    value: 10_000,
    min: 1,
    max: 1e12,
    unit: 'rows',
    meaning: 'rows of state at the end',
    source: 'fewer fit anywhere: about 400 bytes each measured',
  },
} as const;
type Limits = ThresholdValues<typeof THRESHOLDS>;

/**
 * Streaming lag: batches of a streaming query take longer than their trigger for long, or process fewer rows than arrive; or
 * its state only grows.
 *
 * Input: progress events: start, duration, rows and state of each batch. The first batch is the start-up and is left out; the
 * trigger interval is inferred. A stream runs until someone stops it, so no replay can shorten it: the impact is the time
 * beyond the trigger.
 */
export const streamingLag = defineRule({
  id: 'spark/streaming-lag',
  thresholds: THRESHOLDS,
  evaluate: (run, limits) =>
    run.application.streamingQueries.flatMap((query) =>
      [lag(run, query, limits), stateGrowth(query, limits)].filter((one) => one !== null),
    ),
});

function addressOf(query: StreamingQuery): string {
  return `streaming/${labelLog(query.name ?? query.runId)}`;
}

function withData(query: StreamingQuery): StreamingBatch[] {
  return query.batches.slice(1).filter((batch) => batch.inputRows > 0 && batch.durationMs > 0);
}

function lag(run: Run, query: StreamingQuery, limits: Limits): Suspicion | null {
  const batches = withData(query);
  const triggerMs = triggerInterval(query.batches);
  const over = triggerMs === null ? null : overTrigger(run, query, batches, triggerMs, limits);
  return over ?? fallingBehind(run, query, batches, limits);
}

function overTrigger(
  run: Run,
  query: StreamingQuery,
  batches: readonly StreamingBatch[],
  triggerMs: number,
  limits: Limits,
): Suspicion | null {
  const over = batches.filter((batch) => batch.durationMs >= limits.min_over_ratio * triggerMs);
  const worst = slowestOf(over);
  if (worst === null || over.length < limits.min_batches) return null;
  if (over.length < limits.min_over_share * batches.length) return null;
  const beyondMs = over.reduce((sum, batch) => sum + batch.durationMs - triggerMs, 0);
  const impact = wallImpact(run, beyondMs);
  return {
    title: `Streaming query ${labelLog(query.name ?? query.runId)} cannot keep up: ${formatShare(over.length / batches.length)} of its batches took longer than the trigger`,
    severity: severityOf(run, impact) ?? 'info',
    impact,
    confidence: 0.8,
    evidence: [
      metric(
        `${addressOf(query)}/batches/${worst.batchId}`,
        `${over.length} of ${countNoun(batches.length, 'batch', 'batches')} with data exceeded the trigger of about ${formatDuration(triggerMs)}; the slowest took ${formatDuration(worst.durationMs)} for ${formatCount(worst.inputRows)} rows, most of it in ${slowestPhase(worst)}.`,
        'batch_duration_ms',
        worst.durationMs,
        'ms',
      ),
      ...lateRows(query),
    ],
    advice: adviceOn(worst),
    stages: [],
  };
}

/**
 * A stream whose batches start one after the other: what it does not manage makes the next batch larger. The rate at which
 * rows arrive is measured from the start of the batch before, so more than is processed means that this batch took longer.
 */
function fallingBehind(
  run: Run,
  query: StreamingQuery,
  batches: readonly StreamingBatch[],
  limits: Limits,
): Suspicion | null {
  const lastInTime = batches.findLastIndex((batch) => behindRatio(batch) < limits.min_behind_each);
  const behind = batches.slice(lastInTime + 1);
  const last = behind.at(-1);
  if (last === undefined || behind.length < limits.min_behind_batches) return null;
  const compounded = behind.reduce((product, batch) => product * behindRatio(batch), 1);
  if (compounded < limits.min_behind_ratio ** limits.min_behind_batches) return null;
  const lateMs = behind.reduce((sum, batch) => sum + behindMs(batch), 0);
  if (lateMs < limits.min_behind_ms) return null;
  const impact = wallImpact(run, lateMs);
  return {
    title: `Streaming query ${labelLog(query.name ?? query.runId)} falls behind: rows arrive ${behindRatio(last).toFixed(1)} times as fast as it processes them`,
    severity: severityOf(run, impact) ?? 'info',
    impact,
    confidence: 0.75,
    evidence: [
      metric(
        `${addressOf(query)}/batches/${last.batchId}`,
        `${formatCount(last.inputRowsPerSecond ?? 0)} rows a second arrived and ${formatCount(last.processedRowsPerSecond ?? 0)} were processed in the last of ${countNoun(behind.length, 'such batch', 'such batches')} on end; it took ${formatDuration(last.durationMs)}, most of it in ${slowestPhase(last)}.`,
        'processed_rows_per_second',
        last.processedRowsPerSecond ?? 0,
        'rows/s',
      ),
      ...lateRows(query),
    ],
    advice: adviceOn(last),
    stages: [],
  };
}

/** Rows that arrive over rows that are processed; 0 where the log does not tell both. */
function behindRatio({ inputRowsPerSecond, processedRowsPerSecond }: StreamingBatch): number {
  const [arrived, processed] = [inputRowsPerSecond ?? 0, processedRowsPerSecond ?? 0];
  return arrived > 0 && processed > 0 && Number.isFinite(arrived / processed) ? arrived / processed : 0;
}

/** By how much a batch took longer than its input had taken to arrive, ms. */
function behindMs(batch: StreamingBatch): number {
  const ratio = behindRatio(batch);
  return ratio > 1 ? batch.durationMs * (1 - 1 / ratio) : 0;
}

function slowestOf(batches: readonly StreamingBatch[]): StreamingBatch | null {
  return batches.reduce<StreamingBatch | null>(
    (worst, batch) => (worst === null || batch.durationMs > worst.durationMs ? batch : worst),
    null,
  );
}

function slowestPhase({ phaseMs }: StreamingBatch): string {
  const [slowest] = Object.entries(phaseMs)
    .filter(([name]) => name !== 'triggerExecution')
    .sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1));
  return slowest === undefined ? 'no phase that is logged' : `${labelLog(slowest[0])} (${formatDuration(slowest[1])})`;
}

function lateRows(query: StreamingQuery) {
  const dropped = query.batches.reduce((sum, batch) => sum + Math.max(0, batch.lateRowsDropped), 0);
  if (dropped === 0) return [];
  return [
    metric(
      addressOf(query),
      `${formatCount(dropped)} rows came after the watermark and were dropped.`,
      'late_rows_dropped',
      dropped,
      'rows',
    ),
  ];
}

function adviceOn(batch: StreamingBatch): string[] {
  const { addBatch = 0, queryPlanning = 0, walCommit = 0, commitOffsets = 0, triggerExecution = 0 } = batch.phaseMs;
  const all = triggerExecution > 0 ? triggerExecution : batch.durationMs;
  const advice: string[] = [];
  if (walCommit + commitOffsets + queryPlanning > 0.5 * all) {
    advice.push(
      'Planning and checkpoint writes take most of the batch: a checkpoint on faster storage, fewer sources and partitions, a longer trigger.',
    );
  }
  if (addBatch >= 0.5 * all || advice.length === 0) {
    advice.push(
      'Make the work of a batch shorter: as many spark.sql.shuffle.partitions as cores (fixed by the checkpoint for stateful queries), no calls per row, see the findings on its stages.',
    );
  }
  advice.push(
    'Until it keeps up: a longer trigger(processingTime), more cores, or a bound on the batch (maxOffsetsPerTrigger, maxFilesPerTrigger) so that one backlog does not end in one huge batch.',
  );
  return advice;
}

function stateGrowth(query: StreamingQuery, limits: Limits): Suspicion | null {
  const batches = query.batches.filter((batch) => batch.stateRows > 0);
  const late = batches.slice(Math.floor(batches.length / 2));
  const [first] = late;
  const last = late.at(-1);
  if (batches.length < limits.min_state_batches || first === undefined || last === undefined) return null;
  const onlyGrew = late.every((batch, position) => batch.stateRows >= (late[position - 1]?.stateRows ?? 0));
  if (!onlyGrew || last.stateRows < limits.min_state_rows) return null;
  if (last.stateRows < limits.min_state_growth * first.stateRows) return null;
  return {
    title: `The state of streaming query ${labelLog(query.name ?? query.runId)} only grows: ${formatCount(last.stateRows)} rows`,
    severity: 'warning',
    impact: { seconds: 0, share: 0, share_of: 'wall_time', basis: 'observed' },
    confidence: 0.7,
    evidence: [
      metric(
        `${addressOf(query)}/batches/${last.batchId}`,
        `${formatCount(first.stateRows)} rows at batch ${first.batchId}, ${formatCount(last.stateRows)} at batch ${last.batchId}, ${formatBytes(last.stateMemoryBytes)} in memory; none went in between.`,
        'state_rows',
        last.stateRows,
        'rows',
      ),
    ],
    advice: [
      'Bound the state: withWatermark() on the event time and its column in the grouping or the join condition; dropDuplicatesWithinWatermark in place of dropDuplicates; a time-out in mapGroupsWithState.',
      'If it is meant to grow with the keys: spark.sql.streaming.stateStore.providerClass=org.apache.spark.sql.execution.streaming.state.RocksDBStateStoreProvider keeps it outside the heap.',
    ],
    stages: [],
  };
}
