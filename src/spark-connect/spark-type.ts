import type { SqlColumn } from '../kernel/sql-engine.ts';
import type { DataType } from './generated/spark/connect/types_pb.ts';

type Kind = Exclude<DataType['kind'], { case: undefined }>;
type Written = { [Case in Kind['case']]: (value: Extract<Kind, { case: Case }>['value']) => string };

const YEAR_MONTH_FIELDS = ['year', 'month'];
const DAY_TIME_FIELDS = ['day', 'hour', 'minute', 'second'];
/** Spark's defaults where the message leaves a number out. */
const DECIMAL_PRECISION = 10;
const TIME_PRECISION = 6;
const NANOS_PRECISION = 9;

const WRITTEN: Written = {
  null: () => 'void',
  binary: () => 'binary',
  boolean: () => 'boolean',
  byte: () => 'tinyint',
  short: () => 'smallint',
  integer: () => 'int',
  long: () => 'bigint',
  float: () => 'float',
  double: () => 'double',
  decimal: ({ precision, scale }) => `decimal(${precision ?? DECIMAL_PRECISION},${scale ?? 0})`,
  string: ({ collation }) =>
    collation === '' || collation === 'UTF8_BINARY' ? 'string' : `string collate ${collation}`,
  char: ({ length }) => `char(${length})`,
  varChar: ({ length }) => `varchar(${length})`,
  date: () => 'date',
  timestamp: () => 'timestamp',
  timestampNtz: () => 'timestamp_ntz',
  time: ({ precision }) => `time(${precision ?? TIME_PRECISION})`,
  timestampNtzNanos: ({ precision }) => `timestamp_ntz(${precision ?? NANOS_PRECISION})`,
  timestampLtzNanos: ({ precision }) => `timestamp_ltz(${precision ?? NANOS_PRECISION})`,
  calendarInterval: () => 'interval',
  yearMonthInterval: ({ startField, endField }) => interval(YEAR_MONTH_FIELDS, startField ?? 0, endField ?? 1),
  dayTimeInterval: ({ startField, endField }) => interval(DAY_TIME_FIELDS, startField ?? 0, endField ?? 3),
  array: ({ elementType }) => `array<${typeText(elementType)}>`,
  map: ({ keyType, valueType }) => `map<${typeText(keyType)},${typeText(valueType)}>`,
  struct: ({ fields }) => `struct<${fields.map(({ name, dataType }) => `${name}:${typeText(dataType)}`).join(',')}>`,
  variant: () => 'variant',
  geometry: ({ srid }) => `geometry(${srid === -1 ? 'any' : srid})`,
  geography: ({ srid }) => `geography(${srid === -1 ? 'any' : srid})`,
  udt: ({ sqlType, type, jvmClass, pythonClass }) =>
    sqlType === undefined ? `udt<${pythonClass ?? jvmClass ?? type}>` : typeText(sqlType),
  unparsed: ({ dataTypeString }) => dataTypeString,
};

/** A type as Spark writes it in SQL: `decimal(10,2)`, `array<struct<a:int,b:string>>`. Nothing is cut. */
export function typeText(type: DataType | undefined): string {
  const kind = type?.kind;
  if (kind?.case === undefined) return 'unknown';
  return (WRITTEN[kind.case] as (value: Kind['value']) => string)(kind.value);
}

/** Columns of a schema. A schema that is no struct is one column. */
export function columnsOf(schema: DataType): SqlColumn[] {
  if (schema.kind.case !== 'struct') return [{ name: 'value', type: typeText(schema), nullable: null }];
  return schema.kind.value.fields.map(({ name, dataType, nullable }) => ({
    name,
    type: typeText(dataType),
    nullable,
  }));
}

function interval(names: readonly string[], start: number, end: number): string {
  const from = names[start] ?? names[0];
  const to = names[end] ?? from;
  return from === to ? `interval ${from}` : `interval ${from} to ${to}`;
}
