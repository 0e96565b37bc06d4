import type { ClientBase } from 'pg';
import { HeadgateError } from '../../kernel/errors.ts';

/** The schema that all tables are in. */
export const SCHEMA = 'headgate';

/** The comment of the schema marks it as ours and carries its version: it changes with the tables, and anyone may read it. */
const MARK = /^Headgate store, schema (\d+)$/;

/** The mark of a schema that went through so many steps. */
export function markOf(version: number): string {
  return `Headgate store, schema ${version}`;
}

/**
 * The version of the schema; 0 when there is none, or an empty one without a mark.
 * Errors: `failed_precondition` when it belongs to another program, or to a newer Headgate than `known` steps.
 */
export async function readSchemaVersion(client: ClientBase, address: string, known: number): Promise<number> {
  const { rows } = await client.query<{ mark: string | null; relations: number }>(
    `select obj_description(oid, 'pg_namespace') as mark,
       (select count(*)::int from pg_class where relnamespace = pg_namespace.oid) as relations
     from pg_namespace where nspname = $1`,
    [SCHEMA],
  );
  const [found] = rows;
  if (found === undefined || (found.mark === null && found.relations === 0)) return 0;
  const version = Number(MARK.exec(found.mark ?? '')?.[1] ?? Number.NaN);
  if (Number.isNaN(version)) {
    throw new HeadgateError('failed_precondition', `The schema ${SCHEMA} of ${address} is of another program.`, {
      hint: 'Name another database with HEADGATE_DATABASE_URL. This one was not changed.',
    });
  }
  if (version <= known) return version;
  throw new HeadgateError(
    'failed_precondition',
    `The store ${address} was written by a newer Headgate (schema ${version}, this one knows ${known}).`,
    { hint: 'Update Headgate, or name another database. This one was not changed.' },
  );
}
