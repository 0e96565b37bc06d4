import { type Expectation, judgeRun } from './anomalies.ts';
import { FEWEST_RUNS, findChanges, type History } from './changes.ts';
import { inOrder, type Observation } from './series.ts';

/** What runs say by their durations. */
export interface JudgedRuns<T extends Observation = Observation> {
  /** In the order of their starts, the latest 400. */
  readonly runs: readonly T[];
  /** Null with too few runs. */
  readonly history: History<T> | null;
  /** The latest run beside what those before it let expect; null with too few. */
  readonly latest: Expectation | null;
}

/** Judges runs as a whole, and the latest alone. */
export function judgeRuns<T extends Observation>(observed: readonly T[], seed = 1): JudgedRuns<T> {
  const runs = inOrder(observed);
  const last = runs.at(-1);
  const before = runs.length > FEWEST_RUNS ? findChanges(runs.slice(0, -1), seed) : null;
  return {
    runs,
    history: findChanges(runs, seed),
    latest: before === null || last === undefined ? null : judgeRun(before, last),
  };
}
