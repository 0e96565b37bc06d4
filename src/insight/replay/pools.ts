import type { Application, Executor } from '../../eventlog/index.ts';
import { coresPerTask, executorsOf } from '../facts/capacity.ts';
import { wasLetGo } from '../facts/executor-returns.ts';
import type { Interval } from '../facts/intervals.ts';

/** Executors of one resource profile: their tasks take turns on the same cores. */
export interface Pool {
  readonly profileId: number;
  /** When cores came and went, ms since the epoch, in order of time. */
  readonly steps: readonly CoreStep[];
}

/** Cores that came (or went, below 0) at a time. */
export interface CoreStep {
  readonly at: number;
  readonly cores: number;
}

/** Who runs what: the pools and what a task takes of them. */
export interface Pools {
  readonly pools: readonly Pool[];
  /** Position in `pools` of the executors that run a resource profile. */
  poolOf(profileId: number): number;
  /** Cores that a task of a resource profile takes. */
  coresOf(profileId: number): number;
  /** Most cores that were there at one time, over all pools. */
  readonly peakCores: number;
}

/**
 * Executors by resource profile. An executor whose cores the log does not tell offers as many as it ran tasks at once. Cores
 * that are too few for a task of the profile are not counted. An executor that came while a stage waited for cores is there
 * from its first task on: the driver makes it offers some time after it has registered. One that is being let go takes no
 * more tasks: it is gone from the first stage on that was submitted after its last task.
 */
export function poolsOf(application: Application, window: Interval): Pools {
  const perTask = (profileId: number): number =>
    application.environment.resourceProfiles.find((profile) => profile.id === profileId)?.taskCpus ??
    coresPerTask(application);
  const byProfile = new Map<number, CoreStep[]>();
  const firstUse = firstUses(application);
  const letGo = lettingGo(application);
  for (const executor of executorsOf(application)) {
    const taken = Math.max(1, perTask(executor.resourceProfileId));
    const known = executor.totalCores > 0 ? executor.totalCores : mostAtOnce(application, executor) * taken;
    const cores = Math.floor(known / taken) * taken;
    if (!(cores > 0)) continue;
    const added = executor.addTime ?? window.start;
    const from = Math.max(added, firstUse(executor.executorId, added));
    const until = Math.min(executor.removeTime ?? Number.POSITIVE_INFINITY, letGo(executor));
    const steps = byProfile.get(executor.resourceProfileId) ?? [];
    if (until > from) steps.push({ at: from, cores }, ...(until < window.end ? [{ at: until, cores: -cores }] : []));
    byProfile.set(executor.resourceProfileId, steps);
  }
  return assemblePools(byProfile, perTask, window);
}

/** The same cores for every profile from a time on. */
export function uniformPools(from: number, count: number, coresEach: number, original: Pools): Pools {
  const taken = Math.max(1, original.coresOf(original.pools[0]?.profileId ?? 0));
  const cores = Math.max(1, Math.floor(coresEach / taken)) * taken * Math.max(1, Math.floor(count));
  return {
    pools: [{ profileId: 0, steps: [{ at: from, cores }] }],
    poolOf: () => 0,
    coresOf: original.coresOf,
    peakCores: cores,
  };
}

function assemblePools(
  byProfile: ReadonlyMap<number, readonly CoreStep[]>,
  perTask: (profileId: number) => number,
  window: Interval,
): Pools {
  const pools = [...byProfile].map(([profileId, steps]) => ({
    profileId,
    steps: [...steps].sort((a, b) => a.at - b.at || b.cores - a.cores),
  }));
  if (pools.length === 0) pools.push({ profileId: 0, steps: [{ at: window.start, cores: 1 }] });
  const positions = new Map(pools.map((pool, position) => [pool.profileId, position]));
  const largest = pools.reduce((best, pool, at) => (peakOf(pool) > peakOf(pools[best] as Pool) ? at : best), 0);
  return {
    pools,
    poolOf: (profileId) => positions.get(profileId) ?? largest,
    coresOf: (profileId) => Math.max(1, perTask(profileId)),
    peakCores: pools.reduce((sum, pool) => sum + peakOf(pool), 0),
  };
}

function peakOf(pool: Pool): number {
  let now = 0;
  let peak = 0;
  for (const { cores } of pool.steps) {
    now += cores;
    peak = Math.max(peak, now);
  }
  return peak;
}

/** True when an executor was added after the first stage was submitted. */
function executorsCameLate({ executors, stages }: Application): boolean {
  const submitted = stages.reduce((first, { submissionTime }) => Math.min(first, submissionTime ?? first), Infinity);
  return executors.some(({ addTime }) => addTime !== null && addTime > submitted);
}

/** When an executor ran its first task, if that task was of a stage that had waited since before a time; that time if not. */
function firstUses(application: Application): (executorId: string, added: number) => number {
  const { tasks, stages } = application;
  if (!executorsCameLate(application)) return (_executorId, added) => added;
  const { columns } = tasks;
  const first = new Int32Array(tasks.executorIds.length).fill(-1);
  for (let row = 0; row < tasks.count; row++) {
    const at = columns.executorRow.at(row);
    const known = first[at] ?? -1;
    const launch = columns.launchTimeMs.at(row);
    if (launch > 0 && (known < 0 || launch < columns.launchTimeMs.at(known))) first[at] = row;
  }
  const positions = new Map(tasks.executorIds.map((id, position) => [id, position]));
  return (executorId, added) => {
    const row = first[positions.get(executorId) ?? -1] ?? -1;
    if (row < 0 || columns.attempt.at(row) > 0 || tasks.speculative(row)) return added;
    const submitted = stages[columns.stageRow.at(row)]?.submissionTime ?? null;
    return submitted !== null && submitted < added ? columns.launchTimeMs.at(row) : added;
  };
}

/**
 * When an executor that dynamic allocation let go was seen to take no more tasks: at the first stage that was submitted after
 * its last task and before its removal. Never for all others, and for those that no such stage met.
 */
function lettingGo({ executors, stages, tasks }: Application): (executor: Executor) => number {
  if (!executors.some(wasLetGo)) return () => Number.POSITIVE_INFINITY;
  const { columns } = tasks;
  const last = new Map<string, number>();
  for (let row = 0; row < tasks.count; row++) {
    const id = tasks.executorId(row);
    const used = Math.max(columns.finishTimeMs.at(row), columns.launchTimeMs.at(row));
    if (used > (last.get(id) ?? 0)) last.set(id, used);
  }
  const submitted = stages.flatMap(({ submissionTime }) => submissionTime ?? []).sort((a, b) => a - b);
  return (executor) => {
    const removed = executor.removeTime ?? Number.POSITIVE_INFINITY;
    const used = last.get(executor.executorId);
    if (!wasLetGo(executor) || used === undefined) return Number.POSITIVE_INFINITY;
    const refused = submitted.find((at) => at >= used);
    return refused !== undefined && refused < removed ? refused : Number.POSITIVE_INFINITY;
  };
}

/** Most tasks that an executor ran at one time. */
function mostAtOnce({ tasks }: Application, { executorId }: Executor): number {
  const executorRow = tasks.executorIds.indexOf(executorId);
  if (executorRow < 0) return 0;
  const { columns } = tasks;
  const changes: Array<readonly [at: number, change: number]> = [];
  for (let row = 0; row < tasks.count; row++) {
    if (columns.executorRow.at(row) !== executorRow || columns.finishTimeMs.at(row) <= columns.launchTimeMs.at(row))
      continue;
    changes.push([columns.launchTimeMs.at(row), 1], [columns.finishTimeMs.at(row), -1]);
  }
  changes.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  let now = 0;
  let most = 0;
  for (const [, change] of changes) {
    now += change;
    most = Math.max(most, now);
  }
  return most;
}
