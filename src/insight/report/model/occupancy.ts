import { labelLog, quoteLogLine } from '../../../kernel/log-text.ts';
import type { Worker } from '../../facts/capacity.ts';
import type { Interval } from '../../facts/intervals.ts';
import type { Run } from '../../facts/run.ts';
import type { ReportLimits } from './limits.ts';
import type { ExecutorRow, Occupancy } from './report-model.ts';
import { spanAfter } from './timeline.ts';

/** Longest reason for the end of an executor, characters. */
const REASON_CHARS = 160;

/** Cores there and cores busy over the run, in all and by executor. Null where the log names no time or no cores. */
export function buildOccupancy(run: Run, limits: ReportLimits): Occupancy | null {
  const { window, workers } = run;
  if (window === null || workers.length === 0) return null;
  const bins = Math.max(1, Math.min(limits.bins, Math.floor(window.end - window.start)));
  const grid: Grid = { start: window.start, binMs: (window.end - window.start) / bins, bins };
  const offered = new Float64Array(bins);
  for (const worker of workers) addSpan(grid, offered, worker.span, worker.cores);
  const { all, byExecutor } = busyTime(run, grid, window);
  const ranked = [...workers].sort((a, b) => coreTime(b) - coreTime(a) || (a.executorId < b.executorId ? -1 : 1));
  const cores = meansOf(grid, offered);
  return {
    binMs: Math.round(grid.binMs * 1000) / 1000,
    cores,
    busy: meansOf(grid, all).map((busy, bin) => Math.min(busy, cores[bin] ?? busy)),
    executors: {
      items: ranked.slice(0, limits.executors).map((worker) => toRow(run, window, grid, worker, byExecutor)),
      total: workers.length,
    },
  };
}

interface Grid {
  readonly start: number;
  readonly binMs: number;
  readonly bins: number;
}

const coreTime = (worker: Worker): number => worker.cores * (worker.span.end - worker.span.start);

/** Adds `weight` × the time that a span shares with each bin. */
function addSpan({ start, binMs, bins }: Grid, into: Float64Array, span: Interval, weight: number): void {
  const first = Math.max(0, Math.floor((span.start - start) / binMs));
  const last = Math.min(bins - 1, Math.floor((span.end - start) / binMs));
  for (let bin = first; bin <= last; bin++) {
    const from = start + bin * binMs;
    const shared = Math.min(span.end, from + binMs) - Math.max(span.start, from);
    if (shared > 0) into[bin] = (into[bin] ?? 0) + shared * weight;
  }
}

/** Core-ms of tasks by bin. A task without an end counts to the end of the run only while the application runs. */
function busyTime(
  run: Run,
  grid: Grid,
  window: Interval,
): { all: Float64Array; byExecutor: Map<string, Float64Array> } {
  const { tasks, status } = run.application;
  const all = new Float64Array(grid.bins);
  const byExecutor = new Map<string, Float64Array>();
  for (let row = 0; row < tasks.count; row++) {
    const start = tasks.columns.launchTimeMs.at(row);
    const finish = tasks.columns.finishTimeMs.at(row);
    const end = finish > 0 ? finish : status === 'RUNNING' ? window.end : 0;
    if (start <= 0 || end <= start) continue;
    const id = tasks.executorId(row);
    const own = byExecutor.get(id) ?? new Float64Array(grid.bins);
    byExecutor.set(id, own);
    addSpan(grid, own, { start, end }, run.coresPerTask);
    addSpan(grid, all, { start, end }, run.coresPerTask);
  }
  return { all, byExecutor };
}

const meansOf = ({ binMs }: Grid, sums: Float64Array): number[] =>
  Array.from(sums, (sum) => Math.round((sum / binMs) * 100) / 100);

function toRow(
  run: Run,
  window: Interval,
  grid: Grid,
  worker: Worker,
  byExecutor: ReadonlyMap<string, Float64Array>,
): ExecutorRow {
  const executor = run.application.executors.find((one) => one.executorId === worker.executorId);
  const offered = new Float64Array(grid.bins);
  addSpan(grid, offered, worker.span, worker.cores);
  const busy = byExecutor.get(worker.executorId);
  return {
    executorId: labelLog(worker.executorId),
    host: labelLog(executor?.host ?? ''),
    cores: worker.cores,
    taskCount: executor?.taskCount ?? 0,
    failedTaskCount: executor?.failedTaskCount ?? 0,
    removeReason: executor?.removeReason ? quoteLogLine(executor.removeReason, REASON_CHARS) : null,
    ...spanAfter(window, worker.span.start, worker.span.end),
    busyPercent: Array.from(offered, (there, bin) =>
      there <= 0 ? null : Math.round(Math.min(1, (busy?.[bin] ?? 0) / there) * 100),
    ),
  };
}
