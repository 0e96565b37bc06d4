import { labelLog } from '../../kernel/log-text.ts';
import { applicable } from '../rules/changes-of.ts';
import { savingOf } from '../rules/saving.ts';
import type { AnalysedRun } from './analysed-run.ts';
import type { BoundedProperty } from './within-limits.ts';

/** What the whole patch saves in one run, by one replay. 80 % interval. */
export interface RunSaving {
  readonly appId: string;
  readonly wallMs: number;
  readonly savedSeconds: number;
  readonly share: number;
  readonly intervalSeconds: readonly [low: number, high: number];
  /** Saved core-hours; null where the log does not tell the executors' cores. */
  readonly coreHours: number | null;
}

/**
 * Replays a run with the changes of all findings whose properties are in the patch as they proposed them: together, never added
 * up. Findings without a change, or with a property that a limit cut, count nothing. Null where nothing can be replayed.
 */
export function patchSaving(analysed: AnalysedRun, patch: readonly BoundedProperty[]): RunSaving | null {
  const followed = new Set(patch.filter(({ cut }) => !cut).map(({ key }) => key));
  const cut = new Set(patch.filter((property) => property.cut).map(({ key }) => key));
  const findings = new Set(analysed.proposals.map(({ finding }) => finding));
  const changes = [...findings].flatMap((finding) => {
    const keys = analysed.proposals.filter((proposal) => proposal.finding === finding).map(({ key }) => key);
    return keys.some((key) => followed.has(key)) && !keys.some((key) => cut.has(key)) ? [...finding.changes] : [];
  });
  const { run } = analysed;
  if (changes.length === 0) return null;
  const replay = analysed.replay();
  const { tasks } = run.application;
  const saving = savingOf(run, replay, replay.predict(applicable(changes, (row) => tasks.durationMs(row))));
  if (saving === null) return null;
  return {
    appId: labelLog(run.application.appId),
    wallMs: run.wallMs,
    savedSeconds: saving.seconds,
    share: saving.share,
    intervalSeconds: saving.interval_seconds,
    coreHours: saving.core === null ? null : Number((saving.core.seconds / 3600).toFixed(4)),
  };
}
