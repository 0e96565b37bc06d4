import { medianOf } from '../facts/quantiles.ts';
import type { Run } from '../facts/run.ts';
import type { Pools } from './pools.ts';
import type { StageTimes, StageWork } from './stage-work.ts';

/**
 * Adds what was seen between tasks: how long a free slot waited for its next task, and how long a stage waited from its
 * submission to its first launch while a slot was free. Stages that shared the executors with another one, where waiting for
 * a slot cannot be told from delay, get the means of the run.
 */
export function withObservedDelays(
  run: Run,
  works: ReadonlyMap<number, StageWork>,
  times: ReadonlyMap<number, StageTimes>,
  pools: Pools,
): Map<number, StageWork> {
  const slots = slotsByExecutor(run);
  const seen = delaysSeen(run, works, times, pools, slots);
  const delayed = new Map<number, StageWork>();
  for (const [row, work] of works) {
    const gap = seen.gaps.get(row);
    const waited = Math.max(0, firstLaunchOf(run, work) - (times.get(row)?.start ?? 0));
    delayed.set(row, {
      ...work,
      slotGapMs: gap !== undefined && gap.count > 0 ? gap.totalMs / gap.count : seen.meanGapMs,
      launchDelayMs:
        seen.delays.get(row) ?? (Number.isFinite(waited) ? Math.min(seen.usualDelayMs, waited) : seen.usualDelayMs),
    });
  }
  return delayed;
}

/** What stages that had the executors for themselves show. */
interface DelaysSeen {
  readonly gaps: ReadonlyMap<number, GapSum>;
  readonly meanGapMs: number;
  readonly delays: ReadonlyMap<number, number>;
  readonly usualDelayMs: number;
}

function delaysSeen(
  run: Run,
  works: ReadonlyMap<number, StageWork>,
  times: ReadonlyMap<number, StageTimes>,
  pools: Pools,
  slots: ReadonlyMap<string, number>,
): DelaysSeen {
  const gaps = new Map<number, GapSum>();
  const all: GapSum = { totalMs: 0, count: 0 };
  const delays = new Map<number, number>();
  for (const row of stagesAlone(times)) {
    const work = works.get(row);
    const span = times.get(row);
    if (work === undefined || span === undefined || work.fixedMs !== null) continue;
    const gap = gapsBetweenTasks(run, work, slots);
    all.totalMs += gap.totalMs;
    all.count += gap.count;
    gaps.set(row, gap);
    const delay = firstLaunchOf(run, work) - span.start;
    if (delay >= 0 && hasCores(pools, span.start)) delays.set(row, delay);
  }
  return {
    gaps,
    meanGapMs: all.count > 0 ? all.totalMs / all.count : 0,
    delays,
    usualDelayMs: medianOf([...delays.values()].sort((a, b) => a - b)),
  };
}

interface GapSum {
  totalMs: number;
  count: number;
}

/** Tasks that each executor can run at once, by its id. */
export function slotsByExecutor(run: Run): Map<string, number> {
  const slots = new Map<string, number>();
  for (const { executorId, cores } of run.workers)
    slots.set(executorId, Math.max(1, Math.floor(cores / run.coresPerTask)));
  return slots;
}

function hasCores({ pools }: Pools, time: number): boolean {
  return pools.some((pool) => pool.steps.reduce((sum, step) => (step.at <= time ? sum + step.cores : sum), 0) > 0);
}

/** Rows of stage attempts that overlap no other one in time. */
function stagesAlone(times: ReadonlyMap<number, StageTimes>): Set<number> {
  const sorted = [...times].sort((a, b) => a[1].start - b[1].start || a[1].end - b[1].end);
  const alone = new Set<number>();
  let lastEnd = Number.NEGATIVE_INFINITY;
  for (const [at, [row, span]] of sorted.entries()) {
    const next = sorted[at + 1]?.[1].start ?? Number.POSITIVE_INFINITY;
    if (span.start >= lastEnd && next >= span.end) alone.add(row);
    lastEnd = Math.max(lastEnd, span.end);
  }
  return alone;
}

function firstLaunchOf(run: Run, work: StageWork): number {
  const row = work.rows[0];
  const launch = row === undefined ? 0 : run.application.tasks.columns.launchTimeMs.at(row);
  return launch > 0 ? launch : Number.NaN;
}

/**
 * On an executor with S slots, the launch number i (from 0) can take place once i − S + 1 tasks have finished: the time from
 * there to the launch is the gap. Sum and count over the launches that had to wait for a slot, and for nothing else.
 */
function gapsBetweenTasks(run: Run, work: StageWork, slots: ReadonlyMap<string, number>): GapSum {
  const sum: GapSum = { totalMs: 0, count: 0 };
  for (const [executorId, { launches, finishes }] of turnsByExecutor(run, work)) {
    const count = slots.get(executorId) ?? 0;
    if (count === 0 || launches.length <= count) continue;
    finishes.sort((a, b) => a - b);
    for (let at = count; at < launches.length; at++) {
      const gap = (launches[at] as number) - (finishes[at - count] as number);
      if (Number.isNaN(gap)) continue;
      sum.totalMs += gap;
      sum.count += 1;
    }
  }
  return sum;
}

/** Launches of one executor in order, NaN for those that waited for another attempt, and finishes. */
interface Turns {
  readonly launches: number[];
  readonly finishes: number[];
}

function turnsByExecutor(run: Run, work: StageWork): Map<string, Turns> {
  const { tasks } = run.application;
  const byRow = new Map<number, Turns>();
  for (let position = 0; position < work.rows.length; position++) {
    const row = work.rows[position] as number;
    const executorRow = tasks.columns.executorRow.at(row);
    let turns = byRow.get(executorRow);
    if (turns === undefined) {
      turns = { launches: [], finishes: [] };
      byRow.set(executorRow, turns);
    }
    const launch = tasks.columns.launchTimeMs.at(row);
    turns.launches.push((work.order?.after[position] ?? -1) >= 0 ? Number.NaN : launch);
    turns.finishes.push(launch + tasks.durationMs(row));
  }
  return new Map([...byRow].map(([executorRow, turns]) => [tasks.executorIds[executorRow] ?? '', turns]));
}
