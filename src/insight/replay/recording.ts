import type { Stage } from '../../eventlog/index.ts';
import type { Interval } from '../facts/intervals.ts';
import type { Run } from '../facts/run.ts';
import type { StageFacts } from '../facts/stage-facts.ts';
import { withObservedDelays } from './observed-delays.ts';
import { type Pools, poolsOf } from './pools.ts';
import { groupsOf, type Step } from './run-graph.ts';
import type { SchedulerMode } from './simulate.ts';
import type { GroupCores, SimulatedStep } from './simulated-step.ts';
import { recordedWork, type StageTimes, type StageWork } from './stage-work.ts';

/** A group of overlapping jobs, ready to be simulated. */
export interface RecordedGroup {
  readonly span: Interval;
  /** From its begin to the last end of its jobs and stages in the recorded run, ms. */
  readonly lengthMs: number;
  readonly steps: readonly SimulatedStep[];
  /** True when stage attempts ran at the same time or attempts wait for each other: list scheduling can then be anomalous. */
  readonly anomalous: boolean;
}

/** Everything of a run that a replay needs. */
export interface Recording {
  readonly run: Run;
  readonly groups: readonly RecordedGroup[];
  readonly pools: Pools;
  readonly mode: SchedulerMode;
  /** Group and step of a stage attempt, by its row; absent where the log does not tell when it ran. */
  readonly placeOfStage: ReadonlyMap<number, { readonly group: number; readonly step: number }>;
  /** Position of each row of the task table in the work of its stage attempt; −1 where it has none. */
  readonly positionOfRow: Int32Array;
  /** When the first executor was there, ms since the epoch. */
  readonly firstExecutorAt: number;
  /** Stage attempts that keep the length they had, because the log does not tell their tasks. */
  readonly fixedStages: number;
}

/** Takes a run apart. */
export function recordingOf(run: Run): Recording {
  const { application } = run;
  const pools = poolsOf(application, run.window ?? { start: 0, end: 0 });
  const times = new Map<number, StageTimes>();
  const factsOf = new Map<number, StageFacts>();
  for (const facts of run.stages) {
    factsOf.set(facts.stage.row, facts);
    const span = timesOf(run, facts);
    if (span !== null) times.set(facts.stage.row, span);
  }
  const groups = groupsOf(run, (facts) => times.get(facts.stage.row) ?? null);
  const works = new Map<number, StageWork>();
  for (const [row, span] of times) works.set(row, recordedWork(application, factsOf.get(row) as StageFacts, span));
  const delayed = withObservedDelays(run, works, times, pools);
  const placeOfStage = new Map<number, { group: number; step: number }>();
  const recorded = groups.map((group, at) => {
    for (const [step, { stageRow }] of group.steps.entries()) {
      if (stageRow >= 0) placeOfStage.set(stageRow, { group: at, step });
    }
    return {
      span: group.span,
      lengthMs: group.steps.reduce((last, step) => Math.max(last, step.endMs), 0),
      steps: group.steps.map((step) => toSimulated(step, application.stages[step.stageRow], delayed, pools)),
      anomalous:
        stagesOverlap(group.steps) || group.steps.some((step) => (works.get(step.stageRow)?.order ?? null) !== null),
    };
  });
  const positionOfRow = new Int32Array(application.tasks.count).fill(-1);
  for (const { rows } of works.values()) {
    for (let position = 0; position < rows.length; position++) positionOfRow[rows[position] as number] = position;
  }
  const mode = application.environment.spark['spark.scheduler.mode']?.toUpperCase() === 'FAIR' ? 'FAIR' : 'FIFO';
  const fixedStages = [...works.values()].filter((work) => work.fixedMs !== null && work.rows.length > 0).length;
  return {
    run,
    groups: recorded,
    pools,
    mode,
    placeOfStage,
    positionOfRow,
    firstExecutorAt: firstExecutorOf(run, pools),
    fixedStages,
  };
}

function firstExecutorOf(run: Run, { pools }: Pools): number {
  const first = pools.reduce((least, pool) => Math.min(least, pool.steps[0]?.at ?? least), Number.POSITIVE_INFINITY);
  const start = run.window?.start ?? 0;
  return Number.isFinite(first) ? Math.max(start, first) : start;
}

/** Cores of every pool while a group runs, in times of the group. */
export function coresWithin(pools: Pools, span: Interval): GroupCores[] {
  return pools.pools.map((pool) => {
    let first = 0;
    const steps: Array<{ at: number; cores: number }> = [];
    for (const { at, cores } of pool.steps) {
      if (at <= span.start) first += cores;
      else if (at < span.end) steps.push({ at: at - span.start, cores });
    }
    return { first, steps };
  });
}

function toSimulated(
  step: Step,
  stage: Stage | undefined,
  works: ReadonlyMap<number, StageWork>,
  pools: Pools,
): SimulatedStep {
  const profileId = stage?.resourceProfileId ?? 0;
  return {
    after: step.after,
    gapMs: step.gapMs,
    startMs: step.startMs,
    stageRow: step.stageRow,
    jobId: step.jobId,
    work: works.get(step.stageRow) ?? null,
    pool: pools.poolOf(profileId),
    taskCores: pools.coresOf(profileId),
    schedulingPool: stage?.schedulingPool ?? 'default',
    stageId: stage?.stageId ?? -1,
  };
}

/** From submission, else first launch, to completion, else the last finish; null when the log names no begin. */
function timesOf(run: Run, facts: StageFacts): StageTimes | null {
  if (facts.span !== null) return facts.span;
  const { submissionTime, firstTaskLaunchedTime, completionTime } = facts.stage;
  const start = submissionTime ?? firstTaskLaunchedTime;
  if (start === null || run.window === null) return null;
  return { start, end: Math.max(start, completionTime ?? start) };
}

function stagesOverlap(steps: readonly Step[]): boolean {
  let last = Number.NEGATIVE_INFINITY;
  for (const step of steps) {
    if (step.stageRow < 0) continue;
    if (step.startMs < last) return true;
    last = Math.max(last, step.endMs);
  }
  return false;
}
