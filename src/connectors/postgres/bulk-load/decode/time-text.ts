const SECOND = 1_000_000n;
const DAY_MS = 86_400_000;

const DATE = /^(\d{4,})-(\d\d)-(\d\d)( BC)?$/;
const TIME = /^(\d\d):(\d\d):(\d\d)(?:\.(\d{1,6}))?$/;
const STAMP =
  /^(\d{4,})-(\d\d)-(\d\d) (\d\d):(\d\d):(\d\d)(?:\.(\d{1,6}))?(?:([+-])(\d\d)(?::(\d\d))?(?::(\d\d))?)?( BC)?$/;

/** Days since 1970 of a date in ISO form; null for infinity. */
export function daysOfText(text: string): number | null {
  const match = DATE.exec(text);
  return match === null ? null : dayOf(match[1], match[2], match[3], match[4]);
}

/** A day of the proleptic Gregorian calendar. Source: days from civil, H. Hinnant. */
function dayOf(yearText = '', monthText = '', dayText = '', era?: string): number {
  const month = Number(monthText);
  const shown = era === undefined ? Number(yearText) : 1 - Number(yearText);
  const year = month <= 2 ? shown - 1 : shown;
  const cycle = Math.floor(year / 400);
  const yearOfCycle = year - cycle * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + Number(dayText) - 1;
  const dayOfCycle = yearOfCycle * 365 + Math.floor(yearOfCycle / 4) - Math.floor(yearOfCycle / 100) + dayOfYear;
  return cycle * 146_097 + dayOfCycle - 719_468;
}

const microsOf = (fraction = '') => BigInt(fraction.padEnd(6, '0'));

/** Microseconds of a time of day. */
export function timeOfText(text: string): bigint | null {
  const match = TIME.exec(text);
  if (match === null) return null;
  const [, hours, minutes, seconds, fraction] = match;
  return BigInt(Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds)) * SECOND + microsOf(fraction);
}

/** Microseconds since 1970 of a timestamp, with or without an offset; null for infinity. */
export function timestampOfText(text: string): bigint | null {
  const match = STAMP.exec(text);
  if (match === null) return null;
  const [, year, month, day, hours, minutes, seconds, fraction, sign, zoneHours, zoneMinutes, zoneSeconds, era] = match;
  const clock = Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds);
  const zone = Number(zoneHours ?? 0) * 3600 + Number(zoneMinutes ?? 0) * 60 + Number(zoneSeconds ?? 0);
  const whole = dayOf(year, month, day, era) * (DAY_MS / 1000) + clock - (sign === '-' ? -zone : zone);
  return BigInt(whole) * SECOND + microsOf(fraction);
}

const ISO_INTERVAL =
  /^P(?:(-?\d+)Y)?(?:(-?\d+)M)?(?:(-?\d+)D)?(?:T(?:(-?\d+)H)?(?:(-?\d+)M)?(?:(-?)(\d+)(?:\.(\d{1,6}))?S)?)?$/;

/** The parts of an interval in ISO 8601 form. */
export function intervalOfText(text: string): { months: number; days: number; nanos: bigint } | null {
  const match = ISO_INTERVAL.exec(text);
  if (match === null) return null;
  const [, years, months, days, hours, minutes, sign, seconds, fraction] = match;
  const part = BigInt(seconds ?? 0) * SECOND + microsOf(fraction);
  const micros =
    BigInt(hours ?? 0) * 3600n * SECOND + BigInt(minutes ?? 0) * 60n * SECOND + (sign === '-' ? -part : part);
  return { months: Number(years ?? 0) * 12 + Number(months ?? 0), days: Number(days ?? 0), nanos: micros * 1000n };
}
