import { type Data, DataType, type Decimal, type Duration, type Time, type Timestamp, TimeUnit } from 'apache-arrow';
import { validityOf } from './cells.ts';
import { decimalsOf, shortest32 } from './numeric.ts';
import { daysOf } from './temporal.ts';
import { binariesOf, stringsOf } from './text.ts';
import { isVariant, variantsOf } from './variant.ts';

/** Writes a value as JSON text. */
export type JsonOf = (row: number) => string;

/**
 * Values of any type as JSON text, exact: whole numbers and decimals keep their digits, times are ISO 8601, bytes base64; floats
 * that JSON has no number for are text. Objects of structs and maps keep their order.
 */
export function jsonOf(data: Data): JsonOf {
  const write = writerOf(data);
  const valid = validityOf(data);
  return valid === null ? write : (row) => (valid(row) ? write(row) : 'null');
}

const texts =
  (textOf: (row: number) => string): JsonOf =>
  (row) =>
    JSON.stringify(textOf(row));

function writerOf(data: Data): JsonOf {
  const { type } = data;
  if (DataType.isNull(type)) return () => 'null';
  if (DataType.isDictionary(type)) return dictionaryOf(data);
  if (DataType.isUtf8(type) || DataType.isLargeUtf8(type) || DataType.isUtf8View(type)) return texts(stringsOf(data));
  if (DataType.isStruct(type)) return isVariant(data) ? variantsOf(data) : objectsOf(data);
  if (DataType.isMap(type)) return mapsOf(data);
  if (DataType.isList(type) || DataType.isFixedSizeList(type) || DataType.isLargeList(type)) return listsOf(data);
  if (DataType.isDecimal(type)) return decimalTexts(data);
  return scalarOf(data);
}

function scalarOf(data: Data): JsonOf {
  const { type } = data;
  const values = data.values as ArrayLike<number | bigint>;
  if (DataType.isBool(type)) {
    const bits = data.values as Uint8Array;
    return (row) => String((((bits[(data.offset + row) >> 3] ?? 0) >> ((data.offset + row) & 7)) & 1) === 1);
  }
  if (DataType.isInt(type)) return (row) => String(values[row] ?? 0);
  if (DataType.isFloat(type)) {
    const single = data.values instanceof Float32Array;
    return (row) => floatText(Number(values[row] ?? 0), single);
  }
  return temporalOf(data);
}

function temporalOf(data: Data): JsonOf {
  const { type } = data;
  const values = data.values as ArrayLike<number | bigint>;
  const at = (row: number) => BigInt(values[row] ?? 0);
  if (DataType.isDate(type)) {
    const dayOf = daysOf(data);
    return texts((row) => new Date(dayOf(row) * 86_400_000).toISOString().slice(0, -'T00:00:00.000Z'.length));
  }
  if (DataType.isTimestamp(type)) {
    const { unit, timezone } = type as Timestamp;
    return texts((row) => `${isoText(at(row), unit)}${timezone ? 'Z' : ''}`);
  }
  if (DataType.isTime(type)) return texts((row) => isoText(at(row), (type as Time).unit).slice('1970-01-01T'.length));
  if (DataType.isDuration(type)) return texts((row) => `PT${secondsText(at(row), (type as Duration).unit)}S`);
  if (DataType.isInterval(type)) return (row) => JSON.stringify([...intervalWords(data, row)].map(Number));
  const bytesOf = binariesOf(data);
  return texts((row) => Buffer.from(bytesOf(row)).toString('base64'));
}

function intervalWords(data: Data, row: number): Int32Array {
  const words = data.values as Int32Array;
  const each = Math.round(words.length / Math.max(1, data.length));
  return words.subarray(row * each, (row + 1) * each);
}

function floatText(value: number, single: boolean): string {
  if (!Number.isFinite(value)) return JSON.stringify(String(value));
  return single ? shortest32(value) : String(value);
}

/** Digits after the point of a second. */
const DIGITS: Readonly<Record<TimeUnit, number>> = {
  [TimeUnit.SECOND]: 0,
  [TimeUnit.MILLISECOND]: 3,
  [TimeUnit.MICROSECOND]: 6,
  [TimeUnit.NANOSECOND]: 9,
};

function isoText(value: bigint, unit: TimeUnit): string {
  const per = 10n ** BigInt(DIGITS[unit]);
  const fraction = ((value % per) + per) % per;
  const seconds = (value - fraction) / per;
  const whole = new Date(Number(seconds) * 1000).toISOString().slice(0, -'.000Z'.length);
  return fraction === 0n ? whole : `${whole}.${fraction.toString().padStart(DIGITS[unit], '0')}`;
}

function secondsText(value: bigint, unit: TimeUnit): string {
  return scaledText(value, DIGITS[unit]);
}

/** An unscaled value with its point. */
export function scaledText(value: bigint | number, scale: number): string {
  const negative = value < 0;
  const digits = String(negative ? -value : value).padStart(scale + 1, '0');
  const text = scale <= 0 ? digits + '0'.repeat(-scale) : `${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
  return negative ? `-${text}` : text;
}

function decimalTexts(data: Data): JsonOf {
  const at = decimalsOf(data);
  const { scale } = data.type as Decimal;
  return (row) => scaledText(at(row), scale);
}

function dictionaryOf(data: Data): JsonOf {
  const indices = data.values as ArrayLike<number>;
  const chunk = data.dictionary?.data[0];
  if (chunk === undefined) return () => 'null';
  const at = jsonOf(chunk);
  return (row) => at(indices[row] ?? 0);
}

function objectsOf(data: Data): JsonOf {
  const fields = data.type.children.map((field: { name: string }, k: number) => {
    const child = data.children[k] as Data;
    return { name: JSON.stringify(field.name), at: jsonOf(child) };
  });
  return (row) => `{${fields.map(({ name, at }: { name: string; at: JsonOf }) => `${name}:${at(row)}`).join(',')}}`;
}

/** Where the elements of a list are. */
export function spansOf(data: Data): (row: number) => { start: number; end: number } {
  const size = (data.type as { listSize?: number }).listSize;
  if (size !== undefined) return (row) => ({ start: row * size, end: (row + 1) * size });
  const offsets = data.valueOffsets as ArrayLike<number | bigint>;
  return (row) => ({ start: Number(offsets[row] ?? 0), end: Number(offsets[row + 1] ?? 0) });
}

function listsOf(data: Data): JsonOf {
  const span = spansOf(data);
  const at = jsonOf(data.children[0] as Data);
  return (row) => {
    const { start, end } = span(row);
    return `[${Array.from({ length: end - start }, (_, k) => at(start + k)).join(',')}]`;
  };
}

function mapsOf(data: Data): JsonOf {
  const span = spansOf(data);
  const [keys, values] = (data.children[0] as Data).children as [Data, Data];
  const keyOf = jsonOf(keys);
  const textOf = jsonOf(values);
  // Keys of objects are text, whatever they were.
  const nameOf = (row: number) => {
    const key = keyOf(row);
    return key.startsWith('"') ? key : JSON.stringify(key);
  };
  return (row) => {
    const { start, end } = span(row);
    return `{${Array.from({ length: end - start }, (_, k) => `${nameOf(start + k)}:${textOf(start + k)}`).join(',')}}`;
  };
}
