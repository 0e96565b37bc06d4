import type { Executor } from '../../eventlog/index.ts';
import { executorsOf } from './capacity.ts';
import type { Run } from './run.ts';

/** Removals that dynamic allocation asked for. */
const LET_GO = /killed by driver|idle|scale ?down|decommission/i;

/** True for an executor that dynamic allocation gave back. */
export function wasLetGo({ removeTime, removeReason }: Executor): boolean {
  return removeTime !== null && LET_GO.test(removeReason ?? '');
}

/** An executor that was let go, and the one that took its place. */
export interface ExecutorReturn {
  readonly gone: Executor;
  readonly came: Executor;
  /** From the removal of the one to the addition of the other, ms. */
  readonly gapMs: number;
}

/**
 * Each executor that was let go after less than `maxLifeMs`, with the next one that came at most `maxGapMs` later and takes no
 * other's place; in order of time.
 */
export function executorReturns({ application }: Run, maxLifeMs: number, maxGapMs: number): ExecutorReturn[] {
  const executors = executorsOf(application);
  const gone = executors
    .filter((one) => wasLetGo(one) && lifeOf(one) < maxLifeMs)
    .sort((a, b) => (a.removeTime ?? 0) - (b.removeTime ?? 0) || (a.executorId < b.executorId ? -1 : 1));
  const came = executors
    .filter((one) => one.addTime !== null)
    .sort((a, b) => (a.addTime ?? 0) - (b.addTime ?? 0) || (a.executorId < b.executorId ? -1 : 1));
  const returns: ExecutorReturn[] = [];
  let next = 0;
  for (const old of gone) {
    const removed = old.removeTime ?? 0;
    while (next < came.length && (came[next]?.addTime ?? 0) < removed) next += 1;
    const one = came[next];
    if (one === undefined) break;
    const gapMs = (one.addTime ?? 0) - removed;
    if (gapMs > maxGapMs) continue;
    returns.push({ gone: old, came: one, gapMs });
    next += 1;
  }
  return returns;
}

/** From addition to removal, ms; endless for one that was never removed or whose addition is not known. */
export function lifeOf({ addTime, removeTime }: Executor): number {
  return addTime === null || removeTime === null ? Number.POSITIVE_INFINITY : Math.max(0, removeTime - addTime);
}
