import {
  type DuckDBBlobValue,
  type DuckDBDateValue,
  type DuckDBIntervalValue,
  type DuckDBTimestampMillisecondsValue,
  type DuckDBTimestampNanosecondsValue,
  type DuckDBTimestampSecondsValue,
  type DuckDBTimestampValue,
  type DuckDBTimeValue,
  DuckDBTypeId,
  type DuckDBValue,
} from '@duckdb/node-api';
import * as arrow from 'apache-arrow';
import { HeadgateError } from '../../../kernel/errors.ts';
import { toCell } from '../values/cells.ts';
import { concatenated, validity } from './buffers.ts';

/** How a column of DuckDB becomes one of Arrow. */
export interface Encoder {
  readonly type: arrow.DataType;
  readonly build: (values: readonly DuckDBValue[]) => arrow.Data;
}

const text = new TextEncoder();

/** How a column of a type without parts goes out; what Arrow has no type for as exact text. */
export function scalarEncoder(typeId: DuckDBTypeId, column: string): Encoder {
  return (SIMPLE[typeId] ?? asText)(column);
}

type Simple = (column: string) => Encoder;

/** Types without parts. */
const SIMPLE: Readonly<Partial<Record<DuckDBTypeId, Simple>>> = {
  [DuckDBTypeId.BOOLEAN]: () => ({ type: new arrow.Bool(), build: booleans }),
  [DuckDBTypeId.TINYINT]: () => numbers(new arrow.Int8(), (length) => new Int8Array(length)),
  [DuckDBTypeId.SMALLINT]: () => numbers(new arrow.Int16(), (length) => new Int16Array(length)),
  [DuckDBTypeId.INTEGER]: () => numbers(new arrow.Int32(), (length) => new Int32Array(length)),
  [DuckDBTypeId.UTINYINT]: () => numbers(new arrow.Uint8(), (length) => new Uint8Array(length)),
  [DuckDBTypeId.USMALLINT]: () => numbers(new arrow.Uint16(), (length) => new Uint16Array(length)),
  [DuckDBTypeId.UINTEGER]: () => numbers(new arrow.Uint32(), (length) => new Uint32Array(length)),
  [DuckDBTypeId.FLOAT]: () => numbers(new arrow.Float32(), (length) => new Float32Array(length)),
  [DuckDBTypeId.DOUBLE]: () => numbers(new arrow.Float64(), (length) => new Float64Array(length)),
  [DuckDBTypeId.BIGINT]: () => longs(new arrow.Int64(), (value) => value as bigint),
  [DuckDBTypeId.UBIGINT]: () => longs(new arrow.Uint64(), (value) => value as bigint),
  [DuckDBTypeId.HUGEINT]: (column) => decimal(0, 38, column, (value) => value as bigint),
  [DuckDBTypeId.UHUGEINT]: (column) => decimal(0, 38, column, (value) => value as bigint),
  [DuckDBTypeId.DATE]: dates,
  [DuckDBTypeId.TIME]: () => longs(new arrow.TimeMicrosecond(), (value) => (value as DuckDBTimeValue).micros),
  [DuckDBTypeId.TIMESTAMP]: (column) =>
    timestamps(new arrow.TimestampMicrosecond(), column, (value) => (value as DuckDBTimestampValue).micros),
  [DuckDBTypeId.TIMESTAMP_TZ]: (column) =>
    timestamps(new arrow.TimestampMicrosecond('UTC'), column, (value) => (value as DuckDBTimestampValue).micros),
  [DuckDBTypeId.TIMESTAMP_S]: (column) =>
    timestamps(new arrow.TimestampSecond(), column, (value) => (value as DuckDBTimestampSecondsValue).seconds),
  [DuckDBTypeId.TIMESTAMP_MS]: (column) =>
    timestamps(new arrow.TimestampMillisecond(), column, (value) => (value as DuckDBTimestampMillisecondsValue).millis),
  [DuckDBTypeId.TIMESTAMP_NS]: (column) =>
    timestamps(new arrow.TimestampNanosecond(), column, (value) => (value as DuckDBTimestampNanosecondsValue).nanos),
  [DuckDBTypeId.INTERVAL]: () => ({ type: new arrow.IntervalMonthDayNano(), build: intervals }),
  [DuckDBTypeId.BLOB]: () => bytes((value) => (value as DuckDBBlobValue).bytes),
  [DuckDBTypeId.SQLNULL]: () => ({
    type: new arrow.Null(),
    build: (values) => arrow.makeData({ type: new arrow.Null(), length: values.length }),
  }),
};

type NumberArray =
  | Int8Array
  | Int16Array
  | Int32Array
  | Uint8Array
  | Uint16Array
  | Uint32Array
  | Float32Array
  | Float64Array;

function numbers(type: arrow.Int | arrow.Float, make: (length: number) => NumberArray): Encoder {
  return {
    type,
    build(values) {
      const data = make(values.length);
      for (let row = 0; row < values.length; row++) data[row] = (values[row] as number | null) ?? 0;
      return arrow.makeData({ type: type as arrow.Int, length: values.length, ...validity(values), data });
    },
  };
}

type Long = arrow.Int64 | arrow.Uint64 | arrow.TimeMicrosecond | arrow.Timestamp;

function longs(type: Long, numberOf: (value: DuckDBValue) => bigint): Encoder {
  return {
    type,
    build(values) {
      const data = type instanceof arrow.Uint64 ? new BigUint64Array(values.length) : new BigInt64Array(values.length);
      for (let row = 0; row < values.length; row++) {
        const value = values[row] ?? null;
        if (value !== null) data[row] = numberOf(value);
      }
      return arrow.makeData({
        type: type as arrow.Int64,
        length: values.length,
        ...validity(values),
        data: data as BigInt64Array,
      });
    },
  };
}

function timestamps(type: arrow.Timestamp, column: string, numberOf: (value: DuckDBValue) => bigint): Encoder {
  return longs(type, (value) => numberOf(finite(value, column)));
}

function dates(column: string): Encoder {
  const { build } = numbers(new arrow.Int32(), (length) => new Int32Array(length));
  return {
    type: new arrow.DateDay(),
    build: (values) => {
      const days = build(
        values.map((value) => (value === null ? null : (finite(value, column) as DuckDBDateValue).days)),
      );
      return days.clone(new arrow.DateDay() as unknown as arrow.Int32);
    },
  };
}

/** Arrow has no infinite times. */
function finite(value: DuckDBValue, column: string): DuckDBValue {
  if (typeof value === 'object' && value !== null && 'isFinite' in value && !value.isFinite) {
    throw new HeadgateError('invalid_argument', `Column ${JSON.stringify(column)} holds an infinite time.`, {
      hint: `Leave such rows out, or cast it: CAST(${column} AS VARCHAR).`,
    });
  }
  return value;
}

/** Bounds of 38 digits. */
const DECIMAL_LIMIT = 10n ** 38n;

/** Whole numbers scaled by a power of ten. Errors: `invalid_argument` for more than 38 digits. */
export function decimal(
  scale: number,
  width: number,
  column: string,
  scaledOf: (value: DuckDBValue) => bigint,
): Encoder {
  const type = new arrow.Decimal(scale, width, 128);
  return {
    type,
    build(values) {
      const words = new BigUint64Array(values.length * 2);
      for (let row = 0; row < values.length; row++) {
        const value = values[row] ?? null;
        if (value === null) continue;
        const scaled = scaledOf(value);
        if (scaled >= DECIMAL_LIMIT || scaled <= -DECIMAL_LIMIT) throw tooWide(column, scaled);
        words[2 * row] = BigInt.asUintN(64, scaled);
        words[2 * row + 1] = BigInt.asUintN(64, scaled >> 64n);
      }
      const data = new Uint32Array(words.buffer);
      return arrow.makeData({ type, length: values.length, ...validity(values), data });
    },
  };
}

function tooWide(column: string, value: bigint): HeadgateError {
  return new HeadgateError(
    'invalid_argument',
    `Column ${JSON.stringify(column)} holds ${value}, which has more than 38 digits.`,
    {
      hint: `Cast it: CAST(${column} AS VARCHAR).`,
    },
  );
}

function booleans(values: readonly DuckDBValue[]): arrow.Data {
  const type = new arrow.Bool();
  const data = validity(values.map((value) => (value === true ? true : null))).nullBitmap;
  const bits = data ?? new Uint8Array(Math.ceil(values.length / 64) * 8).fill(0xff);
  return arrow.makeData({ type, length: values.length, ...validity(values), data: bits });
}

function intervals(values: readonly DuckDBValue[]): arrow.Data {
  const data = new Int32Array(values.length * 4);
  const view = new DataView(data.buffer);
  for (let row = 0; row < values.length; row++) {
    const value = values[row] as DuckDBIntervalValue | null;
    if (value === null) continue;
    view.setInt32(16 * row, value.months, true);
    view.setInt32(16 * row + 4, value.days, true);
    view.setBigInt64(16 * row + 8, value.micros * 1000n, true);
  }
  const type = new arrow.IntervalMonthDayNano();
  return arrow.makeData({ type: type as arrow.Interval, length: values.length, ...validity(values), data });
}

function bytes(bytesOf: (value: DuckDBValue) => Uint8Array): Encoder {
  const type = new arrow.Binary();
  return {
    type,
    build: (values) =>
      arrow.makeData({
        type,
        length: values.length,
        ...validity(values),
        ...concatenated(values.map((value) => (value === null ? null : bytesOf(value)))),
      }),
  };
}

function asText(): Encoder {
  const type = new arrow.Utf8();
  const textOf = (value: DuckDBValue) => (typeof value === 'string' ? value : String(toCell(value)));
  return {
    type,
    build: (values) =>
      arrow.makeData({
        type,
        length: values.length,
        ...validity(values),
        ...concatenated(values.map((value) => (value === null ? null : text.encode(textOf(value))))),
      }),
  };
}
