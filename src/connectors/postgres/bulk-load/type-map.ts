import {
  type DataType as AnyType,
  DataType,
  type Decimal,
  type Dictionary,
  IntervalUnit,
  Precision,
} from 'apache-arrow';
import { dictionary, listToArray } from './encode/array.ts';
import type { Codec } from './encode/cells.ts';
import {
  halfToFloat4,
  halfToFloat8,
  swap4,
  swap8,
  toBool,
  toFloat4,
  toFloat8,
  toInt2,
  toInt4,
  toInt8,
} from './encode/fixed-width.ts';
import { jsonOf } from './encode/json.ts';
import { decimalToNumeric, floatToNumeric, intToNumeric, type NumericLimits } from './encode/numeric.ts';
import {
  dateToDate,
  dateToTimestamp,
  dayTimeToInterval,
  durationToInterval,
  monthDayNanoToInterval,
  monthsToInterval,
  timestampTo,
  timeToTime,
} from './encode/temporal.ts';
import { asBytes, asJsonb, fromText, textToUuid } from './encode/text.ts';
import type { TargetType } from './target-table.ts';

/**
 * How values of an Arrow type go into a type of PostgreSQL without losing anything. `text`: as text that the server casts. Null:
 * they do not.
 */
export function codecOf(from: AnyType, to: TargetType): Codec | 'text' | null {
  if (DataType.isNull(from)) return asBytes;
  if (DataType.isDictionary(from)) {
    const meaning = codecOf((from as Dictionary).dictionary, to);
    return meaning === null || meaning === 'text' ? null : dictionary(meaning);
  }
  if (to.name === 'json' || to.name === 'jsonb') return toJson(from, to.name === 'jsonb');
  if (isText(from)) return fromString(to);
  if (isList(from)) return toArray(from, to);
  if (DataType.isInt(from)) return fromInt(from, to);
  if (DataType.isFloat(from)) return fromFloat(from.precision, to);
  return fromOther(from, to);
}

const isText = (type: AnyType) => DataType.isUtf8(type) || DataType.isLargeUtf8(type) || DataType.isUtf8View(type);
const isBinary = (type: AnyType) =>
  DataType.isBinary(type) ||
  DataType.isLargeBinary(type) ||
  DataType.isBinaryView(type) ||
  DataType.isFixedSizeBinary(type);
const isList = (type: AnyType) => DataType.isList(type) || DataType.isFixedSizeList(type) || DataType.isLargeList(type);

/** Types whose values are text on the wire. */
const TEXTUAL = new Set(['text', 'varchar', 'bpchar', 'name', 'citext']);
/** Types that text never becomes by itself: a query casts. */
const NOT_FROM_TEXT = new Set([
  ...['bool', 'int2', 'int4', 'int8', 'float4', 'float8', 'numeric', 'bytea', 'oid', 'money'],
  ...['date', 'time', 'timetz', 'timestamp', 'timestamptz', 'interval'],
]);

function fromString({ name, kind, element }: TargetType): Codec | 'text' | null {
  if (TEXTUAL.has(name) || kind === 'e') return asBytes;
  if (name === 'uuid') return textToUuid;
  // Addresses, geometry, ranges, extensions' types: text is how each is written.
  return element === null && kind !== 'c' && kind !== 'p' && !NOT_FROM_TEXT.has(name) ? 'text' : null;
}

function toJson(from: AnyType, jsonb: boolean): Codec | null {
  if (isText(from)) return jsonb ? asJsonb : asBytes;
  if (DataType.isStruct(from) || DataType.isMap(from) || isList(from)) return fromText(jsonOf, jsonb);
  return null;
}

function toArray(from: AnyType, { element }: TargetType): Codec | null {
  const child = from.children[0];
  if (element === null || child === undefined) return null;
  const codec = codecOf(child.type, element);
  return codec === null || codec === 'text' ? null : listToArray(codec, element.oid);
}

/** Signed whole numbers by their bits; an unsigned one needs a bit more. */
const INTS: Readonly<Record<string, { bits: number; codec: Codec }>> = {
  int2: { bits: 16, codec: toInt2 },
  int4: { bits: 32, codec: toInt4 },
  int8: { bits: 64, codec: toInt8 },
  float4: { bits: 24, codec: toFloat4 },
  float8: { bits: 53, codec: toFloat8 },
};

function fromInt({ isSigned, bitWidth }: { isSigned: boolean; bitWidth: number }, to: TargetType): Codec | null {
  if (to.name === 'numeric') {
    const limits = limitsOf(to);
    return limits === null || limits.scale >= 0 ? intToNumeric : null;
  }
  const target = INTS[to.name];
  if (target === undefined || bitWidth + (isSigned ? 0 : 1) > target.bits) return null;
  if (to.name === 'int8' && bitWidth === 64) return swap8();
  return to.name === 'int4' && bitWidth === 32 ? swap4 : target.codec;
}

function fromFloat(precision: Precision, to: TargetType): Codec | null {
  if (to.name === 'float4') {
    if (precision === Precision.HALF) return halfToFloat4;
    return precision === Precision.SINGLE ? swap4 : null;
  }
  if (to.name === 'float8') {
    if (precision === Precision.HALF) return halfToFloat8;
    return precision === Precision.SINGLE ? toFloat8 : swap8();
  }
  return to.name === 'numeric' && precision !== Precision.HALF ? floatToNumeric(limitsOf(to)) : null;
}

function fromOther(from: AnyType, to: TargetType): Codec | null {
  if (DataType.isBool(from)) return to.name === 'bool' ? toBool : null;
  if (DataType.isDecimal(from)) return to.name === 'numeric' && keepsDigits(from, to) ? decimalToNumeric(from) : null;
  if (isBinary(from)) return to.name === 'bytea' || (to.name === 'uuid' && isWide(from, 16)) ? asBytes : null;
  return to.name === 'interval' ? toInterval(from) : fromTemporal(from, to);
}

function fromTemporal(from: AnyType, { name }: TargetType): Codec | null {
  if (DataType.isTimestamp(from)) {
    return name === (from.timezone ? 'timestamptz' : 'timestamp') ? timestampTo(from) : null;
  }
  if (DataType.isTime(from)) return name === 'time' ? timeToTime(from) : null;
  if (!DataType.isDate(from)) return null;
  if (name === 'date') return dateToDate;
  return name === 'timestamp' ? dateToTimestamp : null;
}

function toInterval(from: AnyType): Codec | null {
  if (DataType.isDuration(from)) return durationToInterval(from);
  if (!DataType.isInterval(from)) return null;
  if (from.unit === IntervalUnit.YEAR_MONTH) return monthsToInterval;
  return from.unit === IntervalUnit.DAY_TIME ? dayTimeToInterval : monthDayNanoToInterval;
}

const isWide = (type: AnyType, width: number) => DataType.isFixedSizeBinary(type) && type.byteWidth === width;

/** Digits after the point are never rounded; those before it are the server's to check. */
function keepsDigits({ scale }: Decimal, to: TargetType): boolean {
  const limits = limitsOf(to);
  return limits === null || scale <= limits.scale;
}

/** Precision and scale of a `numeric`. Scales are signed numbers of eleven bits since PostgreSQL 15. */
export function limitsOf({ modifier }: Pick<TargetType, 'modifier'>): NumericLimits | null {
  if (modifier < 4) return null;
  const bits = modifier - 4;
  return { precision: (bits >> 16) & 0xffff, scale: ((bits & 0x7ff) ^ 1024) - 1024 };
}

/** The type of a column that is made for an Arrow type. */
export function sqlTypeOf(type: AnyType): string {
  if (DataType.isDictionary(type)) return sqlTypeOf((type as Dictionary).dictionary);
  if (DataType.isInt(type)) return sqlTypeOfInt(type.isSigned ? type.bitWidth : type.bitWidth + 1);
  if (DataType.isFloat(type)) return type.precision === Precision.DOUBLE ? 'double precision' : 'real';
  if (DataType.isDecimal(type)) return `numeric(${type.precision},${type.scale})`;
  if (DataType.isTimestamp(type)) return type.timezone ? 'timestamp with time zone' : 'timestamp without time zone';
  if (isBinary(type)) return 'bytea';
  if (isList(type)) return arrayTypeOf(type);
  const made = MADE.find(([is]) => is(type));
  return made?.[1] ?? 'text';
}

const MADE: ReadonlyArray<readonly [(type: AnyType) => boolean, string]> = [
  [(type) => DataType.isBool(type), 'boolean'],
  [(type) => DataType.isDate(type), 'date'],
  [(type) => DataType.isTime(type), 'time without time zone'],
  [(type) => DataType.isDuration(type) || DataType.isInterval(type), 'interval'],
  [(type) => DataType.isStruct(type) || DataType.isMap(type), 'jsonb'],
];

function sqlTypeOfInt(bits: number): string {
  if (bits <= 16) return 'smallint';
  if (bits <= 32) return 'integer';
  return bits <= 64 ? 'bigint' : 'numeric(20,0)';
}

/** Lists of lists may differ in length, which no array of PostgreSQL may. */
function arrayTypeOf(type: AnyType): string {
  const element = type.children[0]?.type;
  if (element === undefined || isList(element)) return 'jsonb';
  const name = sqlTypeOf(element);
  return name === 'jsonb' ? 'jsonb' : `${name}[]`;
}
