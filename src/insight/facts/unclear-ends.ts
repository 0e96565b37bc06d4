import type { Application, TaskTable } from '../../eventlog/index.ts';

/** What the reader says of a task end whose reason is missing or unknown to it. Source: TaskEndReason.scala, UnknownReason. */
const UNKNOWN_REASON = 'UnknownReason';

/**
 * Rows of task ends of which the log does not say whether they succeeded: their reason is unknown, and no later attempt of the
 * same task shows that they failed. Spark counts them as failed.
 */
export function unclearEnds({ tasks, stages }: Application): ReadonlySet<number> {
  const unclear = new Set<number>();
  if (!tasks.errors.includes(UNKNOWN_REASON)) return unclear;
  for (const stage of stages) {
    const rows = tasks.ofStage(stage);
    const last = lastAttempts(tasks, rows);
    for (const row of rows) {
      if (tasks.status(row) !== 'FAILED' || tasks.error(row) !== UNKNOWN_REASON) continue;
      const index = tasks.columns.index.at(row);
      if (tasks.columns.attempt.at(row) >= (last.get(index) ?? 0)) unclear.add(row);
    }
  }
  return unclear;
}

/** Highest attempt by task index; speculative copies start beside a task that has not failed. */
function lastAttempts(tasks: TaskTable, rows: Uint32Array): Map<number, number> {
  const last = new Map<number, number>();
  for (const row of rows) {
    if (tasks.speculative(row)) continue;
    const index = tasks.columns.index.at(row);
    last.set(index, Math.max(last.get(index) ?? 0, tasks.columns.attempt.at(row)));
  }
  return last;
}
