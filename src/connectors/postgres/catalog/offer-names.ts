import type { PoolClient } from 'pg';
import { HeadgateError } from '../../../kernel/errors.ts';
import { nearest } from '../../../kernel/nearest.ts';
import type { Database } from '../databases.ts';
import type { RelationName } from '../names.ts';
import { reading } from '../sessions.ts';
import { relationsIn } from '../statements/check-read.ts';

/** Names that are compared, at most. */
const MAX_NAMES = 20_000;
/** Names are a help: they may not make an error come late. Milliseconds. */
const LOOK_MS = 2_000;

type Lookup = (client: PoolClient, tables: readonly RelationName[]) => Promise<string[]>;

/** Where names of that kind come from, by the SQLSTATE that says that one is unknown. */
const LOOKUPS: Readonly<Record<string, Lookup>> = {
  '42P01': (client) => relationNames(client),
  '42703': (client, tables) => columnNames(client, tables),
  '42883': (client) => functionNames(client),
  '3F000': (client) => schemaNames(client),
};

/**
 * Adds to an error about an unknown table, column, function or schema the nearest that there are, in `details.nearest`. The name is
 * taken from the statement, where the error points: messages of the server come in its own language. Other errors come back as they are.
 */
export async function offerNames(
  error: unknown,
  database: Database,
  sql: string,
  signal?: AbortSignal,
): Promise<unknown> {
  if (!(error instanceof HeadgateError)) return error;
  const { sql_state: state, position } = error.details ?? {};
  const lookup = typeof state === 'string' ? LOOKUPS[state] : undefined;
  const typed = typeof position === 'number' ? nameAt(sql, position) : null;
  if (lookup === undefined || typed === null) return error;
  const tables = await relationsIn(sql);
  const names = await reading(database, { signal, timeoutMs: LOOK_MS }, (client) => lookup(client, tables)).catch(
    () => [],
  );
  const found = nearest(lastPart(typed), names);
  if (found.length === 0) return error;
  return new HeadgateError(error.code, error.message, {
    hint: `Did you mean ${found.slice(0, 3).join(', ')}? ${error.hint ?? ''}`.trim(),
    details: { ...error.details, nearest: found },
    cause: error.cause,
  });
}

const NAME = /^(?:"(?:[^"]|"")*"|[\p{L}_][\p{L}\p{N}_$]*)(?:\s*\.\s*(?:"(?:[^"]|"")*"|[\p{L}_][\p{L}\p{N}_$]*))*/u;

/** The name, with its schema or table, that begins at a character of the statement, counted from 1. */
function nameAt(sql: string, position: number): string | null {
  // The server counts code points.
  const rest = Array.from(sql)
    .slice(position - 1)
    .join('');
  return NAME.exec(rest)?.[0] ?? null;
}

function lastPart(name: string): string {
  const part = /(?:"(?:[^"]|"")*"|[^."\s]+)$/.exec(name)?.[0] ?? name;
  return part.startsWith('"') ? part.slice(1, -1).replaceAll('""', '"') : part.toLowerCase();
}

/** Relations that the role may read, with their schema unless the search path finds them. */
export async function relationNames(client: PoolClient): Promise<string[]> {
  return namesOf(
    client,
    `select case when pg_catalog.pg_table_is_visible(c.oid) then c.relname else n.nspname || '.' || c.relname end as name
       from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
      where c.relkind in ('r', 'p', 'v', 'm', 'f') and n.nspname !~ '^pg_(toast|temp)'
        and pg_catalog.has_table_privilege(c.oid, 'select')
      order by n.nspname in ('pg_catalog', 'information_schema') limit ${MAX_NAMES}`,
  );
}

async function columnNames(client: PoolClient, tables: readonly RelationName[]): Promise<string[]> {
  return namesOf(
    client,
    `select distinct a.attname as name
       from pg_catalog.pg_attribute a
       join pg_catalog.pg_class c on c.oid = a.attrelid
       join pg_catalog.pg_namespace n on n.oid = c.relnamespace
       join rows from (pg_catalog.unnest($1::text[]), pg_catalog.unnest($2::text[])) as named (schema, relation)
         on c.relname = named.relation and (named.schema is null or n.nspname = named.schema)
      where a.attnum > 0 and not a.attisdropped limit ${MAX_NAMES}`,
    [tables.map(({ schema }) => schema), tables.map(({ name }) => name)],
  );
}

async function functionNames(client: PoolClient): Promise<string[]> {
  return namesOf(
    client,
    `select distinct proname as name from pg_catalog.pg_proc where prokind <> 'p' limit ${MAX_NAMES}`,
  );
}

/** Schemas that the role may use. */
export async function schemaNames(client: PoolClient): Promise<string[]> {
  return namesOf(
    client,
    `select nspname as name from pg_catalog.pg_namespace
      where nspname !~ '^pg_(toast|temp)' and pg_catalog.has_schema_privilege(oid, 'usage')
      order by nspname in ('pg_catalog', 'information_schema'), nspname limit ${MAX_NAMES}`,
  );
}

async function namesOf(client: PoolClient, sql: string, values: unknown[] = []): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(sql, values);
  return rows.map(({ name }) => name);
}
