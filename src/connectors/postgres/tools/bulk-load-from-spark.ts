import { z } from 'zod';
import { HeadgateError } from '../../../kernel/errors.ts';
import { label } from '../../../kernel/quote.ts';
import { SqlText } from '../../../kernel/sql-result.ts';
import { countNoun, formatBytes, formatCount, formatDuration } from '../../../kernel/units.ts';
import { loadQuery } from '../bulk-load/choose-way.ts';
import { queryOf, requireOneSource } from '../bulk-load/spark-source.ts';
import { sizeOfTable } from '../bulk-load/target-table.ts';
import { reading } from '../sessions.ts';
import { definePostgresTool } from '../tool-dependencies.ts';

export const bulkLoadFromSpark = definePostgresTool({
  name: 'bulk_load_from_spark',
  title: 'Load rows of Spark into PostgreSQL',
  description:
    'Loads a Spark query, table or files into a table, all or nothing. Types are checked first. Replacing a table that has rows needs approval.',
  risk: 'write',
  toolsets: ['postgres'],
  input: z.object({
    query: SqlText.optional().describe('Spark SQL; or source_table, or path'),
    source_table: z.string().min(1).optional(),
    path: z.string().min(1).optional(),
    format: z.string().default('parquet').describe('Of path'),
    target_table: z.string().min(1),
    schema: z.string().optional(),
    database: z.string().optional(),
    mode: z.enum(['append', 'replace', 'upsert']).default('append'),
    keys: z.array(z.string()).max(32).optional().describe('Of an upsert; default: the primary key'),
    create: z.boolean().default(false).describe('Makes a missing table from the columns'),
    load_id: z.string().min(1).max(200).optional().describe('Loaded once under this name'),
    path_choice: z.enum(['auto', 'copy', 'jdbc']).default('auto').describe('jdbc: executors write'),
  }),
  output: z.object({
    engine: z.literal('postgres'),
    database: z.string(),
    table: z.string(),
    mode: z.enum(['append', 'replace', 'upsert']),
    rows: z.int().nonnegative(),
    inserted: z.int().nonnegative(),
    updated: z.int().nonnegative(),
    bytes: z.number().nonnegative(),
    duration_ms: z.number().nonnegative(),
    rows_per_s: z.number().nonnegative(),
    way: z.enum(['copy', 'jdbc']),
    created: z.boolean(),
    already_loaded: z.boolean(),
    load_id: z.string().nullable(),
  }),
  example: {
    query: 'SELECT id, amount FROM sales.orders',
    target_table: 'orders',
    mode: 'upsert',
    keys: ['id'],
  },
  long: { title: ({ mode, target_table: table }) => `${mode} ${label(table)} from Spark`, repeatable: true },
  approval: async (input, { databases, caller, signal }) => {
    requireOneSource(sourceOf(input));
    const database = databases.find(caller.tenant, input.database);
    if (input.mode !== 'replace') return null;
    const there = await reading(database, { signal, as: 'login' }, (client) =>
      sizeOfTable(client, input.schema ?? null, input.target_table),
    );
    if (there === null || there.rows === 0) return null;
    return {
      summary: `Replaces all rows of ${label(there.name)} in database ${database.name}.`,
      plan: [
        `Removes the ${there.exact ? '' : 'about '}${countNoun(there.rows, 'row')} that ${label(there.name)} has now.`,
        'Puts the rows of Spark in their place, in the same transaction: when that fails, the old rows stay.',
      ],
    };
  },
  renderText: (result) =>
    result.already_loaded
      ? `${label(result.table)}: ${countNoun(result.rows, 'row')} were loaded before under this load_id; nothing was done.`
      : `${label(result.table)}: ${countNoun(result.rows, 'row')} in ${formatDuration(result.duration_ms)} by ${result.way} (${formatCount(result.inserted)} inserted, ${formatCount(result.updated)} updated, ${formatBytes(result.bytes)}).`,
  handler: async (input, { databases, spark, caller, signal, progress, operationId }) => {
    const source = sourceOf(input);
    requireOneSource(source);
    const database = databases.find(caller.tenant, input.database);
    const engine = spark(caller.tenant);
    if (engine === null) {
      throw new HeadgateError('failed_precondition', 'There is no Spark to load from.', {
        hint: 'Name a Spark Connect server at spark.remote in the configuration.',
      });
    }
    // A run that is repeated after a crash has the same operation, and so the same name.
    const loadId = input.load_id ?? (operationId === undefined ? undefined : `operation ${operationId}`);
    const { mode, create } = input;
    const target = {
      schema: input.schema ?? null,
      table: input.target_table,
      mode,
      keys: input.keys ?? [],
      create,
      loadId,
    };
    const session = await engine.session();
    try {
      const options = { signal, onProgress: progress };
      const sql = await queryOf(source, session, options);
      const loaded = await loadQuery(database, session, sql, { target, way: input.path_choice }, options);
      return {
        engine: 'postgres' as const,
        database: database.name,
        table: input.schema === undefined ? input.target_table : `${input.schema}.${input.target_table}`,
        mode,
        rows: loaded.rows,
        inserted: loaded.inserted,
        updated: loaded.updated,
        bytes: loaded.bytes,
        duration_ms: Math.round(loaded.durationMs),
        rows_per_s: loaded.alreadyLoaded ? 0 : Math.round((loaded.rows / Math.max(1, loaded.durationMs)) * 1000),
        way: loaded.way,
        created: loaded.created,
        already_loaded: loaded.alreadyLoaded,
        load_id: loadId ?? null,
      };
    } finally {
      await session.close();
    }
  },
});

const sourceOf = (input: {
  query?: string | undefined;
  source_table?: string | undefined;
  path?: string | undefined;
  format: string;
}) => ({
  query: input.query,
  sourceTable: input.source_table,
  path: input.path,
  format: input.format,
});
