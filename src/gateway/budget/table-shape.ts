import type { Table } from '../../kernel/table.ts';

/** True for a `Table` of the kernel, recognised by its shape; more fields may stand beside. */
export function isTable(value: unknown): value is Table {
  if (typeof value !== 'object' || value === null) return false;
  const { columns, rows, total, truncated } = value as Record<string, unknown>;
  return Array.isArray(columns) && Array.isArray(rows) && typeof total === 'number' && typeof truncated === 'boolean';
}
