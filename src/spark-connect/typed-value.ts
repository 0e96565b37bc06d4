import {
  arrayLiteral,
  decimalLiteral,
  nullLiteral,
  refused,
  scalar,
  type Type,
  type TypedLiteral,
} from './literal-forms.ts';
import { parseDate, parseDayTime, parseTimeOfDay, parseTimestamp, parseYearMonth } from './time-text.ts';

type Reader = (value: unknown, parameter: string) => TypedLiteral;

const whole =
  (name: 'byte' | 'short' | 'integer' | 'long', bits: bigint): Reader =>
  (value, parameter) => {
    const text = String(value).trim();
    if (!/^[+-]?\d+$/.test(text)) throw refused(parameter, 'is not a whole number');
    const number = BigInt(text.replace(/^\+/, ''));
    const limit = 1n << (bits - 1n);
    if (number >= limit || number < -limit) throw refused(parameter, `does not fit ${bits} bits`);
    return scalar(name, name === 'long' ? number : Number(number));
  };

const real =
  (name: 'float' | 'double'): Reader =>
  (value, parameter) => {
    const text = String(value).trim();
    const number = Number(text);
    if (text === '' || (Number.isNaN(number) && text !== 'NaN')) {
      throw refused(parameter, 'is not a number');
    }
    return scalar(name, number);
  };

const parsed =
  <T>(
    name: 'date' | 'timestamp' | 'timestampNtz' | 'yearMonthInterval' | 'dayTimeInterval',
    parse: (text: string) => T | null,
    what: string,
  ): Reader =>
  (value, parameter) => {
    const found = parse(value instanceof Date ? value.toISOString() : String(value).trim());
    if (found === null) throw refused(parameter, `is not ${what}`);
    return scalar(name, found);
  };

const boolean: Reader = (value, parameter) => {
  const text = String(value).toLowerCase();
  if (text !== 'true' && text !== 'false') throw refused(parameter, 'is neither true nor false');
  return scalar('boolean', text === 'true');
};

const binary: Reader = (value, parameter) => {
  if (value instanceof Uint8Array) return scalar('binary', value);
  const text = String(value);
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(text)) throw refused(parameter, 'is not base64');
  return scalar('binary', new Uint8Array(Buffer.from(text, 'base64')));
};

const time: Reader = (value, parameter) => {
  const nano = parseTimeOfDay(String(value).trim());
  if (nano === null) throw refused(parameter, 'is not a time of day');
  return {
    literal: { literalType: { case: 'time', value: { nano, precision: 6 } } },
    type: { kind: { case: 'time', value: { precision: 6 } } },
  };
};

const BOOLEAN = { read: boolean, kind: 'boolean' } as const;
const STRING = { read: ((value) => scalar('string', String(value))) as Reader, kind: 'string' } as const;
const BINARY = { read: binary, kind: 'binary' } as const;
const BYTE = { read: whole('byte', 8n), kind: 'byte' } as const;
const SHORT = { read: whole('short', 16n), kind: 'short' } as const;
const INT = { read: whole('integer', 32n), kind: 'integer' } as const;
const LONG = { read: whole('long', 64n), kind: 'long' } as const;
const FLOAT = { read: real('float'), kind: 'float' } as const;
const TIMESTAMP = {
  read: parsed('timestamp', (text) => parseTimestamp(text, true), 'a timestamp with its zone, 2026-01-31T10:00:00Z'),
  kind: 'timestamp',
} as const;

/** Types by their names in SQL. */
const BY_NAME: Readonly<Record<string, { read: Reader; kind: string }>> = {
  boolean: BOOLEAN,
  bool: BOOLEAN,
  string: STRING,
  text: STRING,
  binary: BINARY,
  tinyint: BYTE,
  byte: BYTE,
  smallint: SHORT,
  short: SHORT,
  int: INT,
  integer: INT,
  bigint: LONG,
  long: LONG,
  float: FLOAT,
  real: FLOAT,
  double: { read: real('double'), kind: 'double' },
  date: { read: parsed('date', parseDate, 'a date, 2026-01-31'), kind: 'date' },
  timestamp: TIMESTAMP,
  timestamp_ltz: TIMESTAMP,
  timestamp_ntz: {
    read: parsed(
      'timestampNtz',
      (text) => parseTimestamp(text, false),
      'a timestamp without zone, 2026-01-31T10:00:00',
    ),
    kind: 'timestampNtz',
  },
  time: { read: time, kind: 'time' },
  'interval year to month': {
    read: parsed('yearMonthInterval', parseYearMonth, 'an interval of years and months, P1Y2M'),
    kind: 'yearMonthInterval',
  },
  'interval day to second': {
    read: parsed('dayTimeInterval', parseDayTime, 'an interval of days and time, P1DT2H3.5S'),
    kind: 'dayTimeInterval',
  },
};

/**
 * A value of a type that is named as in SQL: any scalar type, `decimal(p,s)`, or `array<…>` of them. Text is read exactly; binary
 * is base64, intervals are ISO 8601. Errors: `invalid_argument`.
 */
export function parseTyped(name: string, value: unknown, parameter: string): TypedLiteral {
  const type = name.trim().toLowerCase();
  const array = /^array\s*<(.+)>$/s.exec(type);
  if (array !== null) return typedArray(array[1] ?? '', value, parameter);
  const decimal = /^(?:decimal|numeric|dec)(?:\s*\(\s*(\d{1,2})\s*(?:,\s*(\d{1,2})\s*)?\))?$/.exec(type);
  if (decimal !== null) return typedDecimal(decimal, value, parameter);
  const known = BY_NAME[type];
  if (known === undefined) {
    if (type === 'void' || type === 'null') return nullLiteral({ kind: { case: 'null', value: {} } });
    throw refused(parameter, `has the type ${JSON.stringify(name.slice(0, 60))}, which parameters cannot have`);
  }
  if (value === null || value === undefined) return nullLiteral({ kind: { case: known.kind, value: {} } } as Type);
  return known.read(value, parameter);
}

function typedDecimal(match: RegExpExecArray, value: unknown, parameter: string): TypedLiteral {
  const declared = match[1] === undefined ? undefined : { precision: Number(match[1]), scale: Number(match[2] ?? 0) };
  if (value !== null && value !== undefined) return decimalLiteral(String(value), parameter, declared);
  return nullLiteral({ kind: { case: 'decimal', value: declared ?? { precision: 10, scale: 0 } } });
}

function typedArray(element: string, value: unknown, parameter: string): TypedLiteral {
  const elementType = parseTyped(element, null, parameter).type;
  const type: Type = { kind: { case: 'array', value: { elementType, containsNull: true } } };
  if (value === null || value === undefined) return nullLiteral(type);
  if (!Array.isArray(value)) throw refused(parameter, 'is not an array');
  if (value.length === 0) {
    return { literal: { literalType: { case: 'array', value: { elementType, elements: [] } } }, type };
  }
  return arrayLiteral(
    value.map((one, index) => parseTyped(element, one, `${parameter}[${index}]`)),
    parameter,
  );
}
