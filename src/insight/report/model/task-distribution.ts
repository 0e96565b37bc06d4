import type { TaskTable } from '../../../eventlog/index.ts';
import { labelLog } from '../../../kernel/log-text.ts';
import { medianOf, quantileOf, sortedBy } from '../../facts/quantiles.ts';
import type { Run } from '../../facts/run.ts';
import type { StageFacts } from '../../facts/stage-facts.ts';
import { rankIn } from './findings.ts';
import {
  type Listed,
  type QuantileRow,
  REPORT_QUANTILES,
  type TaskDistribution,
  type TaskPoint,
} from './report-model.ts';

const BINS = 24;
/** Beyond this ratio of largest to median, bins of equal width would hold every ordinary task in the first one. */
const LOG_RATIO = 20;
/** Part of the points that are the slowest tasks; the others are a sample. */
const SLOWEST_SHARE = 0.4;

/**
 * Task distributions of the stage attempts that findings cite (`cited`, addresses, the most important first) and of the longest others, at most `count`.
 * Those of one task say nothing and are left out, unless cited. `points` is the most points of one of them.
 */
export function buildDistributions(
  run: Run,
  cited: readonly string[],
  count: number,
  points: number,
): Listed<TaskDistribution> {
  const wanted = run.stages.filter((facts) => facts.rows.length > 1 || cited.includes(facts.address));
  const rank = rankIn(cited);
  const ranked = wanted.sort(
    (a, b) => rank(a.address) - rank(b.address) || b.wallMs - a.wallMs || a.stage.row - b.stage.row,
  );
  return {
    items: ranked.slice(0, count).map((facts) => distributionOf(run, facts, points)),
    total: ranked.length,
  };
}

function distributionOf(run: Run, facts: StageFacts, maxPoints: number): TaskDistribution {
  const { tasks } = run.application;
  const rows = pickPoints(tasks, facts.rows, maxPoints);
  const executors: string[] = [];
  const start = run.window?.start ?? 0;
  return {
    address: facts.address,
    name: facts.callSite,
    taskCount: facts.rows.length,
    measuredCount: facts.succeeded.length,
    quantiles: quantileRows(tasks, facts),
    histogram: histogramOf(facts.durations),
    points: { items: rows.map((row) => toPoint(tasks, row, start, executors)), total: facts.rows.length },
    executors: executors.map(labelLog),
  };
}

function toPoint(tasks: TaskTable, row: number, start: number, executors: string[]): TaskPoint {
  const { columns } = tasks;
  const id = tasks.executorId(row);
  if (!executors.includes(id)) executors.push(id);
  return [
    Math.max(0, columns.launchTimeMs.at(row) - start),
    tasks.durationMs(row),
    Math.max(0, columns.inputBytes.at(row)) + Math.max(0, tasks.shuffleReadBytes(row)),
    executors.indexOf(id),
    tasks.status(row),
    columns.index.at(row),
  ];
}

/** The slowest, then every nth of the rest by duration. */
function pickPoints(tasks: TaskTable, rows: Uint32Array, max: number): number[] {
  const byDuration = [...rows].sort((a, b) => tasks.durationMs(b) - tasks.durationMs(a) || a - b);
  if (byDuration.length <= max) return byDuration;
  const slowest = Math.round(max * SLOWEST_SHARE);
  const sampled = max - slowest;
  const rest = byDuration.length - slowest;
  const sample = Array.from({ length: sampled }, (_, n) => byDuration[slowest + Math.floor((n * rest) / sampled)] ?? 0);
  return [...byDuration.slice(0, slowest), ...sample];
}

function quantileRows(tasks: TaskTable, facts: StageFacts): QuantileRow[] {
  const { columns } = tasks;
  const measured = facts.succeeded.filter((row) => tasks.hasMetrics(row));
  const measures: ReadonlyArray<readonly [string, 'ms' | 'bytes', (row: number) => number]> = [
    ['GC time', 'ms', (row) => columns.jvmGcTimeMs.at(row)],
    ['Shuffle read wait', 'ms', (row) => columns.shuffleFetchWaitTimeMs.at(row)],
    ['Scheduler delay', 'ms', (row) => tasks.schedulerDelayMs(row)],
    ['Input', 'bytes', (row) => columns.inputBytes.at(row)],
    ['Shuffle read', 'bytes', (row) => tasks.shuffleReadBytes(row)],
    ['Shuffle write', 'bytes', (row) => columns.shuffleWriteBytes.at(row)],
    ['Spilled to disk', 'bytes', (row) => columns.diskSpilledBytes.at(row)],
  ];
  const duration: QuantileRow = { measure: 'Duration', unit: 'ms', values: quantilesOf(facts.durations) };
  const others = measures.map(([measure, unit, valueAt]) => ({
    measure,
    unit,
    values: quantilesOf(sortedBy(measured, (row) => Math.max(0, valueAt(row)))),
  }));
  return facts.durations.length === 0 ? [] : [duration, ...others.filter(({ values }) => (values.at(-1) ?? 0) > 0)];
}

const quantilesOf = (ascending: Float64Array): number[] =>
  REPORT_QUANTILES.map((quantile) => quantileOf(ascending, quantile));

/** Bins of equal width from 0, or of equal ratio where a few tasks are far slower than most. Empty without tasks. */
export function histogramOf(ascending: Float64Array): { edges: number[]; counts: number[] } {
  const largest = ascending.at(-1) ?? 0;
  if (ascending.length === 0) return { edges: [], counts: [] };
  if (largest <= 0) return { edges: [0, 1], counts: [ascending.length] };
  const edges = edgesTo(largest, ascending[0] ?? 0, medianOf(ascending));
  const counts = new Array<number>(edges.length - 1).fill(0);
  let bin = 0;
  for (const value of ascending) {
    while (bin < counts.length - 1 && value >= (edges[bin + 1] ?? 0)) bin += 1;
    counts[bin] = (counts[bin] ?? 0) + 1;
  }
  return { edges, counts };
}

function edgesTo(largest: number, smallest: number, median: number): number[] {
  if (largest <= LOG_RATIO * Math.max(1, median)) {
    const width = largest / BINS;
    return Array.from({ length: BINS + 1 }, (_, edge) => Math.round(edge * width * 10) / 10);
  }
  const first = Math.max(1, smallest);
  const ratio = (largest / first) ** (1 / BINS);
  const edges = Array.from({ length: BINS + 1 }, (_, edge) => Math.round(first * ratio ** edge * 10) / 10);
  return [...new Set([0, ...edges.slice(1)])];
}
