import { z } from 'zod';
import type { Application, Stage } from '../../../eventlog/index.ts';
import { labelLog } from '../../../kernel/log-text.ts';
import type { Cell } from '../../../kernel/table.ts';
import { rfc3339 } from '../times.ts';
import { successfulRows, taskDistributions, taskQuantiles } from './task-distribution.ts';

/** Columns of single tasks. */
export const SLOW_TASK_COLUMNS = [
  'task_id',
  'index',
  'attempt',
  'status',
  'executor_id',
  'host',
  'launch_time',
  'duration_ms',
  'gc_time_ms',
  'input_bytes',
  'shuffle_read_bytes',
  'disk_spilled_bytes',
] as const;

/** Schema of the distributions of task metrics. */
export const distributionOutput = z.object({
  quantiles: z.array(z.number()),
  task_count: z.number(),
  metrics: z.record(z.string(), z.array(z.number())),
  all_zero: z.array(z.string()),
});

/** Distributions of a stage attempt's successful tasks; empty when none succeeded. */
export function distributionOnWire(
  application: Application,
  stage: Stage,
  quantiles: readonly number[],
): z.input<typeof distributionOutput> {
  const found = taskDistributions(application.tasks, stage, quantiles);
  return {
    quantiles: [...quantiles],
    task_count: found?.taskCount ?? 0,
    metrics: found?.metrics ?? {},
    all_zero: found?.allZero ?? [],
  };
}

/** Rows of the tasks of a stage attempt that ended, longest first. */
export function slowestTasks({ tasks }: Application, stage: Stage): number[] {
  return [...tasks.ofStage(stage)]
    .filter((row) => tasks.status(row) !== 'RUNNING')
    .sort((a, b) => tasks.durationMs(b) - tasks.durationMs(a) || a - b);
}

/** Cells of one task. */
export function slowTaskCells({ tasks }: Application, row: number): Record<(typeof SLOW_TASK_COLUMNS)[number], Cell> {
  const { columns } = tasks;
  const known = tasks.hasMetrics(row);
  return {
    task_id: columns.taskId.at(row),
    index: columns.index.at(row),
    attempt: columns.attempt.at(row),
    status: tasks.status(row),
    executor_id: labelLog(tasks.executorId(row)),
    host: labelLog(tasks.host(row)),
    launch_time: rfc3339(columns.launchTimeMs.at(row)),
    duration_ms: tasks.durationMs(row),
    gc_time_ms: known ? columns.jvmGcTimeMs.at(row) : null,
    input_bytes: known ? columns.inputBytes.at(row) : null,
    shuffle_read_bytes: known ? tasks.shuffleReadBytes(row) : null,
    disk_spilled_bytes: known ? columns.diskSpilledBytes.at(row) : null,
  };
}

/** One sentence on how evenly time and data are spread over the successful tasks. */
export function taskSpread(application: Application, stage: Stage): string {
  const { tasks } = application;
  const rows = successfulRows(tasks, stage);
  if (rows.length === 0) return 'No task of this attempt succeeded with metrics.';
  const time = ratio(rows, (row) => tasks.durationMs(row));
  const data = ratio(rows, (row) => tasks.columns.inputBytes.at(row) + tasks.shuffleReadBytes(row));
  const times = `Longest task ${time.max} ms, median ${time.median} ms${factor(time)}`;
  const bytes =
    data.max === 0 ? 'tasks read no data' : `most data ${data.max} bytes, median ${data.median} bytes${factor(data)}`;
  return `${times}; ${bytes}; ${rows.length} successful tasks.`;
}

function ratio(rows: Uint32Array, measure: (row: number) => number): { median: number; max: number } {
  const [median = 0, max = 0] = taskQuantiles(rows, measure, [0.5, 1]) ?? [];
  return { median, max };
}

const factor = ({ median, max }: { median: number; max: number }): string =>
  median > 0 ? ` (${Math.round((max / median) * 10) / 10}×)` : '';
