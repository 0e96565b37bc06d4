import { type ErrorCode, HeadgateError } from '../../kernel/errors.ts';

/** `Binder Error: Referenced column …`: the type of DuckDB's error, and what it says. */
const FORM = /^(?:Failed to [\w ]+: )?([A-Z][\w ]{0,40}?) Error: ([\s\S]*)$/;

/** What DuckDB's error types mean to a caller; those that are not here are `internal` of DuckDB, `unavailable` for us. */
const CODES: Readonly<Record<string, ErrorCode>> = {
  Parser: 'invalid_argument',
  Syntax: 'invalid_argument',
  Binder: 'invalid_argument',
  Catalog: 'not_found',
  Conversion: 'invalid_argument',
  'Invalid Input': 'invalid_argument',
  'Invalid Type': 'invalid_argument',
  'Mismatch Type': 'invalid_argument',
  'Out of Range': 'invalid_argument',
  'Divide by Zero': 'invalid_argument',
  Decimal: 'invalid_argument',
  Expression: 'invalid_argument',
  'Not implemented': 'invalid_argument',
  Dependency: 'failed_precondition',
  Constraint: 'failed_precondition',
  'Invalid Configuration': 'permission_denied',
  Permission: 'permission_denied',
  'Missing Extension': 'permission_denied',
  TransactionContext: 'aborted',
  Transaction: 'aborted',
  'Out of Memory': 'resource_exhausted',
  INTERRUPT: 'cancelled',
  IO: 'unavailable',
};

/** Special cases by what the message says, the first that matches. */
const CASES: ReadonlyArray<{ readonly says: RegExp; readonly code: ErrorCode; readonly hint?: string }> = [
  {
    says: /launched in read-only mode/,
    code: 'permission_denied',
    hint: 'Reads change nothing: use execute_dml to write.',
  },
  {
    says: /Cannot access (?:file|directory)/,
    code: 'permission_denied',
    hint: 'SQL reaches only files under local.roots, named by their absolute path; list_tables names some.',
  },
  { says: /(?:No files found|No such file)/, code: 'not_found', hint: 'Name the file by its absolute path.' },
  {
    says: /No space left|max_temp_directory_size|Could not write all bytes|disk is full/i,
    code: 'resource_exhausted',
    hint: 'Free space on the disk of the data folder, or ask for less at once.',
  },
  { says: /already exists/, code: 'failed_precondition', hint: 'Use another name, or drop it first.' },
  { says: /Referenced (?:column|table)|does not have a column|Table .* does not have/, code: 'not_found' },
  {
    says: /is not in the catalog, but it exists in the .* extension|requires the extension/,
    code: 'permission_denied',
    hint: 'Extensions are not installed at run time; use what is built in.',
  },
  {
    says: /Conflict on (?:tuple|update)|write-write conflict|Catalog write-write/,
    code: 'aborted',
    hint: 'Somebody else changed the same rows; repeat it.',
  },
];

/** An error of DuckDB as ours: its own type is `details.error_type`. Errors of Headgate pass. */
export function duckdbFault(error: unknown): HeadgateError {
  if (error instanceof HeadgateError) return error;
  const text = error instanceof Error ? error.message : String(error);
  const match = FORM.exec(text);
  const type = match?.[1] ?? 'DuckDB';
  const message = withoutSpillFolder((match?.[2] ?? text).trim());
  const special = CASES.find(({ says }) => says.test(message));
  const code =
    special?.code ?? (type === 'FATAL' || type === 'INTERNAL' ? 'unavailable' : (CODES[type] ?? 'invalid_argument'));
  const hint = special?.hint ?? hintOf(type);
  return new HeadgateError(code, firstLines(message), {
    ...(hint === undefined ? {} : { hint }),
    details: { error_type: `${type} Error`, ...positionOf(message) },
    cause: error,
  });
}

/** True when DuckDB gave up on the database: it must be opened anew. */
export function isFatal(error: unknown): boolean {
  const text = error instanceof Error ? error.message : '';
  return /^(?:FATAL|INTERNAL) Error|database has been invalidated/.test(text);
}

function hintOf(type: string): string | undefined {
  if (type === 'Out of Memory') return 'Ask for less, aggregate first, or raise local.memory_limit_mb.';
  if (type === 'Constraint') return 'The change was rolled back; mode upsert replaces rows with the same keys.';
  if (type === 'Parser' || type === 'Syntax') return 'Correct the SQL; DuckDB reads the dialect of PostgreSQL.';
  return undefined;
}

/** Longest message of DuckDB that is passed on, in characters. */
const MESSAGE_CHARS = 1_000;

function firstLines(message: string): string {
  const head = message.split(/\n\s*LINE \d+:/)[0]?.trim() ?? message;
  return head.length <= MESSAGE_CHARS ? head : `${head.slice(0, MESSAGE_CHARS)}…`;
}

function positionOf(message: string): { line?: number } {
  const line = /\n\s*LINE (\d+):/.exec(message)?.[1];
  return line === undefined ? {} : { line: Number(line) };
}

/** Where sessions put what does not fit into memory is nobody's business: the name of the folder is a secret. */
function withoutSpillFolder(message: string): string {
  return message.replace(/[^\s"']*spill-[0-9a-f]{32}[^\s"']*/g, '(temporary folder)');
}
