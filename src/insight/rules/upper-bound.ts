import type { Run } from '../facts/run.ts';
import type { Change } from '../replay/changes.ts';

/**
 * The most wall time that changes can save, ms: all the task time that single attempts save, as if they ran one after the
 * other, and all the time of the stages that are cut, spread, scaled or dropped. `Infinity` for other executors.
 */
export function mostSavedMs(run: Run, changes: readonly Change[]): number {
  const stages = new Set<number>();
  let total = 0;
  for (const change of changes) {
    if ('stageRow' in change) stages.add(change.stageRow);
    else total += mostOf(run, change);
  }
  if (stages.size === 0) return total;
  return run.stages.reduce((sum, facts) => sum + (stages.has(facts.stage.row) ? facts.wallMs : 0), total);
}

function mostOf(run: Run, change: Change): number {
  switch (change.kind) {
    case 'save-task-time':
      return positive(change.savedMs);
    case 'drop-attempts':
      return durations(run, change.rows);
    case 'save-driver-time':
      return Math.max(0, change.savedMs);
    default:
      return Number.POSITIVE_INFINITY;
  }
}

function positive(values: ArrayLike<number>): number {
  let sum = 0;
  for (let position = 0; position < values.length; position++) sum += Math.max(0, values[position] ?? 0);
  return sum;
}

function durations(run: Run, rows: ArrayLike<number>): number {
  let sum = 0;
  for (let position = 0; position < rows.length; position++)
    sum += run.application.tasks.durationMs(rows[position] ?? 0);
  return sum;
}
