import type { loadRunStatistics } from '../../../insight/index.ts';
import { HeadgateError } from '../../../kernel/errors.ts';
import { label } from '../../../kernel/quote.ts';
import { formatDuration, formatShare } from '../../../kernel/units.ts';
import { rfc3339 } from '../times.ts';

type Statistics = Awaited<ReturnType<typeof loadRunStatistics>>;
type Forecast = NonNullable<ReturnType<Statistics['forecastRun']>>;

const UNITS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  sec: 1000,
  min: 60_000,
  m: 60_000,
  h: 3_600_000,
  hours: 3_600_000,
};

/** Longest limit on a duration: a year. */
const LONGEST_MS = 365 * 24 * 3_600_000;

/** What a forecast says of a deadline. */
export interface DeadlineForecast {
  /** When the next run is to be done; null for a limit on the duration alone. */
  readonly done_by_time: string | null;
  readonly longest_duration_ms: number;
  readonly probability_of_missing: number;
  /** From when on half of all runs miss it along the trend; null when that is not in sight. */
  readonly missed_from_time: string | null;
  readonly sentence: string;
}

/** Reads a deadline for its errors alone: a history too short for a forecast must not hide a typing error. Errors: `invalid_argument`. */
export function refuseUnreadableDeadline(deadline: string, zone: string, { parseTimeOfDay }: Statistics): void {
  if (durationOf(deadline) === null) parseTimeOfDay(deadline, zone);
}

/**
 * Forecasts whether a deadline is kept: a time of day in a zone, or a longest duration (`90 min`, `2 h`).
 * Errors: `invalid_argument`; `failed_precondition` for a time of day when starts have no rhythm.
 */
export function forecastDeadline(
  forecast: Forecast,
  { deadline, zone }: { readonly deadline: string; readonly zone: string },
  { nextAt, parseTimeOfDay }: Statistics,
): DeadlineForecast {
  const longest = durationOf(deadline);
  if (longest !== null) return describe(forecast, null, longest, `its limit of ${formatDuration(longest)}`);
  const time = parseTimeOfDay(deadline, zone);
  if (forecast.nextStart === null) {
    throw new HeadgateError(
      'failed_precondition',
      'Starts of these runs have no rhythm: when the next begins is not known.',
      {
        hint: 'Give the deadline as a longest duration, for example 90 min.',
      },
    );
  }
  const doneBy = nextAt(forecast.nextStart, time);
  return describe(forecast, doneBy, doneBy - forecast.nextStart, `its deadline of ${deadline.trim()} ${time.zone}`);
}

function durationOf(text: string): number | null {
  const [, amount = '', unit = ''] = /^(\d+(?:\.\d+)?)\s*([a-z]+)$/i.exec(text.trim()) ?? [];
  if (amount === '') return null;
  const ms = Number(amount) * (UNITS[unit.toLowerCase()] ?? Number.NaN);
  if (ms > 0 && ms <= LONGEST_MS) return ms;
  throw new HeadgateError('invalid_argument', `The deadline "${label(text)}" is no duration.`, {
    hint: 'Use 90 min, 2 h or 45 s; or a time of day, 06:00.',
  });
}

function describe(forecast: Forecast, doneBy: number | null, longest: number, name: string): DeadlineForecast {
  const probability = forecast.exceeds(longest);
  const reached = forecast.reaches(longest);
  const later = reached !== null && probability < 0.5 ? reached : null;
  const now = `The next run misses ${name} with a probability of ${formatShare(probability)}`;
  const ahead =
    later === null
      ? probability >= 0.5
        ? '.'
        : '; along the trend that does not change as far ahead as the history reaches back.'
      : `; along the trend it misses it from about ${rfc3339(later)?.slice(0, 10)} on.`;
  return {
    done_by_time: rfc3339(doneBy),
    longest_duration_ms: Math.round(longest),
    probability_of_missing: Number(probability.toFixed(3)),
    missed_from_time: rfc3339(reached),
    sentence: `${now}${ahead}`,
  };
}
