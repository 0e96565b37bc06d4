import type { Impact } from '../../kernel/finding.ts';
import type { Run } from '../facts/run.ts';
import type { Prediction, Replay } from '../replay/prediction.ts';
import { WARNING_SECONDS, WARNING_SHARE } from './materiality.ts';

/** What a change of the run saves, by replay. Shares 0 to 1 of what the run took; intervals are 80 %. Nothing is below 0. */
export interface Saving {
  readonly seconds: number;
  readonly share: number;
  readonly interval_seconds: readonly [low: number, high: number];
  /** Core time: null where the log does not tell the executors' cores. */
  readonly core: {
    readonly seconds: number;
    readonly share: number;
    readonly interval_seconds: readonly [low: number, high: number];
  } | null;
  /** Seconds that the run takes longer, where a change trades time for cores; else 0. */
  readonly longer_seconds: number;
}

const rounded = (value: number, digits: number): number => Number(value.toFixed(digits));

/**
 * The saving of a prediction: its distance to the run as it was replayed, as a part of that, times what the run really took.
 * So the error of the replay does not count as a saving. Null where the run, or its replay, has no time.
 */
export function savingOf(run: Run, replay: Replay, prediction: Prediction): Saving | null {
  const { asRun } = replay;
  if (!(asRun.wallMs > 0) || !(run.wallMs > 0) || !Number.isFinite(prediction.wallMs)) return null;
  const wall = part(asRun.wallMs, prediction.wallMs, prediction.wallInterval, run.wallMs);
  const core =
    asRun.coreMs > 0 && run.coreMs > 0
      ? part(asRun.coreMs, prediction.coreMs, prediction.coreInterval, run.coreMs)
      : null;
  const longer = Math.max(0, prediction.wallMs / asRun.wallMs - 1) * run.wallMs;
  return { ...wall, core, longer_seconds: rounded(longer / 1000, 3) };
}

function part(before: number, after: number, interval: readonly [number, number], observedMs: number) {
  const share = (ms: number): number => (Number.isFinite(ms) ? Math.min(1, Math.max(0, 1 - ms / before)) : 0);
  const seconds = (ms: number): number => rounded((share(ms) * observedMs) / 1000, 3);
  const saved = seconds(after);
  const low = Math.min(saved, seconds(Math.max(...interval)));
  const high = Math.max(saved, seconds(Math.min(...interval)));
  return { seconds: saved, share: rounded(share(after), 4), interval_seconds: [low, high] as const };
}

/** True when so much time or core time is worth a finding: 5 % of the run and a second. */
export function isMaterial(saving: Saving): boolean {
  return isEnough(saving) || freesCores(saving);
}

/**
 * True when core time is saved that a shorter run alone does not save: 5 % beyond the share of the wall time. Else the core
 * seconds of a large cluster would make a finding of half a second.
 */
function freesCores({ share, core }: Saving): boolean {
  return core !== null && isEnough(core) && core.share - share >= WARNING_SHARE;
}

function isEnough({ seconds, share }: { readonly seconds: number; readonly share: number }): boolean {
  return share >= WARNING_SHARE && seconds >= WARNING_SECONDS;
}

/** The impact of a finding that saves this: in wall time, or in core time where only that is material. */
export function impactOf(saving: Saving): Impact {
  const inCores = !isEnough(saving) && freesCores(saving);
  const { seconds, share, interval_seconds: interval } = inCores && saving.core !== null ? saving.core : saving;
  return {
    seconds,
    ...(saving.core === null ? {} : { core_hours: rounded(saving.core.seconds / 3600, 4) }),
    share,
    share_of: inCores ? 'core_time' : 'wall_time',
    basis: 'replay',
    interval_seconds: [interval[0], interval[1]],
  };
}
