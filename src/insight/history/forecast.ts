import { errorFunction, median } from 'simple-statistics';
import { FEWEST_RUNS, findChanges, type History } from './changes.ts';
import { predict } from './fit-history.ts';
import { robustSpread } from './robust.ts';
import { hasVolume, inOrder, type Observation } from './series.ts';
import { studentQuantile } from './student.ts';
import { theilSen } from './theil-sen.ts';

/** Fewest runs of a forecast: of fewer, an interval would be made up. */
export const FEWEST_FORECAST_RUNS = 5;
const DAY_MS = 86_400_000;
/** Share of runs that the interval is to hold. */
const LEVEL = 0.8;
/** Latest runs whose volumes stand for the next, where volumes have no trend. */
const RECENT_VOLUMES = 7;
/** A trend is drawn out for at most so many times as long as it was seen. */
const TRUSTED_SPANS = 1;
/** Least growth of the expected duration that is called a trend: 1 % a month. */
const LEAST_GROWTH = Math.log(1.01) / 30;
/** Days that runs must span before a month ahead is spoken of. */
const FEWEST_TREND_DAYS = 7;

/** What is expected of the next run, and of those after it. */
export interface Forecast {
  /** When it starts, epoch ms: the usual distance after the latest; null where starts have no rhythm. */
  readonly nextStart: number | null;
  /** Median, ms. */
  readonly durationMs: number;
  /** 80 % interval, ms. */
  readonly intervalMs: readonly [low: number, high: number];
  /** Volume that the next run is taken to read, bytes; null where volumes explain nothing. */
  readonly volumeBytes: number | null;
  /** What the duration grows by in thirty days, as a factor; 1 where no trend stands out of the noise, or runs span less than a week. */
  readonly growthPerMonth: number;
  /** Runs that it is of: all, or those since the last change. */
  readonly runCount: number;
  /** Probability that the next run takes longer. */
  readonly exceeds: (durationMs: number) => number;
  /**
   * When half of all runs will take longer than this, epoch ms: now for what they take already; null when that lies further
   * ahead than the history reaches back, or never comes.
   */
  readonly reaches: (durationMs: number) => number | null;
}

/** Forecasts the next run; null with fewer than five. With fewer than twelve there is neither season, volume nor change: their spread is the forecast. */
export function forecastRun(observed: readonly Observation[], seed = 1): Forecast | null {
  const runs = inOrder(observed);
  if (runs.length < FEWEST_FORECAST_RUNS) return null;
  const history = findChanges(runs, seed);
  return history === null ? ofFew(runs) : ofHistory(history);
}

/** True with enough runs for seasons, volumes and changes. */
export const isFullForecast = (runCount: number): boolean => runCount >= FEWEST_RUNS;

function ofFew(runs: readonly Observation[]): Forecast {
  const logs = runs.map(({ durationMs }) => Math.log(durationMs));
  const middle = median(logs);
  const spread = Math.max(robustSpread(logs), meanSpread(logs, middle)) * Math.sqrt(1 + 1 / runs.length);
  return assemble({ runs, middle, spread, freedom: runs.length - 1, growthPerDay: 0, volumeBytes: null });
}

function meanSpread(logs: readonly number[], middle: number): number {
  return Math.sqrt(logs.reduce((sum, value) => sum + (value - middle) ** 2, 0) / Math.max(1, logs.length - 1));
}

function ofHistory(history: History): Forecast {
  const { runs, fit, changes } = history;
  const since = runs.slice(changes.at(-1)?.index ?? 0);
  const at = nextStartOf(runs) ?? runs.at(-1)?.at ?? 0;
  const volume = fit.circumstances.volumes === null ? null : nextVolume(runs, at);
  const { log, leverage } = predict(fit, at, volume?.bytes ?? null);
  const ofVolume = fit.volumeSlope * (volume?.spread ?? 0);
  const drift = history.drift?.logPerDay ?? 0;
  return assemble({
    runs: since,
    middle: log,
    spread: Math.sqrt(fit.noise ** 2 * (1 + leverage) + ofVolume ** 2),
    freedom: fit.degreesOfFreedom,
    growthPerDay: drift + fit.volumeSlope * (volume?.growthPerDay ?? 0),
    volumeBytes: volume?.bytes ?? null,
    allRuns: runs,
  });
}

interface Parts {
  readonly runs: readonly Observation[];
  readonly allRuns?: readonly Observation[];
  /** Logarithm of the median duration. */
  readonly middle: number;
  readonly spread: number;
  readonly freedom: number;
  /** Of the logarithm. */
  readonly growthPerDay: number;
  readonly volumeBytes: number | null;
}

function assemble({ runs, allRuns = runs, middle, spread, freedom, growthPerDay, volumeBytes }: Parts): Forecast {
  const reach = studentQuantile((1 + LEVEL) / 2, freedom) * spread;
  const nextStart = nextStartOf(allRuns);
  const last = allRuns.at(-1)?.at ?? 0;
  const span = last - (allRuns[0]?.at ?? last);
  const isTrend = Math.abs(growthPerDay) >= LEAST_GROWTH && span >= FEWEST_TREND_DAYS * DAY_MS;
  const growth = isTrend ? growthPerDay : 0;
  const trusted = TRUSTED_SPANS * span;
  return {
    nextStart,
    durationMs: Math.exp(middle),
    intervalMs: [Math.exp(middle - reach), Math.exp(middle + reach)],
    volumeBytes,
    growthPerMonth: Math.exp(growth * 30),
    runCount: runs.length,
    exceeds: (durationMs) => exceedance(Math.log(durationMs) - middle, spread),
    reaches: (durationMs) => {
      const from = nextStart ?? last;
      const missing = Math.log(durationMs) - middle;
      if (missing <= 0) return from;
      if (growth <= 0) return null;
      const away = (missing / growth) * DAY_MS;
      return away <= trusted ? from + away : null;
    },
  };
}

/** Probability of more than this above the median, by a normal distribution of the logarithm. */
function exceedance(above: number, spread: number): number {
  if (!(spread > 0)) return above < 0 ? 1 : 0;
  return (1 - errorFunction(above / spread / Math.SQRT2)) / 2;
}

/** Spread of the distances between starts, as a share of their median, up to which they are a rhythm. */
const RHYTHM_SHARE = 0.5;

/** The latest start and the usual distance between starts; null where distances are no rhythm. */
function nextStartOf(runs: readonly Observation[]): number | null {
  const gaps = runs.slice(1).map(({ at }, index) => at - (runs[index]?.at ?? at));
  if (gaps.length < 2) return null;
  const usual = median(gaps);
  if (!(usual > 0) || robustSpread(gaps) > RHYTHM_SHARE * usual) return null;
  return (runs.at(-1)?.at ?? 0) + usual;
}

/** The volume of the next run: along the trend of the volumes where they have one, else that of the latest runs. */
function nextVolume(
  runs: readonly Observation[],
  at: number,
): { bytes: number; spread: number; growthPerDay: number } | null {
  const first = runs[0]?.at ?? 0;
  const points = runs.flatMap(
    ({ at: start, volumeBytes }): Array<readonly [number, number]> =>
      hasVolume(volumeBytes) ? [[(start - first) / DAY_MS, Math.log(volumeBytes)]] : [],
  );
  const recent = points.slice(-RECENT_VOLUMES).map(([, log]) => log);
  if (recent.length === 0) return null;
  const level = median(recent);
  const trend = theilSen(points);
  const days = (at - first) / DAY_MS;
  const drawn = trend === null ? level : trend.intercept + trend.slope * days;
  // A trend that the latest runs do not follow is a shift.
  const follows = trend?.significant === true && Math.abs(drawn - level) <= 2 * Math.max(robustSpread(recent), 0.02);
  const growthPerDay = follows && trend !== null ? trend.slope : 0;
  return { bytes: Math.exp(follows ? drawn : level), spread: robustSpread(recent), growthPerDay };
}
