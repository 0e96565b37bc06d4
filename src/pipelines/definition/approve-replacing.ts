import type { ApprovalNeed } from '../../kernel/approval.ts';
import { HeadgateError } from '../../kernel/errors.ts';
import { label } from '../../kernel/quote.ts';
import type { RelationalDatabase } from '../../kernel/relational-database.ts';
import { readRows } from '../run/read-rows.ts';
import { Staging } from '../run/staging.ts';
import { identifier, render, sql } from './bound-sql.ts';
import type { ProbeRequest } from './probe-definition.ts';
import type { Definition, Destination } from './schema.ts';

type TableDestination = Extract<Destination, { type: 'postgres' | 'table' }>;

/** How long a table is looked at before the question is asked without knowing whether it has rows. Milliseconds. */
const LOOK_MS = 5_000;

/**
 * What a person is asked before a definition is stored whose runs empty tables that have rows; null for one that does not. Runs do
 * not ask again, so a table that the version before replaced already is not asked about. Tables of databases alone.
 * Errors: `not_found` for a database.
 */
export async function approvalOfReplacing(
  definition: Definition,
  before: Definition | null,
  request: ProbeRequest,
): Promise<ApprovalNeed | null> {
  const known = new Set(before === null ? [] : replacing(before).map(placeOf));
  const plans = await Promise.all(
    replacing(definition)
      .filter((destination) => !known.has(placeOf(destination)))
      .map((destination) => planOf(destination, request)),
  );
  const plan = plans.filter((line) => line !== null);
  if (plan.length === 0) return null;
  return { summary: `Each run of the pipeline ${label(definition.name)} replaces all rows of a table.`, plan };
}

function replacing({ destinations }: Definition): TableDestination[] {
  return destinations.filter(
    (one): one is TableDestination => (one.type === 'postgres' || one.type === 'table') && one.mode === 'replace',
  );
}

const placeOf = (destination: TableDestination): string =>
  JSON.stringify([destination.type, destination.type === 'postgres' ? destination.database : null, destination.table]);

async function planOf(destination: TableDestination, request: ProbeRequest): Promise<string | null> {
  const table = label(destination.table);
  if (destination.table.includes('{{')) {
    return `Each run removes the rows of the table that its parameters name (${table}) and puts its own in their place.`;
  }
  const database = databaseOf(destination, request);
  const filled = database === null ? false : await hasRows(database, destination.table, request.signal);
  if (filled === false) return null;
  const now = filled === null ? 'whose rows cannot be seen here' : 'which has rows now';
  return `Each run removes the rows of ${table}, ${now}, and puts its own in their place.`;
}

function databaseOf(destination: TableDestination, { tenant, platforms, signal }: ProbeRequest) {
  if (destination.type === 'postgres') return platforms.databases.find(tenant, destination.database ?? null);
  return new Staging({ tenant, platforms, signal }).localDatabase();
}

/** Null: nobody can say. False also for a table that is not there. */
async function hasRows(database: RelationalDatabase, table: string, caller: AbortSignal): Promise<boolean | null> {
  const signal = AbortSignal.any([caller, AbortSignal.timeout(LOOK_MS)]);
  const { sql: text } = render(sql`select 1 from ${identifier(table)} limit 1`, database.engine);
  try {
    return (await readRows(await database.read(text, { signal }), 1)).length > 0;
  } catch (error) {
    if (!(error instanceof HeadgateError) || caller.aborted) throw error;
    return error.code === 'not_found' ? false : null;
  }
}
