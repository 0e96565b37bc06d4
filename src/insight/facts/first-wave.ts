import type { TaskTable } from '../../eventlog/index.ts';

/**
 * Those of some task attempts that their executor launched before its first one of them ended: they pay for class loading,
 * compilation and Python workers, which no change of the work takes away.
 */
export function firstWave(tasks: TaskTable, rows: ArrayLike<number>): ReadonlySet<number> {
  const { executorRow, finishTimeMs, launchTimeMs } = tasks.columns;
  const firstEnd = new Map<number, number>();
  for (let position = 0; position < rows.length; position++) {
    const row = rows[position] ?? 0;
    const end = finishTimeMs.at(row);
    const executor = executorRow.at(row);
    if (end > 0 && end < (firstEnd.get(executor) ?? Number.POSITIVE_INFINITY)) firstEnd.set(executor, end);
  }
  const wave = new Set<number>();
  for (let position = 0; position < rows.length; position++) {
    const row = rows[position] ?? 0;
    if (launchTimeMs.at(row) < (firstEnd.get(executorRow.at(row)) ?? Number.POSITIVE_INFINITY)) wave.add(row);
  }
  return wave;
}

/** True when a value reaches `least` in at least `count` of some rows: a quick look before the exact one. */
export function reachedBy(
  rows: ArrayLike<number>,
  count: number,
  least: number,
  valueAt: (row: number) => number,
): boolean {
  let reached = 0;
  for (let position = 0; position < rows.length && reached < count; position++) {
    if (valueAt(rows[position] ?? 0) >= least) reached += 1;
  }
  return reached >= count;
}
