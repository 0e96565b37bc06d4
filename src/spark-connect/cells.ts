import { type Data, DataType, type Field, IntervalUnit } from 'apache-arrow';
import { HeadgateError } from '../kernel/errors.ts';
import { base64, decimalText, floatNumber, realNumber, utf8, wholeNumber } from './cell-text.ts';
import {
  formatDate,
  formatDayTime,
  formatInterval,
  formatTimeOfDay,
  formatTimestamp,
  formatYearMonth,
} from './time-text.ts';
import { decodeVariant } from './variant.ts';

/** Gives the cell of a row. */
export type CellReader = (row: number) => unknown;

/** Nanoseconds of Arrow's time units: second, millisecond, microsecond, nanosecond. */
const UNIT_NANOS = [1_000_000_000n, 1_000_000n, 1000n, 1n];
const MICROSECOND = 2;

/** Makes the reader of a column's cells: null where there is no value. Errors: `failed_precondition` for types that Spark does not send. */
export function cellReader(field: Field, data: Data): CellReader {
  if (DataType.isNull(field.type)) return () => null;
  const read = valueReader(field, data);
  if (data.nullCount === 0) return read;
  return (row) => (data.getValid(row) ? read(row) : null);
}

function valueReader(field: Field, data: Data): CellReader {
  const { type } = field;
  return scalarReader(type, data) ?? timeReader(type, data) ?? nestedReader(field, data) ?? unknownType(field);
}

function scalarReader(type: DataType, data: Data): CellReader | null {
  const { values } = data;
  if (DataType.isBool(type)) {
    return (row) => (((values as Uint8Array)[(row + data.offset) >> 3] ?? 0) & (1 << ((row + data.offset) & 7))) !== 0;
  }
  if (DataType.isInt(type)) {
    return type.bitWidth === 64
      ? (row) => wholeNumber((values as BigInt64Array)[row] ?? 0n)
      : (row) => (values as Int32Array)[row];
  }
  if (DataType.isFloat(type)) {
    const write = type.ArrayType === Float32Array ? floatNumber : realNumber;
    return (row) => write((values as Float64Array)[row] ?? 0);
  }
  if (DataType.isDecimal(type)) {
    const words = type.bitWidth / 32;
    return (row) => decimalText(signed((values as Uint32Array).subarray(row * words, (row + 1) * words)), type.scale);
  }
  if (DataType.isUtf8(type) || DataType.isLargeUtf8(type)) return (row) => utf8(bytesOf(data, row));
  if (DataType.isBinary(type) || DataType.isLargeBinary(type)) return (row) => base64(bytesOf(data, row));
  return null;
}

function timeReader(type: DataType, data: Data): CellReader | null {
  const long = (row: number) => (data.values as BigInt64Array)[row] ?? 0n;
  if (DataType.isDate(type)) return (row) => formatDate((data.values as Int32Array)[row] ?? 0);
  if (DataType.isTimestamp(type)) {
    const unit = UNIT_NANOS[type.unit] ?? 1n;
    const zone = type.timezone ? 'Z' : '';
    return (row) => formatTimestamp(long(row) * unit, zone);
  }
  if (DataType.isTime(type)) {
    const unit = UNIT_NANOS[type.unit] ?? 1n;
    return (row) => formatTimeOfDay(long(row) * unit);
  }
  if (DataType.isDuration(type) && type.unit === MICROSECOND) return (row) => formatDayTime(long(row));
  return intervalReader(type, data.values as Int32Array);
}

function intervalReader(type: DataType, values: Int32Array): CellReader | null {
  if (!DataType.isInterval(type)) return null;
  if (type.unit === IntervalUnit.YEAR_MONTH) return (row) => formatYearMonth(values[row] ?? 0);
  if (type.unit !== IntervalUnit.MONTH_DAY_NANO) return null;
  return (row) => {
    const [months = 0, days = 0, low = 0, high = 0] = values.subarray(row * 4, row * 4 + 4);
    return formatInterval(months, days, (BigInt(high) << 32n) | BigInt(low >>> 0));
  };
}

function nestedReader(field: Field, data: Data): CellReader | null {
  const { type } = field;
  const [only] = data.children;
  const [child] = (type.children ?? []) as Field[];
  if (DataType.isStruct(type)) return isVariant(field) ? variantReader(data) : structReader(type.children, data);
  if (only === undefined || child === undefined) return null;
  if (DataType.isMap(type)) return mapReader(child, only, data);
  if (!DataType.isList(type)) return null;
  const element = cellReader(child, only);
  return (row) => range(data, row).map(element);
}

function structReader(fields: readonly Field[], data: Data): CellReader {
  const readers = fields.map((field, index) => ({ name: field.name, read: cellReader(field, childOf(data, index)) }));
  const pairs: CellReader = (row) => readers.map(({ name, read }) => [name, read(row)]);
  const unique = new Set(fields.map(({ name }) => name)).size === fields.length;
  return unique ? (row) => Object.fromEntries(pairs(row) as [string, unknown][]) : pairs;
}

function mapReader(entries: Field, entryData: Data, data: Data): CellReader {
  const [keyField, valueField] = entries.type.children as [Field, Field];
  const key = cellReader(keyField, childOf(entryData, 0));
  const value = cellReader(valueField, childOf(entryData, 1));
  const pairs = (row: number) => range(data, row).map((entry) => [key(entry), value(entry)] as [string, unknown]);
  const named = DataType.isUtf8(keyField.type) || DataType.isLargeUtf8(keyField.type);
  return named ? (row) => Object.fromEntries(pairs(row)) : pairs;
}

/** Spark marks the struct that a variant travels as in the metadata of one of its fields. */
function isVariant({ type }: Field): boolean {
  return (type.children as Field[]).some(({ metadata }) => metadata.get('variant') === 'true');
}

function variantReader(data: Data): CellReader {
  const names = ((data.type as DataType).children as Field[]).map(({ name }) => name);
  const value = childOf(data, names.indexOf('value'));
  const metadata = childOf(data, names.indexOf('metadata'));
  return (row) => decodeVariant(bytesOf(value, row), bytesOf(metadata, row));
}

function childOf(data: Data, index: number): Data {
  const child = data.children[index];
  if (child === undefined)
    throw new HeadgateError('failed_precondition', 'A part of the result lacks a nested column.');
  return child;
}

function bytesOf(data: Data, row: number): Uint8Array {
  const { valueOffsets, values } = data as { valueOffsets: Int32Array | BigInt64Array; values: Uint8Array };
  return values.subarray(Number(valueOffsets[row] ?? 0), Number(valueOffsets[row + 1] ?? 0));
}

function range(data: Data, row: number): number[] {
  const offsets = data.valueOffsets as Int32Array;
  const start = Number(offsets[row] ?? 0);
  return Array.from({ length: Number(offsets[row + 1] ?? start) - start }, (_, index) => start + index);
}

/** Two's complement of 32-bit words, the lowest first. */
function signed(words: Uint32Array): bigint {
  let value = 0n;
  for (let index = words.length - 1; index >= 0; index--) value = (value << 32n) | BigInt(words[index] ?? 0);
  return BigInt.asIntN(words.length * 32, value);
}

function unknownType(field: Field): never {
  throw new HeadgateError(
    'failed_precondition',
    `Column ${field.name} has the Arrow type ${field.type}, which is not known.`,
  );
}
