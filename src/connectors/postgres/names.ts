import { HeadgateError } from '../../kernel/errors.ts';

/** A table or another relation, by name. */
export interface RelationName {
  /** Null: what the search path finds. */
  readonly schema: string | null;
  readonly name: string;
}

/** Longest name that PostgreSQL keeps; it cuts longer ones, which then mean another object. Bytes. */
const MAX_NAME_BYTES = 63;

/**
 * A name as SQL takes it, whatever it holds: injection through names ends here.
 * Errors: `invalid_argument` for what cannot be a name.
 */
export function quoteName(name: string): string {
  const bytes = Buffer.byteLength(name);
  if (bytes === 0 || bytes > MAX_NAME_BYTES || name.includes('\u0000') || !name.isWellFormed()) {
    throw new HeadgateError('invalid_argument', `${JSON.stringify(name.slice(0, 80))} is no name of PostgreSQL.`, {
      hint: `Names have 1 to ${MAX_NAME_BYTES} bytes of text.`,
      details: { sql_state: bytes > MAX_NAME_BYTES ? '42622' : '42602' },
    });
  }
  return `"${name.replaceAll('"', '""')}"`;
}

/** `"schema"."name"`. Errors: those of `quoteName`. */
export function quoteRelation({ schema, name }: RelationName): string {
  return schema === null ? quoteName(name) : `${quoteName(schema)}.${quoteName(name)}`;
}
