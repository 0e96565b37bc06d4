import { HeadgateError } from '../../../kernel/errors.ts';
import { nearest } from '../../../kernel/nearest.ts';
import { label } from '../../../kernel/quote.ts';
import { MAX_SQL_CHARS } from '../../../kernel/sql-result.ts';
import { filesOf, hasOpenOptions } from './files-in-sql.ts';
import { type SqlToken, tokensOf } from './sql-tokens.ts';

/**
 * What a statement does. `query` is run inside `SELECT * FROM (…)`, where Spark's own grammar accepts nothing but a query: whatever
 * was misread here cannot change anything. `show` tells about things. `destructive` loses something, or cannot be known.
 */
export type StatementEffect = 'query' | 'show' | 'write' | 'destructive';

/** A statement, by its words. */
export interface Statement {
  readonly effect: StatementEffect;
  /** Its first words, such as `DROP TABLE`. */
  readonly command: string;
  /** What would be lost; empty unless destructive. */
  readonly why: string;
  /** Without the semicolon at its end. */
  readonly sql: string;
  /** Files that it names in the place of tables: ``csv.`/data/x` ``. */
  readonly paths: readonly string[];
}

const QUERIES = new Set(['SELECT', 'WITH', 'FROM', 'VALUES', 'TABLE', '(']);
const SHOWS = new Set(['SHOW', 'DESC', 'DESCRIBE', 'EXPLAIN', 'LIST', 'USE']);
const WRITES = new Set([
  ...[
    'INSERT',
    'CREATE',
    'ALTER',
    'MERGE',
    'UPDATE',
    'DELETE',
    'ANALYZE',
    'CACHE',
    'UNCACHE',
    'CLEAR',
    'REFRESH',
    'MSCK',
  ],
  ...['SET', 'RESET', 'COMMENT', 'LOAD', 'OPTIMIZE', 'DECLARE'],
]);
/** What statements of Spark, Delta and Databricks begin with beside these: what they do depends on more than their words. */
const OTHERS = [
  'ADD',
  'BEGIN',
  'CALL',
  'CONVERT',
  'COPY',
  'DROP',
  'EXECUTE',
  'FSCK',
  'GRANT',
  'MAP',
  'REDUCE',
  'REPAIR',
  'REPLACE',
  'RESTORE',
  'REVOKE',
  'TRUNCATE',
  'UNSET',
  'VACUUM',
];
/** Words of statements that change rows, when they stand outside of all brackets behind a WITH or FROM. */
const CHANGES = new Set(['INSERT', 'MERGE', 'UPDATE', 'DELETE']);

/**
 * What calls code from inside of a query, wherever it stands, also in texts and comments: Spark and this lexer may not agree on where
 * those end. Functions that call Java, scripts of TRANSFORM, names that are made up while it runs.
 */
const RUNS_CODE = /\b(?:java_method|reflect|try_reflect)\b|\busing\b[\s/*-]*[rR]?['"]|\bidentifier\b[`"\s/*-]*\(/i;

/** What a statement does, by its words. Errors: `invalid_argument` when it is empty, too long, or more than one. */
export function classify(sql: string): Statement {
  if (sql.length > MAX_SQL_CHARS) {
    throw new HeadgateError(
      'invalid_argument',
      `The statement has ${sql.length} characters; ${MAX_SQL_CHARS} are accepted.`,
      {
        hint: 'Put long lists of values into a file or a table.',
      },
    );
  }
  const tokens = tokensOf(sql);
  const first = tokens[0];
  if (first === undefined) throw new HeadgateError('invalid_argument', 'There is no statement in the SQL.');
  requireStatement(first.word);
  const end = statementEnd(tokens, first.word);
  const statement = tokens.slice(0, end);
  const words = statement.map(({ word }) => word);
  const last = statement.at(-1) ?? first;
  return {
    ...effectOf(statement, words, sql),
    command: commandOf(words),
    sql: sql.slice(first.start, last.stop + 1),
    paths: filesOf(statement),
  };
}

/** A slip of the finger is nothing to ask somebody's yes for. Words that resemble none go on: Spark may know them. */
function requireStatement(word: string): void {
  const known = [...QUERIES, ...SHOWS, ...WRITES, ...OTHERS];
  if (known.includes(word)) return;
  const meant = nearest(word, known, 1)[0];
  if (meant === undefined) return;
  throw new HeadgateError('invalid_argument', `No statement of Spark begins with ${label(word)}.`, {
    hint: `Did you mean ${meant}?`,
    details: { nearest: [meant] },
  });
}

/** Where the only statement ends. Scripts (`BEGIN … END`) have semicolons of their own. */
function statementEnd(tokens: readonly SqlToken[], first: string): number {
  if (first === 'BEGIN') return tokens.length;
  const semicolon = tokens.findIndex(({ word }) => word === ';');
  if (semicolon === -1) return tokens.length;
  if (semicolon === 0 || tokens.slice(semicolon).some(({ word }) => word !== ';')) {
    throw new HeadgateError('invalid_argument', 'The SQL has more than one statement.', {
      hint: 'Send one statement at a time.',
    });
  }
  return semicolon;
}

/** What a command is called beyond its first word. */
const COMMAND_WORDS = new Set([
  ...['TABLE', 'VIEW', 'DATABASE', 'SCHEMA', 'NAMESPACE', 'FUNCTION', 'TEMPORARY'],
  ...['INTO', 'OVERWRITE', 'OR', 'REPLACE', 'FROM', 'TABLES'],
]);

function commandOf(words: readonly string[]): string {
  const [first = ''] = words;
  if (!/^[A-Z]{1,20}$/.test(first)) return 'SQL';
  const next = words.slice(1).findIndex((word) => !COMMAND_WORDS.has(word));
  return [first, ...words.slice(1, next === -1 ? undefined : next + 1)].join(' ');
}

function effectOf(
  tokens: readonly SqlToken[],
  words: readonly string[],
  sql: string,
): { effect: StatementEffect; why: string } {
  const [first = ''] = words;
  const doubt = doubtOf(tokens, sql);
  if (doubt !== null) return { effect: 'destructive', why: doubt };
  const change = first === 'WITH' || first === 'FROM' ? outside(words).find((word) => CHANGES.has(word)) : undefined;
  const told = readOf(first, words, change !== undefined);
  if (told !== null) {
    const why = hasOpenOptions(tokens) ? 'its options may name other files or settings of storages' : '';
    return { effect: why === '' ? told : 'destructive', why };
  }
  const loss = lossOf(change ?? first, words);
  if (loss !== null) return { effect: 'destructive', why: loss };
  if (change !== undefined || WRITES.has(first)) return { effect: 'write', why: '' };
  return { effect: 'destructive', why: 'what it does cannot be known before it runs' };
}

/** Why nothing surer can be said than the worst; null: it can. */
function doubtOf(tokens: readonly SqlToken[], sql: string): string | null {
  if (!tokens.every(({ isKnown }) => isKnown)) return 'it cannot be read surely';
  return RUNS_CODE.test(sql) ? 'it may run code on the cluster' : null;
}

/** What kind of a read a statement is; null for one that is none. */
function readOf(first: string, words: readonly string[], changes: boolean): 'query' | 'show' | null {
  if (SHOWS.has(first)) return first !== 'EXPLAIN' || isExplainedOnly(words) ? 'show' : null;
  return QUERIES.has(first) && !changes ? 'query' : null;
}

/** How a plan is shown. */
const EXPLAIN_MODES = new Set(['LOGICAL', 'FORMATTED', 'EXTENDED', 'CODEGEN', 'COST']);

/** Spark runs what EXECUTE IMMEDIATE names while it makes the plan: what is not known is not explained either. */
function isExplainedOnly(words: readonly string[]): boolean {
  const explained = words.slice(1).find((word) => !EXPLAIN_MODES.has(word)) ?? '';
  return [QUERIES, SHOWS, WRITES, PLANNED].some((known) => known.has(explained));
}

/** Statements that EXPLAIN does not run, besides those that read or write. */
const PLANNED = new Set(['DROP', 'TRUNCATE']);

/** What a statement loses; null when it only adds or changes. */
function lossOf(command: string, words: readonly string[]): string | null {
  const top = outside(words);
  const has = (...wanted: string[]) => wanted.some((word) => top.includes(word));
  switch (command) {
    case 'DROP':
    case 'TRUNCATE':
      return `${command} removes it`;
    case 'DELETE':
    case 'UPDATE':
      return has('WHERE') ? null : `${command} without WHERE changes every row`;
    case 'INSERT':
    case 'LOAD':
      return has('OVERWRITE', 'REPLACE') ? 'it replaces what is there' : null;
    case 'MERGE':
      return has('DELETE') ? 'MERGE deletes rows' : null;
    case 'ALTER':
      return has('DROP', 'UNSET', 'REPLACE') ? 'ALTER … DROP removes a part of it' : null;
    case 'CREATE':
      return has('REPLACE') && !has('TEMP', 'TEMPORARY') ? 'it replaces what has this name' : null;
    default:
      return null;
  }
}

/** The words outside of all brackets. */
function outside(words: readonly string[]): string[] {
  let depth = 0;
  return words.filter((word) => {
    if (word === '(') depth += 1;
    if (word === ')') depth -= 1;
    return depth === 0;
  });
}
