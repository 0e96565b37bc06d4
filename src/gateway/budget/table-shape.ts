import type { Table } from '../../kernel/table.ts';

/** True for a `Table` of the kernel, recognised by its shape; more fields may stand beside. */
export function isTable(value: unknown): value is Table {
  if (typeof value !== 'object' || value === null) return false;
  const { columns, rows, total, truncated } = value as Record<string, unknown>;
  return Array.isArray(columns) && Array.isArray(rows) && typeof total === 'number' && typeof truncated === 'boolean';
}

/** True also for the first rows of what nobody has counted, where no cursor says that its tool cuts by itself. */
export function isCuttable(value: unknown): value is Table {
  if (isTable(value)) return true;
  if (typeof value !== 'object' || value === null) return false;
  const { columns, rows, total, truncated, cursor } = value as Record<string, unknown>;
  return Array.isArray(columns) && Array.isArray(rows) && total === null && truncated === true && cursor === undefined;
}
