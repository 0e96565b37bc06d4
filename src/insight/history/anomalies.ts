import type { History } from './changes.ts';
import { predict } from './fit-history.ts';
import { runningMedian } from './robust.ts';
import { hasVolume, type Observation } from './series.ts';
import { studentQuantile } from './student.ts';

/** Probability that a usual run is called unusual, both sides together: one in a thousand. */
const FALSE_ALARM = 0.001;
/** Less than this off what is expected is nobody's concern, however quiet the runs are. */
const SMALLEST_RATIO = 1.1;
/** Neighbours on either side that a run's duration is seen beside. */
const NEIGHBOURS = 3;
/** Part of what a run is off its neighbours by that its circumstances must explain. */
const EXPLAINED_SHARE = 0.5;

/** A run that stands out among its neighbours. */
export interface UnusualRun<T extends Observation = Observation> {
  readonly run: T;
  /**
   * `slower`, `faster`: than its level, volume and season explain. `explained`: longer or shorter than its neighbours by as
   * much as its volume or season lets expect.
   */
  readonly kind: 'slower' | 'faster' | 'explained';
  /** Duration ÷ the expected one; for `explained` ÷ the median of its neighbours. */
  readonly ratio: number;
  /** ms. */
  readonly expectedMs: number;
  /** Volume ÷ the median of its neighbours; null where volumes are unknown or explain nothing. */
  readonly volumeRatio: number | null;
}

/** The limit beyond which a run is unusual, as a logarithm: of its own noise, and at least 10 %. */
function limitOf({ fit }: History): number {
  const reach = studentQuantile(1 - FALSE_ALARM / 2, fit.degreesOfFreedom) * fit.noise;
  return Math.max(reach, Math.log(SMALLEST_RATIO));
}

/** Runs that stand out, the latest first: unusual ones, and those that look so and are explained. */
export function unusualRuns<T extends Observation>(history: History<T>): UnusualRun<T>[] {
  const { runs, fit } = history;
  const limit = limitOf(history);
  const logs = runs.map(({ durationMs }) => Math.log(durationMs));
  const level = runningMedian(logs, NEIGHBOURS);
  const { volumes } = fit.circumstances;
  const volumeLevel = runningMedian(volumes ?? [], NEIGHBOURS);
  return runs
    .flatMap((run, at): UnusualRun<T>[] => {
      const off = fit.rawResiduals[at] ?? 0;
      const beside = (logs[at] ?? 0) - (level[at] ?? 0);
      const kind = isAtChange(history, at) && Math.abs(off) <= limit ? null : kindOf(off, beside, limit);
      if (kind === null) return [];
      const ratio = Math.exp(kind === 'explained' ? beside : off);
      const volumeRatio =
        volumes === null || !hasVolume(run.volumeBytes) ? null : Math.exp((volumes[at] ?? 0) - (volumeLevel[at] ?? 0));
      return [{ run, kind, ratio, expectedMs: run.durationMs / ratio, volumeRatio }];
    })
    .reverse();
}

function kindOf(off: number, beside: number, limit: number): UnusualRun['kind'] | null {
  if (Math.abs(off) > limit) return off > 0 ? 'slower' : 'faster';
  const explained = Math.abs(beside) > limit && Math.abs(off) < (1 - EXPLAINED_SHARE) * Math.abs(beside);
  return explained ? 'explained' : null;
}

/** The neighbours of a change are of two levels: nothing stands out of them. */
function isAtChange({ changes }: History, at: number): boolean {
  return changes.some(({ index }) => Math.abs(index - at) <= NEIGHBOURS);
}

/** The latest run beside what the ones before it let expect. */
export interface Expectation {
  readonly verdict: 'slower' | 'faster' | 'as-expected';
  /** ms. */
  readonly expectedMs: number;
  /** What 99.9 % of runs like those before lie in, ms. */
  readonly intervalMs: readonly [low: number, high: number];
  /** Duration ÷ the expected one. */
  readonly ratio: number;
}

/** Judges one run by the history before it. */
export function judgeRun(before: History, run: Observation): Expectation {
  const { log, leverage } = predict(before.fit, run.at, run.volumeBytes);
  const spread = before.fit.noise * Math.sqrt(1 + leverage);
  const reach = studentQuantile(1 - FALSE_ALARM / 2, before.fit.degreesOfFreedom) * spread;
  const off = Math.log(run.durationMs) - log;
  const unusual = Math.abs(off) > Math.max(reach, Math.log(SMALLEST_RATIO));
  return {
    verdict: unusual ? (off > 0 ? 'slower' : 'faster') : 'as-expected',
    expectedMs: Math.exp(log),
    intervalMs: [Math.exp(log - reach), Math.exp(log + reach)],
    ratio: Math.exp(off),
  };
}
