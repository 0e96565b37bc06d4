import { basisOf, type Column, residualsOf } from './least-squares.ts';
import { runningMedian } from './robust.ts';
import type { Observation } from './series.ts';

/** What returns: the day of the week, working days and weekends, or the time of day in blocks of four hours. UTC. */
export type Season = 'none' | 'weekend' | 'weekday' | 'hour-of-day';

const DAY_MS = 86_400_000;
const BLOCK_MS = 4 * 3_600_000;
/** 1970-01-01 was a Thursday: day 4 of a week that begins on Sunday. */
const EPOCH_WEEKDAY = 4;

/** Fewest runs of each part of a season, and days that all of them must span: a season that was seen twice is a coincidence. */
const FEWEST_EACH = 3;
const FEWEST_DAYS: Readonly<Record<Exclude<Season, 'none'>, number>> = { weekend: 20, weekday: 20, 'hour-of-day': 3 };
/** Neighbours on either side whose median stands for the level while a season is looked for: a week of daily runs. */
const LEVEL_NEIGHBOURS = 7;

const SEASONS: ReadonlyArray<Exclude<Season, 'none'>> = ['weekend', 'weekday', 'hour-of-day'];

/** Which part of a season a moment is in, from 0. */
export function partOf(season: Season, at: number): number {
  const weekday = (Math.floor(at / DAY_MS) + EPOCH_WEEKDAY) % 7;
  switch (season) {
    case 'none':
      return 0;
    case 'weekend':
      return weekday === 0 || weekday === 6 ? 1 : 0;
    case 'weekday':
      return weekday;
    case 'hour-of-day':
      return Math.floor((((at % DAY_MS) + DAY_MS) % DAY_MS) / BLOCK_MS);
  }
}

/** One column for each part of a season but the first that there is: 1 in that part, else 0. */
export function seasonColumns(
  season: Season,
  times: readonly number[],
): { readonly part: number; readonly column: Float64Array }[] {
  if (season === 'none') return [];
  const parts = times.map((at) => partOf(season, at));
  const [, ...others] = [...new Set(parts)].sort((a, b) => a - b);
  return others.map((part) => ({ part, column: Float64Array.from(parts, (one) => (one === part ? 1 : 0)) }));
}

/**
 * The season that explains values best for its number of parts; `none` unless there are enough runs of each part. Levels and
 * slow trends are taken out first, so that a shift is no season. `beside` are columns that explain the values too.
 * Source of the choice: Schwarz's criterion (BIC).
 */
export function findSeason(runs: readonly Observation[], values: Column, beside: readonly Column[]): Season {
  const flat = (column: Column): Float64Array => {
    const level = runningMedian(column, LEVEL_NEIGHBOURS);
    return level.map((middle, at) => (column[at] ?? 0) - middle);
  };
  const times = runs.map(({ at }) => at);
  const flatValues = flat(values);
  const always = [new Float64Array(runs.length).fill(1), ...beside.map(flat)];
  const scoreOf = (season: Season): number => {
    const columns = [...always, ...seasonColumns(season, times).map(({ column }) => column)];
    const rest = residualsOf(flatValues, basisOf(columns));
    const squares = rest.reduce((sum, one) => sum + one * one, 0);
    return runs.length * Math.log(Math.max(squares, Number.MIN_VALUE)) + columns.length * Math.log(runs.length);
  };
  let best: Season = 'none';
  let bestScore = scoreOf('none');
  for (const season of SEASONS) {
    if (!hasEnough(season, times)) continue;
    const score = scoreOf(season);
    if (score < bestScore) [best, bestScore] = [season, score];
  }
  return best;
}

function hasEnough(season: Exclude<Season, 'none'>, times: readonly number[]): boolean {
  const span = ((times.at(-1) ?? 0) - (times[0] ?? 0)) / DAY_MS;
  if (span < FEWEST_DAYS[season]) return false;
  const counts = new Map<number, number>();
  for (const at of times) counts.set(partOf(season, at), (counts.get(partOf(season, at)) ?? 0) + 1);
  return counts.size > 1 && [...counts.values()].every((count) => count >= FEWEST_EACH);
}
