const DAY_SECONDS = 86_400n;
const MICROS = 1_000_000n;
const NANOS = 1_000_000_000n;
const TIMESTAMP = /^([+-]?\d{4,6}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?)(Z|[+-]\d{2}:?\d{2})?)?$/;

/** `2026-01-31` of days since 1970; years beyond four digits have a sign. */
export function formatDate(days: number): string {
  // Howard Hinnant's civil_from_days: years begin in March, eras have 400 years.
  const shifted = days + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const monthFromMarch = Math.floor((5 * dayOfYear + 2) / 153);
  const day = dayOfYear - Math.floor((153 * monthFromMarch + 2) / 5) + 1;
  const month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9;
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
  return `${formatYear(year)}-${pad(month)}-${pad(day)}`;
}

/** Days since 1970 of `2026-01-31`; null when there is no such day. */
export function parseDate(text: string): number | null {
  const match = /^([+-]?\d{4,6})-(\d{2})-(\d{2})$/.exec(text);
  if (match === null) return null;
  const [year, month, day] = [Number(match[1]), Number(match[2]), Number(match[3])];
  const shifted = year - (month <= 2 ? 1 : 0);
  const era = Math.floor(shifted / 400);
  const yearOfEra = shifted - era * 400;
  const dayOfYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  const days = era * 146_097 + dayOfEra - 719_468;
  const real = month >= 1 && month <= 12 && formatDate(days).endsWith(`-${match[2]}-${match[3]}`);
  return real ? days : null;
}

/** RFC 3339 of nanoseconds since 1970; `zone` is `Z` or empty. The fraction has as many digits as it needs. */
export function formatTimestamp(nanos: bigint, zone: 'Z' | ''): string {
  const seconds = floorDivide(nanos, NANOS);
  const days = floorDivide(seconds, DAY_SECONDS);
  return `${formatDate(Number(days))}T${formatTimeOfDay(nanos - days * DAY_SECONDS * NANOS)}${zone}`;
}

/** Microseconds since 1970 of a timestamp; `zoned` ones must name their zone, others must not. Null when it is none. */
export function parseTimestamp(text: string, zoned: boolean): bigint | null {
  const match = TIMESTAMP.exec(text);
  if (match === null) return null;
  const days = parseDate(match[1] ?? '');
  const time = match[2] === undefined ? 0n : parseTimeOfDay(match[2]);
  if (days === null || time === null || (match[3] !== undefined) !== zoned) return null;
  const offset = offsetSeconds(match[3] ?? 'Z');
  return (BigInt(days) * DAY_SECONDS - offset) * MICROS + time / 1000n;
}

/** `10:00:00.5` of nanoseconds since midnight. */
export function formatTimeOfDay(nanos: bigint): string {
  const seconds = nanos / NANOS;
  const [hours, minutes, rest] = [seconds / 3600n, (seconds / 60n) % 60n, seconds % 60n];
  return `${pad(Number(hours))}:${pad(Number(minutes))}:${pad(Number(rest))}${fraction(nanos % NANOS)}`;
}

/** Nanoseconds since midnight; null when it is no time of day. */
export function parseTimeOfDay(text: string): bigint | null {
  const match = /^(\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?$/.exec(text);
  if (match === null) return null;
  const [hours, minutes, seconds] = [Number(match[1]), Number(match[2]), Number(match[3] ?? 0)];
  if (hours > 23 || minutes > 59 || seconds > 59) return null;
  return BigInt(hours * 3600 + minutes * 60 + seconds) * NANOS + BigInt((match[4] ?? '').padEnd(9, '0'));
}

/** ISO 8601 of months: `P1Y2M`, `P-1Y-2M`. */
export function formatYearMonth(months: number): string {
  const [years, rest] = [Math.trunc(months / 12), months % 12];
  const text = `${years === 0 ? '' : `${years}Y`}${rest === 0 ? '' : `${rest}M`}`;
  return `P${text || '0M'}`;
}

/** Months of `P1Y2M`; null when it is no such interval. */
export function parseYearMonth(text: string): number | null {
  const match = /^(-?)P(?:([+-]?\d{1,9})Y)?(?:([+-]?\d{1,9})M)?$/.exec(text);
  if (match === null || (match[2] === undefined && match[3] === undefined)) return null;
  const months = Number(match[2] ?? 0) * 12 + Number(match[3] ?? 0);
  return match[1] === '-' ? 0 - months : months;
}

/** ISO 8601 of an interval by its parts; each part has its own sign, as Java and PostgreSQL write it. Zero is `PT0S`. */
export function formatInterval(months: number, days: number, nanos: bigint): string {
  const date = `${months === 0 ? '' : formatYearMonth(months).slice(1)}${days === 0 ? '' : `${days}D`}`;
  const [hours, minutes] = [nanos / (3600n * NANOS), (nanos / (60n * NANOS)) % 60n];
  const rest = nanos % (60n * NANOS);
  const seconds =
    rest === 0n ? '' : `${rest < 0n ? '-' : ''}${absolute(rest) / NANOS}${fraction(absolute(rest) % NANOS)}S`;
  const time = `${hours === 0n ? '' : `${hours}H`}${minutes === 0n ? '' : `${minutes}M`}${seconds}`;
  if (date === '' && time === '') return 'PT0S';
  return `P${date}${time === '' ? '' : `T${time}`}`;
}

/** ISO 8601 of a day-time interval in microseconds. */
export function formatDayTime(micros: bigint): string {
  const days = micros / (DAY_SECONDS * MICROS);
  return formatInterval(0, Number(days), (micros - days * DAY_SECONDS * MICROS) * 1000n);
}

/** Microseconds of `P1DT2H3M4.5S`; null when it is no such interval. */
export function parseDayTime(text: string): bigint | null {
  const match = /^(-?)P(?:([+-]?\d+)D)?(?:T(?:([+-]?\d+)H)?(?:([+-]?\d+)M)?(?:([+-]?)(\d+)(?:\.(\d{1,6}))?S)?)?$/.exec(
    text,
  );
  if (match === null || !/\d[DHMS]/.test(text) || text.endsWith('T')) return null;
  const [, sign, days = '0', hours = '0', minutes = '0', secondSign, seconds = '0', micros = ''] = match;
  const ofSeconds = BigInt(seconds) * MICROS + BigInt(micros.padEnd(6, '0'));
  const total =
    ((toBigInt(days) * 24n + toBigInt(hours)) * 60n + toBigInt(minutes)) * 60n * MICROS +
    (secondSign === '-' ? -ofSeconds : ofSeconds);
  return sign === '-' ? -total : total;
}

const toBigInt = (text: string) => BigInt(text.replace(/^\+/, ''));
const pad = (value: number) => String(value).padStart(2, '0');
const absolute = (value: bigint) => (value < 0n ? -value : value);

function formatYear(year: number): string {
  const digits = String(Math.abs(year)).padStart(4, '0');
  if (year < 0) return `-${digits}`;
  return year > 9999 ? `+${digits}` : digits;
}

function fraction(nanos: bigint): string {
  return nanos === 0n ? '' : `.${String(nanos).padStart(9, '0').replace(/0+$/, '')}`;
}

function offsetSeconds(zone: string): bigint {
  if (zone === 'Z') return 0n;
  const seconds = BigInt(zone.slice(1, 3)) * 3600n + BigInt(zone.slice(-2)) * 60n;
  return zone.startsWith('-') ? -seconds : seconds;
}

function floorDivide(value: bigint, by: bigint): bigint {
  const quotient = value / by;
  return value < 0n && quotient * by !== value ? quotient - 1n : quotient;
}
