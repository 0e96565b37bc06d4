import { meaningOfSparkClass, meaningOfState } from './error-codes.ts';

/** What the text of an error tells. */
export interface ReadError {
  readonly sqlState: string | null;
  /** `TABLE_OR_VIEW_NOT_FOUND`, with its sub-class behind a dot. */
  readonly sparkClass: string | null;
  /** Names that the error quotes, in order, without quotes; the parts of a dotted name apart. */
  readonly names: readonly string[];
}

/** Longer texts are read up to here. Characters. */
const MAX_CHARS = 20_000;
const MAX_NAMES = 6;

/** How PostgreSQL words errors whose code was lost on the way. Source: its English messages. */
const WORDINGS: ReadonlyArray<readonly [RegExp, string]> = [
  [/relation "[^"]{1,200}" does not exist/, '42P01'],
  [/column (?:"[^"]{1,200}"|[\w.]{1,130}) (?:of relation "[^"]{1,200}" )?does not exist/, '42703'],
  [/(?:function|operator) .{1,300} does not exist/, '42883'],
  [/syntax error at or near/, '42601'],
  [/permission denied for/, '42501'],
  [/column reference "[^"]{1,200}" is ambiguous/, '42702'],
  [/must appear in the GROUP BY clause/, '42803'],
  [/duplicate key value violates unique constraint/, '23505'],
  [/violates foreign key constraint/, '23503'],
  [/violates not-null constraint/, '23502'],
  [/violates check constraint/, '23514'],
  [/invalid input syntax for type/, '22P02'],
  [/value too long for type/, '22001'],
  [/(?:integer|bigint|smallint|numeric field) (?:out of range|overflow)/, '22003'],
  [/division by zero/, '22012'],
  [/cannot execute \w+ in a read-only transaction/, '25006'],
  [/current transaction is aborted/, '25P02'],
  [/could not serialize access/, '40001'],
  [/deadlock detected/, '40P01'],
  [/No space left on device|could not extend file/, '53100'],
  [/too many (?:clients|connections)|remaining connection slots/, '53300'],
  [/lock timeout/, '55P03'],
  [/canceling statement due to/, '57014'],
  [/terminating connection due to administrator command/, '57P01'],
  [/the database system is (?:starting up|shutting down)/, '57P03'],
  [/password authentication failed/, '28P01'],
];

/** Reads codes and names out of the text of an error, of PostgreSQL, a driver, or Spark. Pure. */
export function readError(text: string): ReadError {
  const error = text.slice(0, MAX_CHARS);
  return { sqlState: stateIn(error), sparkClass: sparkClassIn(error), names: namesIn(error) };
}

function stateIn(error: string): string | null {
  const written =
    /SQL ?STATE["']?\s{0,3}[:=(]?\s{0,3}["']?([0-9A-Z]{5})\b/i.exec(error)?.[1] ??
    /(?:sql_?state|code)["']?\s{0,3}[:=]\s{0,3}["']([0-9A-Z]{5})["']/i.exec(error)?.[1] ??
    /\bERROR:\s{1,3}([0-9A-Z]{5}):/.exec(error)?.[1] ??
    /\(([0-9A-Z]{5})\)/.exec(error)?.[1];
  const state = written?.toUpperCase();
  if (state !== undefined && meaningOfState(state) !== null) return state;
  return WORDINGS.find(([wording]) => wording.test(error))?.[1] ?? null;
}

function sparkClassIn(error: string): string | null {
  const classes = [...error.matchAll(/\[([A-Z][A-Z0-9_]{3,80}(?:\.[A-Z0-9_]{1,80})?)\]/g)].map(([, name = '']) => name);
  return (
    classes.find((name) => meaningOfSparkClass(name) !== null) ?? classes.find((name) => name.includes('_')) ?? null
  );
}

function namesIn(error: string): string[] {
  const quoted = [...error.matchAll(/"([^"\n]{1,130})"|`([^`\n]{1,130})`/g)].map(
    ([, double, back]) => double ?? back ?? '',
  );
  const bare = [...error.matchAll(/column ([A-Za-z_][\w.]{0,130}) does not exist/g)].map(([, name = '']) => name);
  const parts = [...quoted, ...bare].flatMap((name) => name.split('.')).map((name) => name.trim());
  return [...new Set(parts.filter((name) => /^[\p{L}_][\p{L}\p{N}_$ -]{0,62}$/u.test(name)))].slice(0, MAX_NAMES);
}
