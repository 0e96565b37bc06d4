import type { Cell, Table } from '../../kernel/table.ts';
import type { Output } from '../../kernel/tool.ts';
import { isTable } from '../budget/table-shape.ts';

/**
 * The short text form of a result: one `name: value` line a field, a table as a header line and one line a row with
 * pipes between the cells. Quoted text keeps its « ».
 */
export function renderOutput(output: Output): string {
  const lines: string[] = [];
  if (isTable(output)) {
    const { columns, rows, total, truncated, cursor, ...rest } = output;
    renderFields('', rest, lines);
    renderTable('rows', { columns, rows, total, truncated, cursor }, lines);
  } else renderFields('', output, lines);
  return lines.join('\n');
}

function renderFields(prefix: string, fields: Output, lines: string[]): void {
  for (const [name, value] of Object.entries(fields)) renderField(`${prefix}${name}`, value, lines);
}

function renderField(name: string, value: unknown, lines: string[]): void {
  if (value === undefined) return;
  if (isTable(value)) renderTable(name, value, lines);
  else if (Array.isArray(value)) renderList(name, value, lines);
  else if (isObject(value)) renderFields(`${name}.`, value, lines);
  else lines.push(`${name}: ${oneLine(value)}`);
}

function renderList(name: string, items: readonly unknown[], lines: string[]): void {
  if (items.length === 0) {
    lines.push(`${name}: none`);
    return;
  }
  if (items.every((item) => !isObject(item) && !Array.isArray(item))) {
    lines.push(`${name}: ${items.map(oneLine).join(', ')}`);
    return;
  }
  lines.push(`${name}:`);
  for (const item of items) lines.push(`- ${inline(item)}`);
}

function renderTable(name: string, table: Table, lines: string[]): void {
  lines.push(`${name}: ${table.rows.length} of ${table.total}${more(table)}`);
  if (table.rows.length === 0) return;
  lines.push(table.columns.join('|'));
  for (const row of table.rows) lines.push(row.map(cellText).join('|'));
}

function more({ truncated, cursor }: Table): string {
  if (cursor !== undefined) return `; for more pass cursor=${cursor}`;
  return truncated ? ' (truncated)' : '';
}

/** A nested value on one line. */
function inline(value: unknown): string {
  if (isTable(value)) return `${value.rows.length} of ${value.total} rows`;
  if (Array.isArray(value)) return value.map(inline).join(', ');
  if (!isObject(value)) return oneLine(value);
  return Object.entries(value)
    .filter(([, inner]) => inner !== undefined)
    .map(([name, inner]) => `${name}: ${inline(inner)}`)
    .join('; ');
}

function cellText(cell: Cell): string {
  return cell === null ? '' : oneLine(cell).replaceAll('|', '¦');
}

/** Line breaks would end the row; they are not part of any number or name, and quoted text stays readable without them. */
function oneLine(value: unknown): string {
  return String(value).replace(/\s*[\r\n]+\s*/g, ' ');
}

function isObject(value: unknown): value is Output {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
