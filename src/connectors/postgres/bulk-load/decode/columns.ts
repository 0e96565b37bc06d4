import {
  Binary,
  Bool,
  type Data,
  type DataType,
  DateDay,
  Decimal,
  Field,
  Float32,
  Float64,
  Int16,
  Int32,
  Int64,
  IntervalMonthDayNano,
  List,
  makeData,
  TimeMicrosecond,
  TimestampMicrosecond,
  Utf8,
} from 'apache-arrow';
import { HeadgateError } from '../../../../kernel/errors.ts';
import { label } from '../../../../kernel/quote.ts';
import { limitsOf } from '../type-map.ts';
import { parseArray } from './array-text.ts';
import { daysOfText, intervalOfText, timeOfText, timestampOfText } from './time-text.ts';

/** Values of one column as the server writes them, one each row. */
export type Texts = readonly (string | null)[];

/** Makes Arrow values of a column's text. */
export interface ColumnReader {
  readonly type: DataType;
  /** Errors: `failed_precondition` for a value that Arrow's type cannot hold. Rows count from `rowsBefore`. */
  read(values: Texts, place: ReadPlace): Data;
}

/** Names a value in errors. */
export interface ReadPlace {
  readonly column: string;
  readonly rowsBefore: number;
}

/** A value of a column that has no place in Arrow. */
function hasNoPlace(place: ReadPlace, row: number, reason: string): HeadgateError {
  const number = place.rowsBefore + row + 1;
  return new HeadgateError('failed_precondition', `Row ${number}, column ${label(place.column)}: ${reason}.`, {
    hint: 'Cast the column in the query, or leave the row out.',
    details: { row: number, column: place.column },
  });
}

/** What most builders share: which values are there. */
interface Validity {
  readonly nullCount: number;
  readonly nullBitmap: Uint8Array | null;
}

function validityOf(values: Texts): Validity {
  let nullCount = 0;
  const nullBitmap = new Uint8Array((values.length + 7) >> 3);
  for (let row = 0; row < values.length; row++) {
    if (values[row] === null) nullCount += 1;
    else nullBitmap[row >> 3] = (nullBitmap[row >> 3] ?? 0) | (1 << (row & 7));
  }
  return { nullCount, nullBitmap: nullCount === 0 ? null : nullBitmap };
}

/** A reader of values of one width. `put` stores a value, and gives the reason when it cannot. */
function fixed<A extends ArrayBufferView>(
  type: DataType,
  allocate: (length: number) => A,
  put: (array: A, row: number, text: string) => string | undefined,
): ColumnReader {
  return {
    type,
    read(values, place) {
      const data = allocate(values.length);
      for (let row = 0; row < values.length; row++) {
        const text = values[row];
        if (text == null) continue;
        const problem = put(data, row, text);
        if (problem !== undefined) throw hasNoPlace(place, row, problem);
      }
      return makeData({ type, length: values.length, data, ...validityOf(values) } as never) as Data;
    },
  };
}

const numberInto = (
  array: Int16Array | Int32Array | Float32Array | Float64Array,
  row: number,
  value: string,
): undefined => {
  array[row] = Number(value);
};

const boolean = fixed(
  new Bool(),
  (length) => new Uint8Array((length + 7) >> 3),
  (bits, row, text) => {
    if (text === 't') bits[row >> 3] = (bits[row >> 3] ?? 0) | (1 << (row & 7));
    return undefined;
  },
);

function bigints(type: DataType, of: (text: string) => bigint | null, problem: string): ColumnReader {
  return fixed(
    type,
    (length) => new BigInt64Array(length),
    (array, row, text) => {
      const value = of(text);
      if (value === null || BigInt.asIntN(64, value) !== value) return problem;
      array[row] = value;
      return undefined;
    },
  );
}

/** Most digits of a decimal of 128 bits. */
const MOST_DIGITS = 38;
/** What `numeric` without precision becomes, as Spark's JDBC reader does it. */
const UNLIMITED = { precision: MOST_DIGITS, scale: 18 };

function decimal(precision: number, scale: number): ColumnReader {
  const type = new Decimal(scale, precision, 128);
  const limit = 10n ** BigInt(precision);
  return fixed(
    type,
    (length) => new Uint32Array(4 * length),
    (words, row, text) => {
      const unscaled = unscaledOf(text, scale);
      if (unscaled === null || unscaled >= limit || unscaled <= -limit) {
        return `the value has no place in decimal(${precision},${scale})`;
      }
      for (let k = 0; k < 4; k++) words[4 * row + k] = Number((unscaled >> BigInt(32 * k)) & 0xffffffffn);
      return undefined;
    },
  );
}

const NUMERIC = /^(-?)(\d+)(?:\.(\d+))?$/;

/** Digits without the point; null for NaN, infinity, and more decimal places than there are. */
function unscaledOf(text: string, scale: number): bigint | null {
  const match = NUMERIC.exec(text);
  if (match === null) return null;
  const [, sign = '', whole = '', fraction = ''] = match;
  const rest = fraction.slice(scale);
  if (rest !== '' && !/^0+$/.test(rest)) return null;
  const value = BigInt(whole + fraction.slice(0, scale).padEnd(scale, '0'));
  return sign === '-' ? -value : value;
}

function numeric(modifier: number): ColumnReader {
  const { precision, scale } = limitsOf({ modifier }) ?? UNLIMITED;
  if (scale < 0) return decimalOrText(precision - scale, 0);
  return decimalOrText(Math.max(precision, scale), scale);
}

const decimalOrText = (precision: number, scale: number) =>
  precision > MOST_DIGITS ? text : decimal(precision, scale);

/** Values of different lengths, one after another. */
function variable(type: DataType, bytesOf: (text: string) => Buffer): ColumnReader {
  return {
    type,
    read(values) {
      const parts: Buffer[] = [];
      const valueOffsets = new Int32Array(values.length + 1);
      let end = 0;
      for (let row = 0; row < values.length; row++) {
        const value = values[row];
        if (value != null) {
          const bytes = bytesOf(value);
          parts.push(bytes);
          end += bytes.length;
        }
        valueOffsets[row + 1] = end;
      }
      const data = Buffer.concat(parts);
      return makeData({ type, length: values.length, valueOffsets, data, ...validityOf(values) } as never) as Data;
    },
  };
}

const text = variable(new Utf8(), (value) => Buffer.from(value, 'utf8'));
const HEX_PREFIX = '\\x';
const bytes = variable(new Binary(), (value) => Buffer.from(value.slice(HEX_PREFIX.length), 'hex'));

/** Nanoseconds are what Arrow counts here. */
const interval = fixed(
  new IntervalMonthDayNano(),
  (length) => new Int32Array(4 * length),
  (words, row, value) => {
    const parts = intervalOfText(value);
    if (parts === null || BigInt.asIntN(64, parts.nanos) !== parts.nanos) return 'the interval has no place in Arrow';
    words[4 * row] = parts.months;
    words[4 * row + 1] = parts.days;
    words[4 * row + 2] = Number(BigInt.asIntN(32, parts.nanos));
    words[4 * row + 3] = Number(parts.nanos >> 32n);
    return undefined;
  },
);

const date = fixed(
  new DateDay(),
  (length) => new Int32Array(length),
  (days, row, value) => {
    const day = daysOfText(value);
    if (day === null) return `${label(value)} is no date of Arrow`;
    days[row] = day;
    return undefined;
  },
);

const TIME_PROBLEM = 'infinity and times beyond 294247 AD have no place in Arrow';

/** Readers by the type's number in `pg_type`. */
const READERS: Readonly<Record<number, ColumnReader>> = {
  16: boolean,
  17: bytes,
  20: bigints(new Int64(), BigInt, ''),
  21: fixed<Int16Array>(new Int16(), (length) => new Int16Array(length), numberInto),
  23: fixed<Int32Array>(new Int32(), (length) => new Int32Array(length), numberInto),
  26: bigints(new Int64(), BigInt, ''),
  700: fixed<Float32Array>(new Float32(), (length) => new Float32Array(length), numberInto),
  701: fixed<Float64Array>(new Float64(), (length) => new Float64Array(length), numberInto),
  1082: date,
  1083: bigints(new TimeMicrosecond(), timeOfText, TIME_PROBLEM),
  1114: bigints(new TimestampMicrosecond(), timestampOfText, TIME_PROBLEM),
  1184: bigints(new TimestampMicrosecond('UTC'), timestampOfText, TIME_PROBLEM),
  1186: interval,
};

const NUMERIC_OID = 1700;

/** Numbers of the array types whose elements have readers, with those of their elements. */
export const ELEMENTS: Readonly<Record<number, number>> = {
  ...{ 1000: 16, 1001: 17, 1016: 20, 1005: 21, 1007: 23, 1028: 26, 1021: 700, 1022: 701, 1182: 1082, 1183: 1083 },
  ...{ 1115: 1114, 1185: 1184, 1187: 1186, 1231: NUMERIC_OID, 1009: 25, 1015: 1043, 1014: 1042, 2951: 2950 },
  ...{ 199: 114, 3807: 3802, 1003: 19 },
};

/** The reader of a column's type. Types of no reader come as the text that the server writes. */
export function readerOf(oid: number, modifier: number): ColumnReader {
  const element = ELEMENTS[oid];
  if (element !== undefined) return list(readerOf(element, modifier));
  return oid === NUMERIC_OID ? numeric(modifier) : (READERS[oid] ?? text);
}

function list(element: ColumnReader): ColumnReader {
  const type = new List(new Field('element', element.type, true));
  return {
    type,
    read(values, place) {
      const elements: (string | null)[] = [];
      const valueOffsets = new Int32Array(values.length + 1);
      for (let row = 0; row < values.length; row++) {
        const value = values[row];
        const parsed = value == null ? [] : parseArray(value);
        if (parsed === null) throw hasNoPlace(place, row, 'an array of several dimensions has no place in Arrow');
        for (const one of parsed) elements.push(one);
        valueOffsets[row + 1] = elements.length;
      }
      const child = element.read(elements, place);
      return makeData({ type, length: values.length, valueOffsets, child, ...validityOf(values) } as never) as Data;
    },
  };
}
