import { countNoun, formatDuration } from '../../kernel/units.ts';
import { FEWEST_VALUES } from './bootstrap.ts';
import { type Effect, runsNeeded } from './effect.ts';

/** How the candidates stand to the baseline. `neutral`: no difference beyond the noise. `inconclusive`: the runs cannot tell. */
export type OptimizationVerdict = 'faster' | 'slower' | 'neutral' | 'inconclusive';

export interface Judgement {
  readonly verdict: OptimizationVerdict;
  /** Sentences: what decided it, what the runs could not have shown, how many would. */
  readonly reasons: readonly string[];
  /** Runs a side that would show the change that was seen; null where it shows already, or no number of runs would. */
  readonly runsNeeded: number | null;
}

/** Change of a single pair that is no change. Source: as for two runs compared, ± 5 %. */
const NEUTRAL_SHARE = 0.05;

/** Change for which the number of runs is named when the one that was seen is smaller. */
const MATERIAL_SHARE = 0.05;

/** Judges an effect: the 95 % interval decides; without one, a pair within ± 5 % is neutral and any other open. */
export function judgeEffect(
  effect: Effect,
  runs: { readonly baseline: number; readonly candidate: number },
): Judgement {
  return effect.interval === null ? judgePair(effect, runs) : judgeInterval(effect, effect.interval);
}

function judgeInterval(effect: Effect, [low, high]: readonly [number, number]): Judgement {
  const interval = `95 % interval ${change(low)} to ${change(high)}`;
  if (high < 1) return { verdict: 'faster', reasons: [`${took(effect)} (${interval}).`], runsNeeded: null };
  if (low > 1) return { verdict: 'slower', reasons: [`${took(effect)} (${interval}).`], runsNeeded: null };
  const wanted = Math.max(shareOf(effect.ratio), MATERIAL_SHARE);
  const runs = runsNeeded(wanted, effect.noise ?? Number.NaN);
  const reasons = [
    `${took(effect)}, which is within the noise of these runs (${interval}).`,
    `A change under ${percent(effect.detectableShare ?? 0)} could not have been seen${runs === null ? '' : `; one of ${percent(wanted)} takes about ${countNoun(runs, 'run')} a side`}.`,
  ];
  return { verdict: 'neutral', reasons, runsNeeded: runs };
}

function judgePair(effect: Effect, runs: { readonly baseline: number; readonly candidate: number }): Judgement {
  const counts = `${countNoun(runs.baseline, 'baseline run')} and ${countNoun(runs.candidate, 'candidate run')}`;
  const unknown = `${counts} do not tell how much the time varies from run to run: there is no interval, and no telling chance from effect. Take at least ${FEWEST_VALUES} a side.`;
  const neutral = shareOf(effect.ratio) <= NEUTRAL_SHARE;
  return {
    verdict: neutral ? 'neutral' : 'inconclusive',
    reasons: [neutral ? `${took(effect)}: within 5 %.` : `${took(effect)}.`, unknown],
    runsNeeded: FEWEST_VALUES,
  };
}

function took({ ratio, baselineMedianMs, candidateMedianMs }: Effect): string {
  const medians = `The candidate took ${formatDuration(candidateMedianMs)}, the baseline ${formatDuration(baselineMedianMs)}`;
  const pair = Math.abs(candidateMedianMs / baselineMedianMs - ratio) < 1e-9;
  return pair ? `${medians}: ${change(ratio)}` : `${medians} (medians): ${change(ratio)} on average`;
}

/** The same for twice as long and half as long, so that exchanged sides are judged alike. */
const shareOf = (ratio: number): number => 1 - Math.min(ratio, 1 / ratio);

/** A ratio as a change: `−41 %`, `+3 %`. */
export function change(ratio: number): string {
  const share = (ratio - 1) * 100;
  const digits = Math.abs(share) < 9.95 ? 1 : 0;
  const size = Number(Math.abs(share).toFixed(digits));
  return size === 0 ? '0 %' : `${share < 0 ? '−' : '+'}${size} %`;
}

const percent = (share: number): string => `${Number((share * 100).toPrecision(2))} %`;
