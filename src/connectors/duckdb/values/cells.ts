import type { DuckDBMapValue, DuckDBStructValue, DuckDBValue } from '@duckdb/node-api';
import type { Cell } from '../../../kernel/table.ts';

/** A value of DuckDB as an exact cell: whole numbers beyond 2^53, decimals, times and everything nested are text, bytes base64. */
export function toCell(value: DuckDBValue): Cell {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return value;
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
  if (typeof value === 'bigint') return wholeNumber(value);
  const plain = toPlain(value);
  return typeof plain === 'string' ? plain : JSON.stringify(plain);
}

function wholeNumber(value: bigint): number | string {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value.toString();
}

/** JSON of a value: lists are arrays, structs objects, maps lists of pairs, the rest as in a cell. */
function toPlain(value: DuckDBValue): unknown {
  if (typeof value !== 'object' || value === null) return toCell(value);
  if ('bytes' in value) return Buffer.from(value.bytes).toString('base64');
  if ('items' in value) return value.items.map(toPlain);
  if ('entries' in value) return entriesOf(value.entries);
  if ('tag' in value) return { [value.tag]: toPlain(value.value) };
  if ('value' in value && typeof value.value !== 'bigint') return toPlain(value.value);
  if ('isFinite' in value && !value.isFinite)
    return String(value).startsWith('-') || isBefore(value) ? '-infinity' : 'infinity';
  return 'micros' in value || 'nanos' in value || 'millis' in value || 'seconds' in value
    ? isoTime(value.toString())
    : value.toString();
}

/** `2024-01-02 03:04:05+00` → `2024-01-02T03:04:05Z`. Times of day, intervals, infinities and years before Christ stay as they are. */
function isoTime(text: string): string {
  return text.replace(
    /^(\d{4,}-\d\d-\d\d) (\d\d:\d\d:\d\d(?:\.\d+)?)(?:(\+00)(?::00)?)?$/,
    (_all, date: string, time: string, zone?: string) => `${date}T${time}${zone === undefined ? '' : 'Z'}`,
  );
}

function entriesOf(entries: DuckDBMapValue['entries'] | DuckDBStructValue['entries']): unknown {
  if (Array.isArray(entries)) return entries.map(({ key, value }) => [toPlain(key), toPlain(value)]);
  return Object.fromEntries(Object.entries(entries).map(([name, value]) => [name, toPlain(value)]));
}

function isBefore(value: object): boolean {
  return 'days' in value && typeof value.days === 'number' && value.days < 0;
}
