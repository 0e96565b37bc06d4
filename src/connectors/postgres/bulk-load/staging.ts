import { randomBytes } from 'node:crypto';
import type { ClientBase } from 'pg';
import type { Database } from '../databases.ts';
import { quoteName, quoteRelation } from '../names.ts';
import { writing } from '../sessions.ts';
import { holdName, isNameFree } from './ledger.ts';
import type { TargetTable } from './target-table.ts';

/** How staging tables that others write into begin; the rest is random. */
const PREFIX = 'headgate_staging_';

/** A table that Spark's executors write into. */
export interface StagingTable {
  readonly schema: string;
  readonly name: string;
  /** Quoted, with its schema. */
  readonly sqlName: string;
}

/** A name for a staging table beside the target, held by this transaction: who does not hold it is dead. */
export async function claimStaging(client: ClientBase, { schema }: Pick<TargetTable, 'schema'>): Promise<StagingTable> {
  const name = `${PREFIX}${randomBytes(8).toString('hex')}`;
  await holdName(client, 'staging', schema, name);
  return { schema, name, sqlName: quoteRelation({ schema, name }) };
}

/**
 * Makes the table, in a transaction of its own, so that executors see it; removes those of dead loads. Unlogged, because a crash of
 * the server ends the load anyway.
 */
export async function makeStaging(
  database: Database,
  { schema, sqlName }: StagingTable,
  columns: string,
  signal: AbortSignal,
): Promise<void> {
  await writing(database, { signal }, async (client) => {
    await dropDead(client, schema);
    await client.query(`create unlogged table ${sqlName} (${columns})`);
  });
}

/** Drops the table of a load that failed. Its name may be held by the transaction that just ended. */
export async function dropStaging(database: Database, { sqlName }: StagingTable): Promise<void> {
  await writing(database, {}, async (client) => client.query(`drop table if exists ${sqlName}`));
}

async function dropDead(client: ClientBase, schema: string): Promise<void> {
  const { rows } = await client.query<{ name: string }>({
    text: `select c.relname::text as name from pg_catalog.pg_class c
      join pg_catalog.pg_namespace n on n.oid = c.relnamespace
      where n.nspname = $1 and c.relkind = 'r' and c.relname ~ $2 and pg_catalog.pg_has_role(c.relowner, 'USAGE')`,
    values: [schema, `^${PREFIX}[0-9a-f]{16}$`],
  });
  for (const { name } of rows) {
    if (await isNameFree(client, 'staging', schema, name)) {
      await client.query(`drop table if exists ${quoteName(schema)}.${quoteName(name)}`);
    }
  }
}
