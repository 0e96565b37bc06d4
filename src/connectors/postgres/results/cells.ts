import type { Cell } from '../../../kernel/table.ts';

/** Turns the server's text of one value into a cell. */
export type CellReader = (text: string) => Cell;

/** Object identifiers of `pg_type.dat`, which never change. */
const BOOL = 16;
const INT8 = 20;
const INT2 = 21;
const INT4 = 23;
const OID = 26;
const FLOAT4 = 700;
const FLOAT8 = 701;
const TIMESTAMP = 1114;
const TIMESTAMPTZ = 1184;

const READERS: ReadonlyMap<number, CellReader> = new Map<number, CellReader>([
  [BOOL, (text) => text === 't'],
  [INT2, Number],
  [INT4, Number],
  [OID, Number],
  [INT8, readInteger],
  [FLOAT4, readFloat],
  [FLOAT8, readFloat],
  [TIMESTAMP, readTimestamp],
  [TIMESTAMPTZ, readTimestampWithZone],
]);

/**
 * How values of a type become cells that lose nothing: numbers where JSON has them exactly, else the server's own text: `numeric`,
 * whole numbers beyond 2^53, NaN and infinities, dates and intervals (ISO 8601), `bytea` as `\x…`, JSON, arrays, ranges, composites.
 */
export function cellReaderOf(oid: number): CellReader {
  return READERS.get(oid) ?? readText;
}

function readText(text: string): string {
  return text;
}

function readInteger(text: string): Cell {
  const value = Number(text);
  return Number.isSafeInteger(value) ? value : text;
}

/** With `extra_float_digits = 1` the server writes the shortest text that reads back as the same number. */
function readFloat(text: string): Cell {
  const value = Number(text);
  return Number.isFinite(value) && !Object.is(value, -0) ? value : text;
}

/** `2024-01-02 03:04:05.678901` → ISO 8601, without a zone. Infinities and years before Christ stay as they are. */
function readTimestamp(text: string): string {
  return text.charCodeAt(10) === 32 && !text.endsWith('BC') ? `${text.slice(0, 10)}T${text.slice(11)}` : text;
}

const OFFSET = /([+-]\d\d)(?::?(\d\d))?$/;

/** `2024-01-02 03:04:05.678901+02` → RFC 3339. An offset with seconds, of times before 1900, stays as it is. */
function readTimestampWithZone(text: string): string {
  const iso = readTimestamp(text);
  if (iso === text || /:\d\d:\d\d$/.test(iso.slice(19).replace(/^\.\d+/, ''))) return iso;
  return iso.replace(OFFSET, (_all, hours: string, minutes = '00') =>
    hours === '+00' && minutes === '00' ? 'Z' : `${hours}:${minutes}`,
  );
}
