import type { Cell } from '../../../kernel/table.ts';

/** A value of a row as it stands in a result: exact, as text where JSON has no such number. */
export function cellOf(value: unknown): Cell {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return value;
    case 'number':
      return Number.isFinite(value) && (!Number.isInteger(value) || Number.isSafeInteger(value))
        ? value
        : String(value);
    case 'bigint':
      return String(value);
    case 'object':
      return value === null ? null : JSON.stringify(value, plain);
    default:
      return null;
  }
}

/** What JSON has no form for, inside of arrays, maps and structs. */
function plain(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return String(value);
  return typeof value === 'number' && !Number.isFinite(value) ? String(value) : value;
}
