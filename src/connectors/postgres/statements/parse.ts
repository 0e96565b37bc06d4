import { HeadgateError } from '../../../kernel/errors.ts';
import { quote } from '../../../kernel/quote.ts';
import { isNode, type SyntaxNode, unwrap, visitNodes } from './syntax-tree.ts';

/** One statement, parsed by PostgreSQL's own parser. */
export interface Statement {
  /** Kind of the statement as the parser calls it: `SelectStmt`. */
  readonly kind: string;
  readonly node: SyntaxNode;
  /** Highest `$n` in it. */
  readonly parameters: number;
}

let parser: Promise<(sql: string) => unknown> | null = null;

/** Loads the parser when the first statement comes. */
function loadParser(): Promise<(sql: string) => unknown> {
  parser ??= import('libpg-query').then(async ({ loadModule, parseSync }) => {
    await loadModule();
    return parseSync;
  });
  return parser;
}

/**
 * Parses SQL that must be exactly one statement. Errors: `invalid_argument` with SQLSTATE 42601 and the position (a syntax error, none
 * or several statements, nested too deeply), 22021 (text that is no text).
 */
export async function parseStatement(sql: string): Promise<Statement> {
  requireText(sql, 'The statement');
  const parse = await loadParser();
  const [first, ...more] = statementsOf(parse, sql);
  if (first === undefined) throw syntaxError('There is no statement in it.');
  if (more.length > 0) {
    throw syntaxError(`These are ${more.length + 1} statements.`, 'Run one statement at a time.');
  }
  const [kind, node] = first;
  return { kind, node, parameters: highestParameter(node) };
}

/** Errors: `invalid_argument` for characters that no text of PostgreSQL holds. */
export function requireText(text: string, what: string): void {
  if (!text.includes('\u0000') && text.isWellFormed()) return;
  throw new HeadgateError('invalid_argument', `${what} holds characters that PostgreSQL does not take as text.`, {
    hint: 'Take out NUL characters and halves of surrogate pairs; bytes go as bytea: \\x….',
    details: { sql_state: '22021' },
  });
}

function statementsOf(parse: (sql: string) => unknown, sql: string): Array<readonly [string, SyntaxNode]> {
  const tree = parsed(parse, sql);
  const statements = isNode(tree) && Array.isArray(tree.stmts) ? (tree.stmts as unknown[]) : [];
  return statements.map((one) => {
    const statement = isNode(one) ? unwrap(one.stmt) : null;
    if (statement === null) throw new TypeError('The parser gave a statement of an unknown form.');
    return statement;
  });
}

function parsed(parse: (sql: string) => unknown, sql: string): unknown {
  try {
    return parse(sql);
  } catch (error) {
    // The tree of 100,000 nested operators is too deep for JSON.
    if (error instanceof RangeError) throw syntaxError('It is nested too deeply.', 'Write a simpler statement.');
    const { message, sqlDetails } = error as { message: string; sqlDetails?: { cursorPosition?: number } };
    if (message === 'Query cannot be empty') throw syntaxError('There is no statement in it.');
    throw syntaxError(`${quote(message)}.`, undefined, sqlDetails?.cursorPosition);
  }
}

function syntaxError(problem: string, hint?: string, at?: number): HeadgateError {
  return new HeadgateError('invalid_argument', `The SQL cannot be run: ${problem}`, {
    hint: hint ?? 'Correct the statement.',
    details: { sql_state: '42601', ...(at === undefined ? {} : { position: at + 1 }) },
  });
}

function highestParameter(root: SyntaxNode): number {
  let highest = 0;
  visitNodes(root, (key, { number }) => {
    if (key === 'ParamRef' && typeof number === 'number') highest = Math.max(highest, number);
  });
  return highest;
}
