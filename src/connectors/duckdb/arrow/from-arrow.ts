import type { DuckDBType, DuckDBValue } from '@duckdb/node-api';
import * as duckdb from '@duckdb/node-api';
import * as arrow from 'apache-arrow';
import { HeadgateError } from '../../../kernel/errors.ts';

/** The type of DuckDB that holds every value of an Arrow type. Errors: `invalid_argument` naming a column that has none. */
export function duckdbType(field: arrow.Field): DuckDBType {
  const { type, name } = field;
  if (arrow.DataType.isDictionary(type)) return duckdbType(new arrow.Field(name, type.dictionary as arrow.DataType));
  if (arrow.DataType.isDecimal(type))
    return type.precision <= 38 ? duckdb.DECIMAL(type.precision, type.scale) : duckdb.VARCHAR;
  if (arrow.DataType.isList(type)) return duckdb.LIST(duckdbType(type.children[0] as arrow.Field));
  if (type.typeId === arrow.Type.LargeList) return duckdb.LIST(duckdbType(type.children[0] as arrow.Field));
  if (arrow.DataType.isFixedSizeList(type))
    return duckdb.ARRAY(duckdbType(type.children[0] as arrow.Field), type.listSize);
  if (arrow.DataType.isMap(type)) {
    const [key, value] = (type.children[0] as arrow.Field).type.children as [arrow.Field, arrow.Field];
    return duckdb.MAP(duckdbType(key), duckdbType(value));
  }
  if (arrow.DataType.isStruct(type))
    return duckdb.STRUCT(
      Object.fromEntries((type.children as arrow.Field[]).map((child) => [child.name, duckdbType(child)])),
    );
  const simple = intType(type) ?? timeType(type) ?? SIMPLE[type.typeId as arrow.Type];
  if (simple !== undefined) return simple;
  throw new HeadgateError(
    'invalid_argument',
    `Column ${JSON.stringify(name)} has the type ${type}, which DuckDB has none for.`,
    {
      hint: 'Cast it in the query that makes these rows.',
      details: { column: name, source_type: String(type) },
    },
  );
}

const SIMPLE: Readonly<Partial<Record<arrow.Type, DuckDBType>>> = {
  [arrow.Type.Null]: duckdb.VARCHAR,
  [arrow.Type.Bool]: duckdb.BOOLEAN,
  [arrow.Type.Utf8]: duckdb.VARCHAR,
  [arrow.Type.LargeUtf8]: duckdb.VARCHAR,
  [arrow.Type.Binary]: duckdb.BLOB,
  [arrow.Type.LargeBinary]: duckdb.BLOB,
  [arrow.Type.FixedSizeBinary]: duckdb.BLOB,
  [arrow.Type.Interval]: duckdb.INTERVAL,
  [arrow.Type.Duration]: duckdb.INTERVAL,
};

function intType(type: arrow.DataType): DuckDBType | undefined {
  if (arrow.DataType.isFloat(type)) return type.precision === arrow.Precision.DOUBLE ? duckdb.DOUBLE : duckdb.FLOAT;
  if (!arrow.DataType.isInt(type)) return undefined;
  const signed = { 8: duckdb.TINYINT, 16: duckdb.SMALLINT, 32: duckdb.INTEGER, 64: duckdb.BIGINT };
  const unsigned = { 8: duckdb.UTINYINT, 16: duckdb.USMALLINT, 32: duckdb.UINTEGER, 64: duckdb.UBIGINT };
  return (type.isSigned ? signed : unsigned)[type.bitWidth];
}

function timeType(type: arrow.DataType): DuckDBType | undefined {
  if (arrow.DataType.isDate(type)) return duckdb.DATE;
  if (arrow.DataType.isTime(type)) return duckdb.TIME;
  if (!arrow.DataType.isTimestamp(type)) return undefined;
  if (type.timezone) return duckdb.TIMESTAMPTZ;
  return type.unit === arrow.TimeUnit.NANOSECOND ? duckdb.TIMESTAMP_NS : duckdb.TIMESTAMP;
}

/** Values of an Arrow column, as DuckDB takes them for {@link duckdbType}. Exact: nothing goes through a JavaScript date. */
export function duckdbValues(data: arrow.Data): DuckDBValue[] {
  const read = readerOf(data);
  return Array.from({ length: data.length }, (_, row) => (data.getValid(row) ? read(row) : null));
}

type Read = (row: number) => DuckDBValue;

function readerOf(data: arrow.Data): Read {
  const { type } = data;
  if (arrow.DataType.isNull(type)) return () => null;
  if (arrow.DataType.isDictionary(type)) {
    const words = (data.dictionary?.data ?? []).flatMap(duckdbValues);
    return (row) => words[Number(data.values[row])] ?? null;
  }
  if (arrow.DataType.isDecimal(type)) return decimalReader(data as arrow.Data<arrow.Decimal>, type);
  if (arrow.DataType.isDate(type)) return dateReader(data, type);
  if (arrow.DataType.isTime(type)) return (row) => new duckdb.DuckDBTimeValue(toMicros(data.values[row], type.unit));
  if (arrow.DataType.isTimestamp(type)) return timestampReader(data, type);
  if (arrow.DataType.isDuration(type))
    return (row) => new duckdb.DuckDBIntervalValue(0, 0, toMicros(data.values[row], type.unit));
  if (arrow.DataType.isInterval(type)) return intervalReader(data, type);
  return nestedReader(data, type) ?? plainReader(data, type);
}

function nestedReader(data: arrow.Data, type: arrow.DataType): Read | undefined {
  if (arrow.DataType.isList(type) || type.typeId === arrow.Type.LargeList) {
    const items = duckdbValues(data.children[0] as arrow.Data);
    return (row) => new duckdb.DuckDBListValue(items.slice(...rangeOf(data, row)));
  }
  if (arrow.DataType.isFixedSizeList(type)) {
    const items = duckdbValues(data.children[0] as arrow.Data);
    const size = type.listSize;
    return (row) => new duckdb.DuckDBArrayValue(items.slice(row * size, (row + 1) * size));
  }
  if (arrow.DataType.isStruct(type)) {
    const names = (type.children as arrow.Field[]).map(({ name }) => name);
    const columns = data.children.map(duckdbValues);
    return (row) =>
      new duckdb.DuckDBStructValue(
        Object.fromEntries(names.map((name, index) => [name, columns[index]?.[row] ?? null])),
      );
  }
  if (!arrow.DataType.isMap(type)) return undefined;
  const [keys = [], values = []] = (data.children[0]?.children ?? []).map(duckdbValues);
  return (row) => {
    const [from, to] = rangeOf(data, row);
    return new duckdb.DuckDBMapValue(
      keys.slice(from, to).map((key, index) => ({ key, value: values[from + index] ?? null })),
    );
  };
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

function plainReader(data: arrow.Data, type: arrow.DataType): Read {
  if (arrow.DataType.isBool(type)) return (row) => bitAt(data.values as Uint8Array, data.offset + row);
  if (arrow.DataType.isUtf8(type) || type.typeId === arrow.Type.LargeUtf8)
    return (row) => decoded(data.values.subarray(...rangeOf(data, row)));
  if (arrow.DataType.isBinary(type) || type.typeId === arrow.Type.LargeBinary)
    return (row) => new duckdb.DuckDBBlobValue(data.values.slice(...rangeOf(data, row)) as Uint8Array);
  if (arrow.DataType.isFixedSizeBinary(type)) {
    const width = type.byteWidth;
    return (row) => new duckdb.DuckDBBlobValue(data.values.slice(row * width, (row + 1) * width) as Uint8Array);
  }
  if (arrow.DataType.isFloat(type) && type.precision === arrow.Precision.HALF) {
    const vector = new arrow.Vector([data]);
    return (row) => vector.get(row) as number;
  }
  return (row) => data.values[row] as number | bigint;
}

function decoded(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch (error) {
    throw new HeadgateError('invalid_argument', 'A text holds bytes that are not UTF-8.', {
      hint: 'Read the column as bytes, or correct its encoding.',
      cause: error,
    });
  }
}

function bitAt(bits: Uint8Array, at: number): boolean {
  return ((bits[at >> 3] ?? 0) & (1 << (at & 7))) !== 0;
}

function rangeOf(data: arrow.Data, row: number): [number, number] {
  const offsets = data.valueOffsets as Int32Array | BigInt64Array;
  return [Number(offsets[row]), Number(offsets[row + 1])];
}

function decimalReader(data: arrow.Data<arrow.Decimal>, type: arrow.Decimal): Read {
  const words = type.bitWidth / 32;
  const scaledAt = (row: number) => {
    let scaled = 0n;
    for (let word = words - 1; word >= 0; word--)
      scaled = (scaled << 32n) | BigInt(data.values[row * words + word] ?? 0);
    return BigInt.asIntN(type.bitWidth, scaled);
  };
  if (type.precision > 38)
    return (row) => new duckdb.DuckDBDecimalValue(scaledAt(row), type.precision, type.scale).toString();
  return (row) => new duckdb.DuckDBDecimalValue(scaledAt(row), type.precision, type.scale);
}

/** Milliseconds of a day. */
const DAY_MS = 86_400_000;

function dateReader(data: arrow.Data, { unit }: arrow.Date_): Read {
  if (unit === arrow.DateUnit.DAY) return (row) => new duckdb.DuckDBDateValue(Number(data.values[row]));
  return (row) => new duckdb.DuckDBDateValue(Math.floor(Number(data.values[row]) / DAY_MS));
}

function timestampReader(data: arrow.Data, type: arrow.Timestamp): Read {
  if (type.timezone) return (row) => new duckdb.DuckDBTimestampTZValue(toMicros(data.values[row], type.unit));
  if (type.unit === arrow.TimeUnit.NANOSECOND)
    return (row) => new duckdb.DuckDBTimestampNanosecondsValue(BigInt(data.values[row]));
  return (row) => new duckdb.DuckDBTimestampValue(toMicros(data.values[row], type.unit));
}

function toMicros(value: number | bigint, unit: arrow.TimeUnit): bigint {
  const number = BigInt(value);
  if (unit === arrow.TimeUnit.SECOND) return number * 1_000_000n;
  if (unit === arrow.TimeUnit.MILLISECOND) return number * 1_000n;
  return unit === arrow.TimeUnit.MICROSECOND ? number : number / 1_000n;
}

function intervalReader(data: arrow.Data, { unit }: arrow.Interval): Read {
  const words = data.values as Int32Array;
  const view = new DataView(words.buffer, words.byteOffset, words.byteLength);
  if (unit === arrow.IntervalUnit.YEAR_MONTH) return (row) => new duckdb.DuckDBIntervalValue(words[row] ?? 0, 0, 0n);
  if (unit === arrow.IntervalUnit.DAY_TIME)
    return (row) => new duckdb.DuckDBIntervalValue(0, words[2 * row] ?? 0, BigInt(words[2 * row + 1] ?? 0) * 1000n);
  return (row) =>
    new duckdb.DuckDBIntervalValue(
      view.getInt32(16 * row, true),
      view.getInt32(16 * row + 4, true),
      view.getBigInt64(16 * row + 8, true) / 1000n,
    );
}
