import { HeadgateError } from '../../../kernel/errors.ts';
import { MAX_SQL_CHARS } from '../../../kernel/sql-result.ts';
import type { Parameters, Prepared } from '../channel.ts';
import { refuseOwnFile } from './file-paths.ts';
import { maskSql, outerSql, wordsOf } from './mask-sql.ts';

/**
 * Functions that reach beyond the rows of the database: DuckDB's log, its settings, memory addresses, SQL out of strings. Named
 * anywhere in a statement they refuse it, before DuckDB binds it: some act while they are bound.
 */
const REFUSED_FUNCTIONS =
  /\b(enable_logging|disable_logging|truncate_duckdb_logs|duckdb_logs\w*|duckdb_log_contexts|write_log|arrow_scan\w*|json_execute_serialized_sql|json_serialize_plan|duckdb_settings|current_setting|pg_settings|duckdb_temporary_files|duckdb_secrets|which_secret|duckdb_connection_count|read_duckdb|query_table|duckdb_extensions|import_database|copy_database)\b/i;

/** `query('…')` runs a string as SQL: nobody can see what is in it. */
const QUERY_FUNCTION = /\bquery"?(?:\s|\/\*[\s\S]*?\*\/|--[^\n]*\n)*\(/i;

/** The table in which loads are recorded. */
const LOADS_TABLE = /\bheadgate_loads\b/i;

const READS: ReadonlySet<string> = new Set(['SELECT', 'EXPLAIN']);

/** Statements that change rows. */
const CHANGES: ReadonlySet<string> = new Set(['INSERT', 'UPDATE', 'DELETE', 'MERGE_INTO']);

/** Statements that change what there is. */
const DEFINITIONS: ReadonlySet<string> = new Set(['CREATE', 'ALTER', 'DROP']);

/** First words of statements that are refused before DuckDB binds them: EXPORT makes its folder while it is bound. */
const REFUSED_STATEMENTS: Readonly<Record<string, string>> = {
  attach: 'ATTACH',
  copy: 'COPY',
  detach: 'DETACH',
  export: 'EXPORT',
  import: 'IMPORT',
  install: 'LOAD',
  load: 'LOAD',
};

/** What leads elsewhere, and what to do instead. */
const INSTEAD: Readonly<Record<string, string>> = {
  COPY: "Read a file with SELECT * FROM 'PATH'; a pipeline writes files.",
  EXPORT: 'A pipeline writes files.',
  IMPORT: "Read a file with SELECT * FROM 'PATH'.",
  ATTACH: 'Only the local database can be used.',
  DETACH: 'Only the local database can be used.',
  LOAD: 'Extensions are not installed or loaded at run time; use what is built in.',
  SET: 'The configuration is locked.',
  PRAGMA: 'The configuration is locked; DESCRIBE, SHOW and SUMMARIZE tell of tables.',
  TRANSACTION: 'Every call is a transaction of its own.',
};

/** Refuses what must not even be bound. `ownFile`: name of the database's file. Errors: `invalid_argument` (too long, NUL), `permission_denied`. */
export function refuseUnbound(sql: string, parameters: Parameters, ownFile: string): void {
  if (sql.length > MAX_SQL_CHARS) {
    throw new HeadgateError(
      'invalid_argument',
      `The statement has ${sql.length} characters; ${MAX_SQL_CHARS} is the most.`,
      {
        hint: 'Put values into a file or a table, and name that.',
      },
    );
  }
  if (sql.includes('\u0000')) throw new HeadgateError('invalid_argument', 'The statement holds a NUL character.');
  if (sql.trim() === '') throw new HeadgateError('invalid_argument', 'The statement is empty.');
  const named = REFUSED_FUNCTIONS.exec(sql)?.[1];
  if (named !== undefined) throw refused(`${named.toLowerCase()} is not open to SQL.`, 'Use tables and files only.');
  if (QUERY_FUNCTION.test(sql))
    throw refused('query(…) runs text as SQL, which cannot be checked.', 'Write the SQL itself.');
  refuseOwnFile(sql, parameters, ownFile);
  const first = /^\w+/.exec(bareOf(explained(sql) ?? sql))?.[0].toLowerCase() ?? '';
  const kind = REFUSED_STATEMENTS[first];
  if (kind !== undefined)
    throw notThere(kind, 'SQL stays in the local database', 'Only the local database can be used.');
}

/** Refuses everything but one statement that reads. `innerType` gives the type of the statement that an EXPLAIN explains. */
export async function requireRead(
  sql: string,
  prepared: Prepared,
  innerType: (inner: string) => Promise<string>,
): Promise<void> {
  requireOne(prepared);
  if (!READS.has(prepared.type)) throw notThere(prepared.type, 'execute_query reads only', 'Use execute_dml to write.');
  if (prepared.type !== 'EXPLAIN') return;
  const inner = explained(sql);
  if (inner === null || (await innerType(inner)) !== 'SELECT')
    throw refused('Only a query can be explained.', 'Write EXPLAIN or EXPLAIN ANALYZE and a SELECT.');
}

/** Refuses everything but one statement that changes rows or tables. */
export function requireWrite(sql: string, prepared: Prepared): void {
  requireOne(prepared);
  if (READS.has(prepared.type))
    throw refused('The statement changes nothing.', 'Use execute_query to read.', 'invalid_argument');
  if (!CHANGES.has(prepared.type) && !DEFINITIONS.has(prepared.type))
    throw notThere(
      prepared.type,
      'execute_dml changes rows and tables only',
      'Use INSERT, UPDATE, DELETE, MERGE, CREATE, ALTER or DROP.',
    );
  if (LOADS_TABLE.test(sql)) throw refused('headgate_loads records loads; only loads write it.', 'Use another table.');
  const words = wordsOf(outerSql(maskSql(sql) ?? sql));
  if (prepared.type === 'CREATE' && words.slice(0, 6).includes('secret'))
    throw refused('Secrets cannot be kept in the local database.', 'SQL reaches no other system.');
}

/** What a statement would lose beyond what it names by a condition; null: nothing. */
export type Loss = 'every-row' | 'dropped' | 'replaced';

/** Says whether a write needs somebody's yes. What cannot be read for sure is taken for the worst. */
export function lossOf(sql: string, { type }: Pick<Prepared, 'type'>): Loss | null {
  if (type === 'DROP') return 'dropped';
  if (type === 'INSERT') return null;
  const masked = maskSql(sql);
  if (masked === null) return 'every-row';
  const words = wordsOf(outerSql(masked));
  switch (type) {
    case 'ALTER':
      return words.includes('drop') ? 'dropped' : null;
    case 'CREATE':
      return words.slice(0, 3).join(' ') === 'create or replace' ? 'replaced' : null;
    case 'MERGE_INTO':
      return words.includes('delete') ? 'every-row' : null;
    default:
      return hasCondition(masked) ? null : 'every-row';
  }
}

/** A WHERE outside of parentheses that speaks of a column: `WHERE true` and `WHERE 1 = 1` are none. */
function hasCondition(masked: string): boolean {
  const where = outerSql(masked).search(/\bwhere\b(?![\s\S]*\bwhere\b)/);
  if (where < 0) return false;
  const condition = masked.slice(where + 'where'.length).split(/\breturning\b/i)[0] ?? '';
  return wordsOf(condition).some((word) => !CONSTANT_WORDS.has(word));
}

const CONSTANT_WORDS: ReadonlySet<string> = new Set([
  'true',
  'false',
  'not',
  'null',
  'is',
  'and',
  'or',
  'in',
  'between',
  'like',
]);

/** The statement behind EXPLAIN and its options; null when it cannot be told. */
function explained(sql: string): string | null {
  return /^explain(?:\s+analyze\b)?(?:\s*\((?:[\w\s,']*)\))?\s+([\s\S]+)$/i.exec(bareOf(sql))?.[1] ?? null;
}

/** A statement without the comments, spaces and parentheses that it begins with. */
function bareOf(sql: string): string {
  return sql.replace(/^(?:[\s;(]|--[^\n]*(?:\n|$)|\/\*[\s\S]*?\*\/)+/, '');
}

function requireOne({ statements }: Prepared): void {
  if (statements === 1) return;
  throw new HeadgateError('invalid_argument', `The text holds ${statements} statements; one at a time runs.`, {
    hint: 'Send them one after the other. PIVOT needs its values named: PIVOT t ON c IN (…).',
    details: { statements },
  });
}

function notThere(type: string, what: string, hint: string): HeadgateError {
  return refused(`${type} is refused: ${what}.`, INSTEAD[type] ?? hint);
}

function refused(message: string, hint: string, code: 'permission_denied' | 'invalid_argument' = 'permission_denied') {
  return new HeadgateError(code, message, { hint });
}
