import { type Data, type Date_, DateUnit, type Duration, type Time, type Timestamp, TimeUnit } from 'apache-arrow';
import { type Codec, doesNotFit, type Place } from './cells.ts';
import { swap8 } from './fixed-width.ts';

/** From 1970, where Arrow counts, to 2000, where PostgreSQL does. */
const EPOCH_DAYS = 10_957;
const EPOCH_MICROSECONDS = 946_684_800_000_000n;
const DAY_MS = 86_400_000;
const DAY_MICROSECONDS = 86_400_000_000n;

/** What PostgreSQL 15 holds: 4713 BC to 294276 AD, in microseconds from 2000. */
const FIRST_TIMESTAMP = -211_813_488_000_000_000n;
const END_OF_TIMESTAMPS = 9_223_371_331_200_000_000n;
const FIRST_HIGH = Number(FIRST_TIMESTAMP >> 32n);
const END_HIGH = Number(END_OF_TIMESTAMPS >> 32n);

const OUT_OF_RANGE = 'the time is out of the range of PostgreSQL (4713 BC to 294276 AD)';

const negativeEpoch = BigInt.asUintN(64, -EPOCH_MICROSECONDS);
const SHIFT_LOW = Number(negativeEpoch & 0xffffffffn);
const SHIFT_HIGH = Number(BigInt.asIntN(32, negativeEpoch >> 32n));

/** Microseconds of Arrow; the two highest and lowest seconds of the range are left out, nothing is rounded. */
const microseconds = swap8((place) => ({
  low: SHIFT_LOW,
  high: SHIFT_HIGH,
  check: (high, row) => {
    if (high <= FIRST_HIGH || high >= END_HIGH) throw doesNotFit(place, row, OUT_OF_RANGE);
  },
}));

/** Timestamps, with or without zone: both travel as microseconds. */
export function timestampTo(type: Timestamp): Codec {
  if (type.unit === TimeUnit.MICROSECOND) return microseconds;
  return wide((data, place) => {
    const values = data.values as BigInt64Array;
    return (row) => timestampOf(toMicroseconds(values[row] ?? 0n, type.unit, place, row), place, row);
  });
}

/** Days or milliseconds as `date`. */
export const dateToDate: Codec = {
  cells: (data) => {
    const dayOf = daysOf(data);
    return { width: 4, size: () => 4, put: (row, { view }, at) => view.setInt32(at, dayOf(row) - EPOCH_DAYS) };
  },
};

/** Days as the midnight that begins them. */
export const dateToTimestamp: Codec = wide((data, place) => {
  const dayOf = daysOf(data);
  return (row) => timestampOf(BigInt(dayOf(row)) * DAY_MICROSECONDS, place, row);
});

function timestampOf(sinceEpoch: bigint, place: Place, row: number): bigint {
  const value = sinceEpoch - EPOCH_MICROSECONDS;
  if (value < FIRST_TIMESTAMP || value >= END_OF_TIMESTAMPS) throw doesNotFit(place, row, OUT_OF_RANGE);
  return value;
}

/** Days since 1970. */
export function daysOf(data: Data): (row: number) => number {
  if ((data.type as Date_).unit === DateUnit.DAY) {
    const days = data.values as Int32Array;
    return (row) => days[row] ?? 0;
  }
  const values = data.values as BigInt64Array;
  return (row) => Math.floor(Number(values[row] ?? 0n) / DAY_MS);
}

/** Times of day. */
export function timeToTime(type: Time): Codec {
  return wide((data, place) => {
    const values = data.values as ArrayLike<number | bigint>;
    return (row) => toMicroseconds(BigInt(values[row] ?? 0), type.unit, place, row);
  });
}

/** Durations as an `interval` of microseconds: a day of Arrow has 24 hours, one of PostgreSQL may have 23. */
export function durationToInterval(type: Duration): Codec {
  return intervals((data, place) => {
    const values = data.values as BigInt64Array;
    return (row) => ({ months: 0, days: 0, micros: toMicroseconds(values[row] ?? 0n, type.unit, place, row) });
  });
}

/** Years and months. */
export const monthsToInterval: Codec = intervals((data) => {
  const values = data.values as Int32Array;
  return (row) => ({ months: values[row] ?? 0, days: 0, micros: 0n });
});

/** Days and milliseconds. */
export const dayTimeToInterval: Codec = intervals((data) => {
  const values = data.values as Int32Array;
  return (row) => ({ months: 0, days: values[2 * row] ?? 0, micros: BigInt(values[2 * row + 1] ?? 0) * 1000n });
});

/** Months, days and nanoseconds. */
export const monthDayNanoToInterval: Codec = intervals((data, place) => {
  const values = data.values as Int32Array;
  const nanos = new BigInt64Array(values.buffer, values.byteOffset, values.byteLength >> 3);
  return (row) => ({
    months: values[4 * row] ?? 0,
    days: values[4 * row + 1] ?? 0,
    micros: toMicroseconds(nanos[2 * row + 1] ?? 0n, TimeUnit.NANOSECOND, place, row),
  });
});

/** An interval as PostgreSQL keeps it: three parts that no rule turns into one another. */
interface IntervalParts {
  readonly months: number;
  readonly days: number;
  readonly micros: bigint;
}

function intervals(partsOf: (data: Data, place: Place) => (row: number) => IntervalParts): Codec {
  return {
    cells: (data, place) => {
      const at = partsOf(data, place);
      return {
        width: 16,
        size: () => 16,
        put: (row, { view }, to) => {
          const { months, days, micros } = at(row);
          view.setBigInt64(to, micros);
          view.setInt32(to + 8, days);
          view.setInt32(to + 12, months);
        },
      };
    },
  };
}

function wide(valuesOf: (data: Data, place: Place) => (row: number) => bigint): Codec {
  return {
    cells: (data, place) => {
      const at = valuesOf(data, place);
      return { width: 8, size: () => 8, put: (row, { view }, to) => view.setBigInt64(to, at(row)) };
    },
  };
}

const FACTORS: Readonly<Record<TimeUnit, bigint>> = {
  [TimeUnit.SECOND]: 1_000_000n,
  [TimeUnit.MILLISECOND]: 1000n,
  [TimeUnit.MICROSECOND]: 1n,
  [TimeUnit.NANOSECOND]: 1n,
};

/** Errors: parts of a microsecond, which PostgreSQL does not keep; more than 64 bits. */
function toMicroseconds(value: bigint, unit: TimeUnit, place: Place, row: number): bigint {
  if (unit === TimeUnit.NANOSECOND) {
    if (value % 1000n === 0n) return value / 1000n;
    throw doesNotFit(place, row, `${value} ns is no whole number of microseconds`);
  }
  const micros = value * FACTORS[unit];
  if (BigInt.asIntN(64, micros) !== micros) throw doesNotFit(place, row, OUT_OF_RANGE);
  return micros;
}
