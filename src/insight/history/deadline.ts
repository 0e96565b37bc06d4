import { HeadgateError } from '../../kernel/errors.ts';
import { label } from '../../kernel/quote.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

/** A time of day in a time zone. */
export interface TimeOfDay {
  /** Minutes since midnight. */
  readonly minutes: number;
  /** Of the IANA database, e.g. `Europe/Berlin`. */
  readonly zone: string;
}

/** Reads `06:00` and a time zone. Errors: `invalid_argument` for what is no time of day or no zone. */
export function parseTimeOfDay(text: string, zone: string): TimeOfDay {
  const [, hours = '', minutes = ''] = /^([01]?\d|2[0-3]):([0-5]\d)$/.exec(text.trim()) ?? [];
  if (minutes === '') {
    throw new HeadgateError('invalid_argument', `The deadline "${label(text)}" is no time of day.`, {
      hint: 'Write it as HH:MM, for example 06:00.',
    });
  }
  try {
    return { minutes: Number(hours) * 60 + Number(minutes), zone: clockOf(zone).resolvedOptions().timeZone };
  } catch {
    throw new HeadgateError('invalid_argument', `There is no time zone "${label(zone)}".`, {
      hint: 'Use a name of the IANA database: UTC, Europe/Berlin, America/New_York.',
    });
  }
}

/** The first moment after `from`, epoch ms, at which clocks of the zone show this time of day. */
export function nextAt(from: number, { minutes, zone }: TimeOfDay): number {
  const clock = clockOf(zone);
  const shown = minutesShown(clock, from);
  const ahead = (minutes - shown + 24 * 60) % (24 * 60);
  const guess = Math.floor(from / MINUTE_MS) * MINUTE_MS + ahead * MINUTE_MS;
  // A clock that is put forward or back in between is off by so much.
  const off = ((minutes - minutesShown(clock, guess) + 36 * 60) % (24 * 60)) - 12 * 60;
  const moment = guess + off * MINUTE_MS;
  return moment > from ? moment : moment + DAY_MS;
}

function clockOf(zone: string): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat('en-GB', { timeZone: zone, hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
}

function minutesShown(clock: Intl.DateTimeFormat, at: number): number {
  const parts = clock.formatToParts(at);
  const part = (type: string): number => Number(parts.find((one) => one.type === type)?.value ?? 0);
  return part('hour') * 60 + part('minute');
}
