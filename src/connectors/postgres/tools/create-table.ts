import type { PoolClient } from 'pg';
import { z } from 'zod';
import { HeadgateError } from '../../../kernel/errors.ts';
import { nearest } from '../../../kernel/nearest.ts';
import { label } from '../../../kernel/quote.ts';
import { writing } from '../sessions.ts';
import { buildCreateTable } from '../statements/table-definition.ts';
import { definePostgresTool } from '../tool-dependencies.ts';

/** Words that CREATE TABLE takes for types and `to_regtype` does not know. */
const SERIALS: ReadonlySet<string> = new Set(['smallserial', 'serial', 'bigserial', 'serial2', 'serial4', 'serial8']);

export const createTable = definePostgresTool({
  name: 'create_table',
  title: 'Create a table',
  description: 'Creates a table. Next: bulk_load_from_spark, execute_dml.',
  risk: 'write',
  toolsets: ['postgres'],
  input: z.object({
    table: z.string(),
    schema: z.string().optional(),
    database: z.string().optional(),
    columns: z
      .array(
        z.object({
          name: z.string(),
          type: z.string().max(200),
          nullable: z.boolean().optional(),
          default: z.string().max(2_000).optional().describe('SQL expression'),
          primary_key: z.boolean().optional(),
          references: z
            .object({ table: z.string(), schema: z.string().optional(), column: z.string().optional() })
            .optional(),
        }),
      )
      .min(1)
      .max(1_600),
    if_not_exists: z.boolean().optional(),
  }),
  output: z.object({ database: z.string(), created: z.boolean(), sql: z.string() }),
  example: {
    table: 'daily_sales',
    columns: [
      { name: 'day', type: 'date', primary_key: true },
      { name: 'amount', type: 'numeric(12,2)', nullable: false },
    ],
  },
  renderText: ({ created, sql }) => `${created ? 'Created' : 'It exists already; nothing was changed'}\n${sql}`,
  handler: async ({ table, schema, columns, if_not_exists: ifNotExists = false, ...input }, context) => {
    const database = context.databases.find(context.caller.tenant, input.database);
    const sql = await buildCreateTable({ schema: schema ?? null, name: table }, columns, ifNotExists);
    const created = await writing(database, { signal: context.signal }, async (client) => {
      await requireTypes(
        client,
        columns.map(({ type }) => type),
      );
      let skipped = false;
      const notice = ({ code }: { code?: string | undefined }) => {
        skipped ||= code === '42P07';
      };
      client.on('notice', notice);
      try {
        await client.query({ text: sql, queryMode: 'extended' } as never);
      } finally {
        client.removeListener('notice', notice);
      }
      return !skipped;
    });
    return { database: database.name, created, sql };
  },
});

/** The server reads each text as the name of a type and nothing else: what passes cannot be more. */
async function requireTypes(client: PoolClient, types: readonly string[]): Promise<void> {
  for (const type of new Set(types)) {
    if (SERIALS.has(type.trim().toLowerCase())) continue;
    const { rows } = await client.query<{ known: boolean }>('select pg_catalog.to_regtype($1) is not null as known', [
      type,
    ]);
    if (rows[0]?.known) continue;
    const { rows: names } = await client.query<{ name: string }>(
      `select pg_catalog.format_type(oid, null) as name from pg_catalog.pg_type
        where typtype in ('b', 'd', 'e', 'r') and typelem = 0 and pg_catalog.pg_type_is_visible(oid)`,
    );
    throw new HeadgateError('invalid_argument', `There is no type ${label(type)}.`, {
      hint: 'Write the type alone, such as integer, numeric(12,2), text or timestamptz.',
      details: {
        sql_state: '42704',
        nearest: nearest(
          type,
          names.map(({ name }) => name),
        ),
      },
    });
  }
}
