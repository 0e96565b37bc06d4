import { medianOf, quantileOf, sortedBy } from '../facts/quantiles.ts';
import type { Run } from '../facts/run.ts';
import type { StageWork } from './stage-work.ts';

/** What the first task on a slot pays beyond the ones after it: classes, code, broadcasts, the start of a Python worker. */
export interface ColdStart {
  /** 1 for attempts that were the first of their stage on a slot. */
  readonly first: Uint8Array;
  /** ms. */
  readonly extraMs: number;
}

/** Later tasks that a stage needs to tell what its first ones paid. */
const MIN_LATER_TASKS = 3;

/** Chance at which tasks that merely came first would look like cold starts. */
const MAX_CHANCE = 0.05;

/**
 * Cold start of a stage attempt: median duration of the first tasks on each slot, less the median of the others, for the
 * same data where the log tells how much a task read. Null when it does not show: k first tasks that are drawn from the same
 * durations as the others are all above the quantile 1 − c^(1/k) of those with probability c. `slots` by executor id.
 */
export function coldStartOf(run: Run, work: StageWork, slots: ReadonlyMap<string, number>): ColdStart | null {
  if (work.fixedMs !== null || work.rows.length <= MIN_LATER_TASKS) return null;
  const { tasks } = run.application;
  const first = firstOnSlots(run, work, slots);
  const succeeded = (row: number): boolean => tasks.status(row) === 'SUCCESS';
  const firstRows = work.rows.filter((row, position) => first[position] === 1 && succeeded(row));
  const laterRows = work.rows.filter((row, position) => first[position] === 0 && succeeded(row));
  if (firstRows.length === 0 || laterRows.length < MIN_LATER_TASKS) return null;
  const read = (row: number): number => tasks.columns.inputBytes.at(row) + tasks.shuffleReadBytes(row);
  const usualRead = medianOf(sortedBy(laterRows, read));
  const moreData = usualRead > 0 ? Math.max(1, medianOf(sortedBy(firstRows, read)) / usualRead) : 1;
  const firsts = sortedBy(firstRows, (row) => tasks.durationMs(row));
  const others = sortedBy(laterRows, (row) => tasks.durationMs(row) * moreData);
  const byChance = quantileOf(others, 1 - MAX_CHANCE ** (1 / firsts.length));
  return (firsts[0] ?? 0) > byChance ? { first, extraMs: medianOf(firsts) - medianOf(others) } : null;
}

function firstOnSlots(
  { application: { tasks } }: Run,
  work: StageWork,
  slots: ReadonlyMap<string, number>,
): Uint8Array {
  const first = new Uint8Array(work.rows.length);
  const launched = new Map<number, number>();
  for (const [position, row] of work.rows.entries()) {
    const executorRow = tasks.columns.executorRow.at(row);
    const before = launched.get(executorRow) ?? 0;
    launched.set(executorRow, before + 1);
    if (before < (slots.get(tasks.executorIds[executorRow] ?? '') ?? 0)) first[position] = 1;
  }
  return first;
}

/** The same work with a cold start taken out of the first tasks, to be paid by whichever are first on other executors. */
export function withMovedColdStart(work: StageWork, coldStart: ColdStart | null): StageWork {
  if (coldStart === null || work.spread) return work;
  const durations = work.durations.slice();
  for (let position = 0; position < durations.length; position++) {
    const duration = durations[position] as number;
    if (duration > 0 && coldStart.first[position] === 1)
      durations[position] = Math.max(0, duration - coldStart.extraMs);
  }
  return { ...work, durations, coldStartMs: coldStart.extraMs };
}
