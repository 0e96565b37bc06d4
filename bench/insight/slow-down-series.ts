import { seededRandom } from '../../src/insight/evaluate/bootstrap.ts';
import type { Observation } from '../../src/insight/history/series.ts';

const DAY_MS = 86_400_000;
/** A Monday at 02:00 UTC. */
const FIRST_RUN = Date.UTC(2026, 0, 5, 2);
const USUAL_MS = 600_000;
const USUAL_BYTES = 5e10;
/** How duration grows with volume: a power below 1, as fixed costs do not grow. */
const VOLUME_POWER = 0.85;

/** What happens to a made-up series besides its noise. */
export interface Surroundings {
  /** Longer on Mondays, shorter at weekends. */
  readonly weekdays: boolean;
  /** Growth of the volume from the first run to the last, as a factor. */
  readonly growth: number;
  /** Factor of the volume from some run on. */
  readonly volumeShift: number;
  /** Share of runs that took 1.5 to 4 times as long for no reason. */
  readonly outliers: number;
}

/** One series to make. */
export interface SeriesPlan {
  readonly seed: number;
  readonly count: number;
  /** Factors of single runs around 1. */
  readonly noise: (random: () => number) => number;
  readonly surroundings: Surroundings;
  /** Duration after ÷ before; 1 for none. */
  readonly slowDown: number;
}

/** A series and where its slow-down begins; null when it has none. */
export interface Series {
  readonly runs: Observation[];
  readonly onset: number | null;
  /** Places of the runs that took long for no reason: who calls one slower is right. */
  readonly outliers: ReadonlySet<number>;
}

/** Daily runs with a slow-down somewhere in the middle third. The same seed gives the same series. */
export function makeSeries({ seed, count, noise, surroundings, slowDown }: SeriesPlan): Series {
  const random = seededRandom(seed);
  const onset = Math.floor(count * (1 / 3 + random() / 3));
  const shiftAt = Math.floor(count * (0.2 + 0.6 * random()));
  const outliers = new Set<number>();
  const runs = Array.from({ length: count }, (_, index): Observation => {
    const at = FIRST_RUN + index * DAY_MS;
    const grown = surroundings.growth ** (index / Math.max(1, count - 1));
    const volume = grown * (index >= shiftAt ? surroundings.volumeShift : 1) * lognormal(random, 0.05);
    const outlier = random() < surroundings.outliers ? 1.5 + 2.5 * random() : 1;
    if (outlier > 1) outliers.add(index);
    const factor = volume ** VOLUME_POWER * (surroundings.weekdays ? weekdayFactor(index % 7) : 1) * outlier;
    return {
      id: String(index),
      at,
      durationMs: USUAL_MS * factor * noise(random) * (index >= onset ? slowDown : 1),
      volumeBytes: USUAL_BYTES * volume,
    };
  });
  return { runs, onset: slowDown === 1 ? null : onset, outliers };
}

/** exp of a normal number with this standard deviation. */
export function lognormal(random: () => number, sigma: number): number {
  const radius = Math.sqrt(-2 * Math.log(1 - random()));
  return Math.exp(sigma * radius * Math.cos(2 * Math.PI * random()));
}

function weekdayFactor(day: number): number {
  if (day === 0) return 1.25;
  return day >= 5 ? 0.75 : 1;
}
