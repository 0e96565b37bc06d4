import { medianOf } from './quantiles.ts';
import type { Run } from './run.ts';
import type { StageFacts } from './stage-facts.ts';

/** Launches in one burst from which their spacing is told. */
const MIN_LAUNCHES = 4;

/**
 * Time between the launches of a stage's first tasks on one executor with free slots, median, ms. The driver launches them in
 * one go, within a millisecond, unless packing each task takes it longer: tasks that carry data or large closures. Null where
 * fewer than four were launched before the first of the stage ended, or another stage held slots.
 */
export function launchSpacing(run: Run, facts: StageFacts): number | null {
  const { columns } = run.application.tasks;
  const { span } = facts;
  if (span === null) return null;
  let firstEnd = Number.POSITIVE_INFINITY;
  for (const row of facts.rows) {
    const end = columns.finishTimeMs.at(row);
    if (end > 0) firstEnd = Math.min(firstEnd, end);
  }
  const shared = run.stages.some(
    (other) => other !== facts && other.span !== null && other.span.end > span.start && other.span.start < firstEnd,
  );
  if (shared) return null;
  const byExecutor = new Map<number, number[]>();
  for (const row of facts.rows) {
    const launch = columns.launchTimeMs.at(row);
    if (launch <= 0 || launch >= firstEnd) continue;
    const executor = columns.executorRow.at(row);
    byExecutor.set(executor, [...(byExecutor.get(executor) ?? []), launch]);
  }
  const gaps = [...byExecutor.values()]
    .filter((launches) => launches.length >= MIN_LAUNCHES)
    .flatMap((launches) => gapsOf(launches.sort((a, b) => a - b)));
  return gaps.length === 0 ? null : medianOf(gaps.sort((a, b) => a - b));
}

function gapsOf(ascending: readonly number[]): number[] {
  return ascending.slice(1).map((at, position) => at - (ascending[position] ?? at));
}
