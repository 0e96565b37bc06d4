import type { Run } from '../facts/run.ts';
import type { Change } from '../replay/changes.ts';
import type { Replay } from '../replay/prediction.ts';
import { applicable } from './changes-of.ts';
import { type Saving, savingOf } from './saving.ts';
import type { Weighed } from './weigh.ts';

/** What the changes of all findings together save. Never the sum of the single savings: they overlap. 80 % interval. */
export interface Combined {
  readonly seconds: number;
  readonly share: number;
  readonly interval_seconds: readonly [low: number, high: number];
  /** Saved core-hours; null where the log does not tell the executors' cores. */
  readonly core_hours: number | null;
}

/** Part by which fewer executors may lengthen the run before the combination leaves them out. As the rule that proposes them. */
const MAX_LONGER_SHARE = 0.05;

/**
 * One replay with the changes of all findings, the most important first where two move the same. Other executors are left
 * out where the run without the rest of its problems would need the ones it had: when they cost more than 5 % of its time.
 */
export function combine(run: Run, findings: readonly Weighed[], replay: () => Replay | null): Combined | null {
  const changing = findings.filter((weighed) => weighed.changes.length > 0 && weighed.saving !== null);
  const [first] = changing;
  if (first === undefined || first.saving === null) return null;
  if (changing.length === 1) return toCombined(first.saving);
  const made = replay();
  if (made === null) return null;
  const { tasks } = run.application;
  const all = applicable(
    changing.flatMap((weighed) => [...weighed.changes]),
    (row) => tasks.durationMs(row),
  );
  const saving = bestOf(run, made, all);
  return saving === null ? null : toCombined(saving);
}

function bestOf(run: Run, replay: Replay, changes: readonly Change[]): Saving | null {
  const others = changes.filter((change) => change.kind !== 'executors');
  const without = replay.predict(others);
  if (others.length === changes.length) return savingOf(run, replay, without);
  const together = replay.predict(changes);
  const slower = together.wallMs > without.wallMs * (1 + MAX_LONGER_SHARE);
  return savingOf(run, replay, slower ? without : together);
}

function toCombined({ seconds, share, interval_seconds, core }: Saving): Combined {
  return {
    seconds,
    share,
    interval_seconds,
    core_hours: core === null ? null : Number((core.seconds / 3600).toFixed(4)),
  };
}
