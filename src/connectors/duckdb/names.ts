import { HeadgateError } from '../../kernel/errors.ts';

/** A name as SQL writes it. Errors: `invalid_argument` for one that is empty or holds a NUL. */
export function identifier(name: string): string {
  if (name === '' || name.includes('\u0000') || !name.isWellFormed()) {
    throw new HeadgateError('invalid_argument', 'A name of a table or column is empty or not valid text.');
  }
  return `"${name.replaceAll('"', '""')}"`;
}

/** A text as SQL writes it. */
export function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** Schema and table as SQL writes them, in the local database alone: never in a temporary place. */
export function tableName(schema: string | null, table: string): string {
  return `${identifier(schema ?? 'main')}.${identifier(table)}`;
}
