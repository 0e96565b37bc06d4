import type { Change } from '../replay/changes.ts';

/** Time that some task attempts would save, and the change that says so. */
export interface TaskSavings {
  readonly totalMs: number;
  readonly changes: readonly Change[];
}

/** What `savedMs` says of each row; rows that save nothing are left out. Times ms; what is not a positive number counts as 0. */
export function taskSavings(rows: ArrayLike<number>, savedMs: (row: number) => number): TaskSavings {
  const kept: number[] = [];
  const saved: number[] = [];
  let totalMs = 0;
  for (let position = 0; position < rows.length; position++) {
    const row = rows[position] ?? 0;
    const ms = savedMs(row);
    if (!(ms > 0) || !Number.isFinite(ms)) continue;
    kept.push(row);
    saved.push(ms);
    totalMs += ms;
  }
  return { totalMs, changes: kept.length === 0 ? [] : [{ kind: 'save-task-time', rows: kept, savedMs: saved }] };
}
