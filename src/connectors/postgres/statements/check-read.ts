import { HeadgateError } from '../../../kernel/errors.ts';
import { label } from '../../../kernel/quote.ts';
import { requireAllowedNames } from './allowed-names.ts';
import { parseStatement, type Statement } from './parse.ts';
import { isStatement, type SyntaxNode, unwrap, visitNodes } from './syntax-tree.ts';

/** What is known of a statement that may run as a read. */
export interface CheckedRead {
  /** Highest `$n` in it. */
  readonly parameters: number;
}

/** Statements whose verdict is remembered, and how long they may be. Characters. */
const REMEMBERED = 1_000;
const REMEMBERED_CHARS = 20_000;

/** What a write is called when somebody tries it as a read. */
const HINT_OF_WRITES =
  'execute_query only reads: use execute_dml for INSERT, UPDATE, DELETE, MERGE, TRUNCATE and DROP.';

/** Checks reads and remembers those that passed, the most recent ones. */
export class ReadCheck {
  readonly #passed = new Map<string, CheckedRead>();

  /**
   * Lets pass exactly one SELECT, VALUES, TABLE, SHOW or EXPLAIN that runs nothing, without any part that writes, locks rows or calls
   * a function with effects beyond its transaction.
   * Errors: `invalid_argument` (SQL, other statements), `permission_denied` (functions and relations that are denied).
   */
  async check(sql: string): Promise<CheckedRead> {
    const known = this.#passed.get(sql);
    if (known !== undefined) return known;
    const checked = await checkRead(sql);
    if (sql.length <= REMEMBERED_CHARS) this.#remember(sql, checked);
    return checked;
  }

  #remember(sql: string, checked: CheckedRead): void {
    const [oldest] = this.#passed.keys();
    if (this.#passed.size >= REMEMBERED && oldest !== undefined) this.#passed.delete(oldest);
    this.#passed.set(sql, checked);
  }
}

/** As `ReadCheck.check`, without remembering. */
export async function checkRead(sql: string): Promise<CheckedRead> {
  const statement = await parseStatement(sql);
  requireReadingKind(statement);
  requireOnlySelects(statement.node);
  requireAllowedNames(statement.node, 'read');
  return { parameters: statement.parameters };
}

function requireReadingKind({ kind, node }: Statement): void {
  if (kind === 'SelectStmt' || kind === 'VariableShowStmt') return;
  if (kind !== 'ExplainStmt') throw refused(`${commandOf(kind)} is no read.`, HINT_OF_WRITES);
  const [explained = ''] = unwrap(node.query) ?? [];
  if (explained !== 'SelectStmt') {
    throw refused(`EXPLAIN of ${commandOf(explained)} is no read.`, 'Explain a SELECT, or use explain_query.');
  }
  const options = Array.isArray(node.options) ? (node.options as unknown[]) : [];
  if (options.some(runsTheQuery)) {
    throw refused('EXPLAIN ANALYZE runs the statement.', 'Leave ANALYZE out, or use explain_query with analyze.');
  }
}

/** `ANALYZE` without a value means true. */
function runsTheQuery(option: unknown): boolean {
  const [, { defname, arg } = {} as SyntaxNode] = unwrap(option) ?? [];
  if (typeof defname !== 'string' || defname.toLowerCase() !== 'analyze') return false;
  const [kind, value] = unwrap(arg) ?? [];
  if (kind === 'String') return !['false', 'off', '0'].includes(String(value?.sval).toLowerCase());
  if (kind === 'Boolean') return value?.boolval === true;
  return !(kind === 'Integer' && (value?.ival ?? 0) === 0);
}

/** Writes hide in CTEs, in SELECT INTO and in row locks. */
function requireOnlySelects(root: SyntaxNode): void {
  visitNodes(root, (key, node) => {
    if (isStatement(key) && key !== 'SelectStmt')
      throw refused(`${commandOf(key)} inside a query writes.`, HINT_OF_WRITES);
    if (node.intoClause !== undefined) {
      throw refused('SELECT INTO makes a table.', 'Use create_table, then execute_dml with INSERT … SELECT.');
    }
    if (Array.isArray(node.lockingClause) && node.lockingClause.length > 0) {
      throw refused('FOR UPDATE and FOR SHARE lock rows.', 'Leave the lock out; a read sees one snapshot anyway.');
    }
  });
}

function refused(problem: string, hint: string): HeadgateError {
  return new HeadgateError('invalid_argument', problem, { hint, details: { sql_state: '25006' } });
}

/** `AlterTableStmt` → `ALTER TABLE`. */
export function commandOf(kind: string): string {
  const words = kind.replace(/Stmt$/, '').replace(/([a-z])([A-Z])/g, '$1 $2');
  return label(words.toUpperCase());
}

/** Tables that a statement names, without CTEs; for offering the nearest names. Empty for what cannot be parsed. */
export async function relationsIn(sql: string): Promise<Array<{ schema: string | null; name: string }>> {
  const statement = await parseStatement(sql).catch(() => null);
  const found: Array<{ schema: string | null; name: string }> = [];
  if (statement === null) return found;
  visitNodes(statement.node, (_key, { relname, schemaname }) => {
    if (typeof relname !== 'string') return;
    found.push({ schema: typeof schemaname === 'string' ? schemaname : null, name: relname });
  });
  return found;
}
