import type { Application, Stage } from '../../eventlog/index.ts';
import { quantileOf, sortedBy } from '../facts/quantiles.ts';
import { describeStage, type StageFacts } from '../facts/stage-facts.ts';
import { type Compared, compareMeasures } from './measures.ts';

/** Quantiles of tasks, as the peer's compare_stages names them. */
export const STAGE_QUANTILES = [0.25, 0.5, 0.75, 1] as const;

/** One task metric at the quantiles, on both sides; null where a side has no successful task with metrics. */
export interface ComparedDistribution {
  readonly metric: string;
  readonly left: readonly number[] | null;
  readonly right: readonly number[] | null;
}

/** Two stage attempts compared. */
export interface StageComparison {
  readonly totals: readonly Compared[];
  readonly distributions: readonly ComparedDistribution[];
}

/** One attempt of a stage and the application that it is of. */
export interface StageSide {
  readonly application: Application;
  readonly stage: Stage;
}

type Measure = (application: Application, row: number) => number;

const MEASURES: ReadonlyArray<readonly [string, Measure]> = [
  ['duration_ms', ({ tasks }, row) => tasks.durationMs(row)],
  ['executor_run_time_ms', ({ tasks }, row) => tasks.columns.executorRunTimeMs.at(row)],
  ['jvm_gc_time_ms', ({ tasks }, row) => tasks.columns.jvmGcTimeMs.at(row)],
  ['scheduler_delay_ms', ({ tasks }, row) => tasks.schedulerDelayMs(row)],
  ['peak_execution_memory_bytes', ({ tasks }, row) => tasks.columns.peakExecutionMemoryBytes.at(row)],
  ['input_bytes', ({ tasks }, row) => tasks.columns.inputBytes.at(row)],
  ['output_bytes', ({ tasks }, row) => tasks.columns.outputBytes.at(row)],
  ['shuffle_read_bytes', ({ tasks }, row) => tasks.shuffleReadBytes(row)],
  ['shuffle_read_records', ({ tasks }, row) => tasks.columns.shuffleRecordsRead.at(row)],
  ['shuffle_write_bytes', ({ tasks }, row) => tasks.columns.shuffleWriteBytes.at(row)],
  ['shuffle_fetch_wait_time_ms', ({ tasks }, row) => tasks.columns.shuffleFetchWaitTimeMs.at(row)],
  ['memory_spilled_bytes', ({ tasks }, row) => tasks.columns.memorySpilledBytes.at(row)],
  ['disk_spilled_bytes', ({ tasks }, row) => tasks.columns.diskSpilledBytes.at(row)],
];

/** Compares two stage attempts: sums over all task attempts, quantiles over the successful ones with metrics. */
export function compareStageAttempts(left: StageSide, right: StageSide): StageComparison {
  const a = factsOf(left);
  const b = factsOf(right);
  return {
    totals: compareMeasures(totalsOf(left, a), totalsOf(right, b)),
    distributions: MEASURES.map(([metric, measure]) => ({
      metric,
      left: quantilesOf(left, a, measure),
      right: quantilesOf(right, b, measure),
    })).filter(({ left: x, right: y }) => [x, y].some((values) => values?.some((value) => value !== 0))),
  };
}

function factsOf({ application, stage }: StageSide): StageFacts {
  return describeStage(application, stage, application.endTime ?? application.lastEventTime);
}

function totalsOf({ application, stage }: StageSide, facts: StageFacts): Record<string, number> {
  const sums: Record<string, number> = {
    wall_ms: facts.wallMs,
    task_count: stage.taskCount,
    task_attempt_count: facts.rows.length,
    failed_task_count: facts.rows.filter((row) => application.tasks.status(row) === 'FAILED').length,
  };
  for (const [metric, measure] of MEASURES) {
    if (metric === 'peak_execution_memory_bytes') continue;
    sums[metric] = facts.rows.reduce((sum, row) => sum + measure(application, row), 0);
  }
  return sums;
}

function quantilesOf({ application }: StageSide, facts: StageFacts, measure: Measure): number[] | null {
  const rows = facts.succeeded.filter((row) => application.tasks.hasMetrics(row));
  if (rows.length === 0) return null;
  const sorted = sortedBy(rows, (row) => measure(application, row));
  return STAGE_QUANTILES.map((quantile) => quantileOf(sorted, quantile));
}
