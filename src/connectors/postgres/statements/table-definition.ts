import { HeadgateError } from '../../../kernel/errors.ts';
import { label } from '../../../kernel/quote.ts';
import type { ColumnDefinition } from '../../../kernel/sql-result.ts';
import { quoteName, quoteRelation, type RelationName } from '../names.ts';
import { requireAllowedNames } from './allowed-names.ts';
import { parseStatement } from './parse.ts';
import { unwrap } from './syntax-tree.ts';

/**
 * The CREATE TABLE of a table. Types must be names that the server knows: they are checked by the caller. Names are quoted; defaults
 * are parsed as one expression each.
 * Errors: `invalid_argument` (names, columns twice, defaults that are no expression), `permission_denied` (functions that are denied).
 */
export async function buildCreateTable(
  target: RelationName,
  columns: readonly ColumnDefinition[],
  ifNotExists: boolean,
): Promise<string> {
  requireDifferentNames(columns);
  const lines = await Promise.all(columns.map(columnLine));
  const keys = columns.filter((column) => column.primary_key).map(({ name }) => quoteName(name));
  if (keys.length > 0) lines.push(`PRIMARY KEY (${keys.join(', ')})`);
  const sql = `CREATE TABLE ${ifNotExists ? 'IF NOT EXISTS ' : ''}${quoteRelation(target)} (\n  ${lines.join(',\n  ')}\n)`;
  const { kind, node } = await parseStatement(sql);
  const elements = Array.isArray(node.tableElts) ? node.tableElts.length : 0;
  if (kind === 'CreateStmt' && elements === lines.length) return sql;
  throw new HeadgateError('invalid_argument', 'The columns do not make one CREATE TABLE.', {
    hint: 'Give each type and default alone, without commas or constraints.',
  });
}

async function columnLine(column: ColumnDefinition): Promise<string> {
  const words = [quoteName(column.name), column.type];
  if (column.nullable === false) words.push('NOT NULL');
  if (column.default !== undefined) words.push(`DEFAULT (${await checkedExpression(column.default, column.name)})`);
  if (column.references !== undefined) {
    const { schema = null, table, column: referenced } = column.references;
    const suffix = referenced === undefined ? '' : ` (${quoteName(referenced)})`;
    words.push(`REFERENCES ${quoteRelation({ schema, name: table })}${suffix}`);
  }
  return words.join(' ');
}

/** Parts of a SELECT that a single expression does not have. */
const EXPRESSION_KEYS = new Set(['targetList', 'limitOption', 'op']);

async function checkedExpression(expression: string, column: string): Promise<string> {
  const { kind, node } = await parseStatement(`SELECT (${expression}\n)`);
  const targets = Array.isArray(node.targetList) ? (node.targetList as unknown[]) : [];
  const [, target] = unwrap(targets[0]) ?? [];
  const alone =
    kind === 'SelectStmt' &&
    targets.length === 1 &&
    target?.name === undefined &&
    Object.keys(node).every((key) => EXPRESSION_KEYS.has(key));
  if (!alone) {
    throw new HeadgateError('invalid_argument', `The default of ${label(column)} is no single expression.`, {
      hint: "Write texts in quotes ('new'), functions with brackets (now()).",
    });
  }
  requireAllowedNames(node, 'write');
  return expression;
}

function requireDifferentNames(columns: readonly ColumnDefinition[]): void {
  const seen = new Set<string>();
  for (const { name } of columns) {
    if (seen.has(name)) {
      throw new HeadgateError('invalid_argument', `The column ${label(name)} is there twice.`, {
        details: { sql_state: '42701' },
      });
    }
    seen.add(name);
  }
}
