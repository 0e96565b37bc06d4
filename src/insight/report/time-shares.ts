import type { RunFacts } from '../facts/run-facts.ts';

/** One part of a whole. */
export interface TimeShare {
  readonly name: string;
  /** 0 to 1; the shares of one list add up to 1, or are all 0. */
  readonly share: number;
}

/** Wall time by what happened in it. */
export function wallShares(facts: RunFacts): TimeShare[] {
  const { startup, jobs, betweenJobs, tail } = facts.wall;
  return toShares([
    ['jobs', jobs],
    ['before the first job', startup],
    ['driver alone between jobs', betweenJobs],
    ['after the last job', tail],
  ]);
}

/** Core time by what the cores did; without known cores, task time by what the tasks did. */
export function coreShares(facts: RunFacts): TimeShare[] {
  const { split } = facts;
  return toShares([
    ['compute', split.compute],
    ['GC', split.gc],
    ['shuffle read wait', split.shuffleRead],
    ['shuffle write', split.shuffleWrite],
    ['task overhead', split.overhead],
    ['failed or killed attempts', split.failedAttempts],
    ['unknown, task ends missing', split.unknown],
    ['idle during jobs', split.idle],
    ['idle without a job', split.noJob],
  ]);
}

/** True when the executors' cores are known, so that idle time is too. */
export function coresKnown(facts: RunFacts): boolean {
  return facts.coreMs > 0;
}

function toShares(parts: ReadonlyArray<readonly [string, number]>): TimeShare[] {
  const total = parts.reduce((sum, [, value]) => sum + Math.max(0, value), 0);
  return parts.map(([name, value]) => ({ name, share: total > 0 ? Math.max(0, value) / total : 0 }));
}

/**
 * Part of the task time that tasks which spilled to disk account for: an upper bound of what spilling cost, which Spark
 * does not measure. Overlaps with the other shares.
 */
export function spillShare(facts: RunFacts): number {
  const { compute, gc, shuffleRead, shuffleWrite, overhead, failedAttempts, spillingTasks } = facts.split;
  const total = compute + gc + shuffleRead + shuffleWrite + overhead + failedAttempts;
  return total > 0 ? Math.min(1, spillingTasks / total) : 0;
}
