import { labelLog } from '../../../kernel/log-text.ts';
import { countNoun, formatBytes } from '../../../kernel/units.ts';
import { type ColumnFacts, type TableFacts, tableKey } from '../advice/table-facts.ts';

/** Columns and indexes of a table that a prompt shows; the tool has the rest. */
const SHOWN = 40;
/** Rows from which reading a table whole is a decision. */
const LARGE_ROWS = 100_000;

/** A foreign key of a table. */
export interface ForeignKey {
  readonly table: string;
  readonly columns: readonly string[];
  readonly referenced: string;
  readonly referencedColumns: readonly string[];
}

/** Columns, keys, indexes and size of a table, a line each. */
export function describeTable(table: TableFacts, keys: readonly ForeignKey[]): string[] {
  const rows = table.rows === null ? 'unknown rows (never analyzed)' : `about ${countNoun(table.rows, 'row')}`;
  const more =
    table.columns.length > SHOWN ? [`  … ${table.columns.length - SHOWN} more columns: get_table_schema`] : [];
  return [
    `- ${labelLog(tableKey(table))}: ${rows}, ${formatBytes(table.bytes)}`,
    ...table.columns.slice(0, SHOWN).map((column) => `  column ${describeColumn(column)}`),
    ...more,
    ...table.indexes.slice(0, SHOWN).map(({ name, keys: on, unique, method, bytes, scans, predicate, valid }) => {
      const kind = [unique ? 'unique' : null, method, valid ? null : 'INVALID']
        .filter((word) => word !== null)
        .join(' ');
      const where = predicate === null ? '' : ` where ${labelLog(predicate)}`;
      return `  index ${labelLog(name)} (${on.map(labelLog).join(', ')})${where}: ${kind}, ${formatBytes(bytes)}, ${countNoun(scans, 'scan')}`;
    }),
    ...keys
      .filter((key) => key.table === tableKey(table))
      .map(
        (key) =>
          `  foreign key (${key.columns.map(labelLog).join(', ')}) → ${labelLog(key.referenced)} (${key.referencedColumns.map(labelLog).join(', ')})`,
      ),
  ];
}

function describeColumn({ name, type, notNull, distinct }: ColumnFacts): string {
  const values = distinct === null ? '' : `, about ${countNoun(distinct, 'value')}`;
  return `${labelLog(name)} ${labelLog(type)}${notNull ? ' not null' : ''}${values}`;
}

/** What these very tables ask of queries, a line each; nothing that would be true of any table. */
export function practicesFor(tables: readonly TableFacts[], keys: readonly ForeignKey[]): string[] {
  return tables.flatMap((table) => [
    ...sizeRules(table),
    ...indexRules(table),
    ...typeRules(table),
    ...keyRules(table, keys),
  ]);
}

function sizeRules(table: TableFacts): string[] {
  const name = labelLog(table.name);
  if (table.rows === null) return [`${name} has no statistics: ANALYZE it before judging a plan.`];
  if (table.rows < LARGE_ROWS) return [];
  return [
    `${name} is large: filter by an indexed column, name the columns that are needed, and page by key (WHERE key > last ORDER BY key LIMIT n) instead of OFFSET.`,
  ];
}

function indexRules(table: TableFacts): string[] {
  const served = table.indexes
    .filter(({ valid, predicate }) => valid && predicate === null)
    .map(({ keys }) => keys.map(labelLog).join(', '));
  if (served.length === 0) return [`${labelLog(table.name)} has no index: every query reads all of it.`];
  return [
    `Filters and joins on ${labelLog(table.name)} are served when they begin with: ${[...new Set(served)].join(' | ')}. Keep those columns bare: no function, cast or calculation around them.`,
  ];
}

function typeRules({ name, columns }: TableFacts): string[] {
  const of = (pattern: RegExp) =>
    columns.filter(({ type }) => pattern.test(type)).map((column) => labelLog(column.name));
  const [times, documents, texts] = [of(/^timestamp/), of(/^jsonb/), of(/^(?:json)$/)];
  const nullable = columns
    .filter(({ notNull, nullShare }) => !notNull && (nullShare ?? 0) > 0)
    .map((column) => labelLog(column.name));
  return [
    ...(times.length === 0
      ? []
      : [`A day or month of ${times.join(', ')} is a half-open range (>= start AND < end), not a cast or date_trunc.`]),
    ...(documents.length === 0
      ? []
      : [`Search inside ${documents.join(', ')} with @> and a GIN index; ->> in a filter reads every row.`]),
    ...(texts.length === 0
      ? []
      : [`${texts.join(', ')} of ${labelLog(name)} is json, which no index can search: jsonb can be.`]),
    ...(nullable.length === 0
      ? []
      : [
          `${nullable.slice(0, 8).join(', ')} of ${labelLog(name)} holds nulls: NOT IN with them gives no row; use NOT EXISTS, and IS DISTINCT FROM to compare.`,
        ]),
  ];
}

function keyRules(table: TableFacts, keys: readonly ForeignKey[]): string[] {
  return keys
    .filter((key) => key.table === tableKey(table))
    .flatMap((key) => {
      const join = `Join ${labelLog(table.name)} with ${labelLog(key.referenced)} on (${key.columns.map(labelLog).join(', ')}) = (${key.referencedColumns.map(labelLog).join(', ')}).`;
      const first = key.columns[0] ?? '';
      const indexed = table.indexes.some(({ keys: on }) => on[0] === first);
      return indexed
        ? [join]
        : [
            `${join} There is no index on ${labelLog(first)}: deletes there and joins from there read ${labelLog(table.name)} whole.`,
          ];
    });
}
