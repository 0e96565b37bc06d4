import { HeadgateError } from '../../../kernel/errors.ts';
import { nearest } from '../../../kernel/nearest.ts';
import type { SqlColumn } from '../../../kernel/sql-engine.ts';

/** Kinds of types whose values go into one another without loss, save for what is too large, which DuckDB refuses. */
const KINDS: ReadonlyArray<readonly [RegExp, string]> = [
  [/\[\d*\]$/, 'list'],
  [/^(STRUCT|MAP|UNION)\b/, 'nested'],
  [/^(TINYINT|SMALLINT|INTEGER|BIGINT|HUGEINT|UTINYINT|USMALLINT|UINTEGER|UBIGINT|UHUGEINT|BIGNUM)$/, 'whole'],
  [/^DECIMAL\(\d+,\s*0\)$/, 'whole decimal'],
  [/^DECIMAL/, 'decimal'],
  [/^(FLOAT|DOUBLE)$/, 'float'],
  [/^(VARCHAR|JSON)/, 'text'],
  [/^(UUID|ENUM|BIT)/, 'word'],
  [/^BOOLEAN$/, 'boolean'],
  [/^BLOB$/, 'bytes'],
  [/^DATE$/, 'date'],
  [/^TIMESTAMP WITH TIME ZONE$/, 'instant'],
  [/^TIMESTAMP/, 'timestamp'],
  [/^TIME/, 'time'],
  [/^INTERVAL$/, 'interval'],
];

/** Which kinds a kind may go into besides its own. */
const GOES_INTO: Readonly<Record<string, readonly string[]>> = {
  whole: ['whole decimal', 'decimal', 'float'],
  'whole decimal': ['whole', 'decimal', 'float'],
  decimal: ['float'],
  text: ['word'],
  word: ['text'],
  date: ['timestamp'],
};

/**
 * Checks that rows fit a table, before they are written. Gives the table's own names of their columns, in the order of the rows.
 * Errors: `invalid_argument` naming the column and both types, or a column that the table does not have.
 */
export function fitColumns(rows: readonly SqlColumn[], target: readonly SqlColumn[], table: string): string[] {
  return rows.map((column) => {
    const place = target.find(({ name }) => name.toLowerCase() === column.name.toLowerCase());
    if (place === undefined) {
      throw new HeadgateError('invalid_argument', `The table ${table} has no column ${JSON.stringify(column.name)}.`, {
        hint: 'Rename it in the query, or leave it out.',
        details: {
          column: column.name,
          nearest: nearest(
            column.name,
            target.map(({ name }) => name),
          ),
        },
      });
    }
    if (!fits(column.type, place.type)) {
      throw new HeadgateError(
        'invalid_argument',
        `Column ${JSON.stringify(column.name)} is ${column.type}; the table ${table} has ${place.type} there.`,
        {
          hint: `Cast it in the query: CAST(${column.name} AS ${place.type}).`,
          details: { column: column.name, source_type: column.type, target_type: place.type },
        },
      );
    }
    return place.name;
  });
}

function fits(source: string, target: string): boolean {
  if (source === target || source === 'NULL') return true;
  const [from, to] = [kindOf(source), kindOf(target)];
  return from === to || (GOES_INTO[from]?.includes(to) ?? false);
}

function kindOf(type: string): string {
  return KINDS.find(([form]) => form.test(type))?.[1] ?? type;
}
