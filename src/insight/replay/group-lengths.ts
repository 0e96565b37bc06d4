import { changedWork, type DidTheWork } from './changed-work.ts';
import { type ColdStart, coldStartOf, withMovedColdStart } from './cold-starts.ts';
import type { DriverSavings } from './driver-savings.ts';
import { slotsByExecutor } from './observed-delays.ts';
import { type Pools, uniformPools } from './pools.ts';
import { coresWithin, type RecordedGroup, type Recording } from './recording.ts';
import { mostOf, simulateGroup } from './simulate.ts';
import type { GroupCores, SimulatedStep } from './simulated-step.ts';
import { type SortedChanges, workOf } from './sorted-changes.ts';

/** Executors of a prediction: those of the run, or others. */
type OtherExecutors = NonNullable<SortedChanges['executors']>;

/** Simulated attempts that the search for a schedule on fewer executors may cost for one group. */
const SEARCH_BUDGET = 2_000_000;
/** Executor counts of which the lengths of all groups are kept. */
const KEPT_COUNTS = 32;

/**
 * Lengths of all groups of a run, ms, with and without changes. Keeps what it has simulated: a group that no change touches is
 * not simulated again.
 *
 * Taking work away or adding executors never makes a group longer. List scheduling alone does not guarantee that where stages
 * run at the same time or attempts wait for each other (Graham, Bounds on Multiprocessing Timing Anomalies, 1969): there the
 * schedule of the run with the work, or with fewer executors, is kept when it is shorter, which is always possible.
 */
export class GroupLengths {
  readonly asRun: readonly number[];
  readonly #recording: Recording;
  readonly #byCount = new Map<string, readonly number[]>();
  readonly #coldStarts = new Map<number, ColdStart | null>();

  constructor(recording: Recording) {
    this.#recording = recording;
    this.asRun = recording.groups.map((group) => this.#simulate(group.steps, coresWithin(recording.pools, group.span)));
  }

  /** Lengths with changes of stages, of gaps within groups, and of the executors. */
  with(changes: SortedChanges, savings: DriverSavings): readonly number[] {
    const { executors } = changes;
    const unchanged = executors === null ? this.asRun : this.#withExecutors(executors);
    const touched = new Set([...changes.groups, ...savings.inGroup.keys()]);
    if (touched.size === 0) return unchanged;
    const lengths = [...unchanged];
    for (const at of touched) lengths[at] = this.#changedLength(at, changes, savings, unchanged[at] ?? 0);
    return lengths;
  }

  #changedLength(at: number, changes: SortedChanges, savings: DriverSavings, unchanged: number): number {
    const group = this.#recording.groups[at] as RecordedGroup;
    const gaps = savings.inGroup.get(at) ?? NO_GAPS;
    const entries = group.steps.flatMap((step) => changes.byStage.get(step.stageRow) ?? []);
    const changed = this.#lengthOn(
      group,
      this.#changedSteps(group, changes, gaps, () => true),
      changes.executors,
    );
    if (gaps.size === 0 && !entries.some((entry) => entry.removes)) return changed;
    if (entries.every((entry) => entry.removes)) return Math.min(changed, unchanged);
    const rest = this.#changedSteps(group, changes, NO_GAPS, (removes) => !removes);
    return Math.min(changed, this.#lengthOn(group, rest, changes.executors));
  }

  #changedSteps(
    group: RecordedGroup,
    changes: SortedChanges,
    gaps: ReadonlyMap<number, number>,
    wanted: (removes: boolean) => boolean,
  ): SimulatedStep[] {
    return group.steps.map((step, position) => {
      const entries = (changes.byStage.get(step.stageRow) ?? []).filter((entry) => wanted(entry.removes));
      const saved = gaps.get(position) ?? 0;
      if (entries.length === 0 && saved === 0) return step;
      const ofStage = entries.map((entry) => entry.change);
      const work = step.work === null ? null : changedWork(step.work, ofStage, didTheWork(this.#recording, step));
      return { ...step, work, gapMs: Math.max(0, step.gapMs - saved) };
    });
  }

  #withExecutors(executors: OtherExecutors): readonly number[] {
    const key = `${executors.count}x${executors.coresEach}`;
    const known = this.#byCount.get(key);
    if (known !== undefined) return known;
    const lengths = this.#recording.groups.map((group, at) => {
      const length = this.#lengthOn(group, group.steps, executors);
      return this.#offersAll(group, executors) ? Math.min(length, this.asRun[at] ?? length) : length;
    });
    if (this.#byCount.size >= KEPT_COUNTS) this.#byCount.clear();
    this.#byCount.set(key, lengths);
    return lengths;
  }

  /** True when other executors offer at every time at least the cores that were there. */
  #offersAll(group: RecordedGroup, executors: OtherExecutors): boolean {
    const there = coresWithin(this.#poolsWith(executors), group.span);
    const recorded = coresWithin(this.#recording.pools, group.span);
    const most = recorded.reduce((sum, pool) => sum + mostOf(pool), 0);
    return (there[0]?.first ?? 0) >= most;
  }

  #poolsWith({ count, coresEach }: OtherExecutors): Pools {
    return uniformPools(this.#recording.firstExecutorAt, count, coresEach, this.#recording.pools);
  }

  #lengthOn(group: RecordedGroup, steps: readonly SimulatedStep[], executors: OtherExecutors | null): number {
    if (executors === null) return this.#simulate(steps, coresWithin(this.#recording.pools, group.span));
    const moved = steps.map((step) => this.#onOthers(step));
    const length = this.#simulate(moved, coresWithin(this.#poolsWith(executors), group.span));
    const anomalous = group.anomalous || moved.some(({ work }) => (work?.coldStartMs ?? 0) > 0);
    return anomalous ? this.#shortestOnFewer(group, moved, executors, length) : length;
  }

  /** On other executors, which are all in one pool, other tasks are the first on their slots. */
  #onOthers(step: SimulatedStep): SimulatedStep {
    if (step.work === null) return step;
    const work = withMovedColdStart(step.work, this.#coldStartOf(step));
    return work === step.work && step.pool === 0 ? step : { ...step, work, pool: 0 };
  }

  /** Of the recorded stage, whatever is changed. Null where it does not show. */
  #coldStartOf({ stageRow }: SimulatedStep): ColdStart | null {
    const known = this.#coldStarts.get(stageRow);
    if (known !== undefined) return known;
    const { run } = this.#recording;
    const work = workOf(this.#recording, stageRow);
    const coldStart = work === null ? null : coldStartOf(run, work, slotsByExecutor(run));
    this.#coldStarts.set(stageRow, coldStart);
    return coldStart;
  }

  /** The shortest of the schedules on so many executors and on any smaller number of them. */
  #shortestOnFewer(
    group: RecordedGroup,
    steps: readonly SimulatedStep[],
    executors: OtherExecutors,
    length: number,
  ): number {
    const attempts = steps.reduce((sum, { work }) => sum + (work?.durations.length ?? 0), 1);
    const bound = lowerBound(steps);
    const least = this.#simulate(steps.map(withoutColdStart), [{ first: Number.MAX_SAFE_INTEGER, steps: [] }]);
    let best = length;
    let budget = SEARCH_BUDGET;
    for (let count = executors.count - 1; count >= 1 && best > least && budget > 0; count--) {
      if (bound(count * executors.coresEach) >= best) break;
      const fewer = this.#poolsWith({ ...executors, count });
      best = Math.min(best, this.#simulate(steps, coresWithin(fewer, group.span)));
      budget -= attempts;
    }
    return best;
  }

  #simulate(steps: readonly SimulatedStep[], cores: readonly GroupCores[]): number {
    return simulateGroup(steps, cores, this.#recording.mode);
  }
}

const withoutColdStart = (step: SimulatedStep): SimulatedStep =>
  step.work === null || step.work.coldStartMs === 0 ? step : { ...step, work: { ...step.work, coldStartMs: 0 } };

const NO_GAPS: ReadonlyMap<number, number> = new Map();

/** Least time that the work can take on a number of cores, ms: no schedule is shorter. */
function lowerBound(steps: readonly SimulatedStep[]): (cores: number) => number {
  let coreMs = 0;
  let longestGap = 0;
  for (const { work, taskCores } of steps) {
    if (work === null || work.fixedMs !== null) continue;
    for (let attempt = 0; attempt < work.durations.length; attempt++) {
      const duration = work.durations[attempt] as number;
      if (duration < 0 || work.trailing?.[attempt] === 1) continue;
      coreMs += Math.max(0, duration + work.slotGapMs) * taskCores;
    }
    longestGap = Math.max(longestGap, work.slotGapMs);
  }
  return (cores) => coreMs / Math.max(1, cores) - longestGap;
}

/** Attempts that succeeded, or whose end the log does not tell, did the work; tasks of another number all do. */
function didTheWork({ run }: Recording, { work }: SimulatedStep): DidTheWork {
  const { tasks } = run.application;
  return (position) => {
    const row = work?.rows[position];
    return row === undefined || tasks.status(row) === 'SUCCESS' || tasks.status(row) === 'RUNNING';
  };
}
