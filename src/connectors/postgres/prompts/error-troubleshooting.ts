import type { PoolClient } from 'pg';
import { HeadgateError } from '../../../kernel/errors.ts';
import { labelLog, quoteLog } from '../../../kernel/log-text.ts';
import { nearest } from '../../../kernel/nearest.ts';
import { redactText } from '../../../kernel/redaction.ts';
import { advising } from '../advice/advising.ts';
import type { Client } from '../advice/client.ts';
import { loadTables } from '../advice/load-tables.ts';
import { OWN } from '../advice/server-facts.ts';
import { parseTableName, type TableFacts, tableKey } from '../advice/table-facts.ts';
import { relationNames } from '../catalog/offer-names.ts';
import { relationsIn } from '../statements/check-read.ts';
import type { PromptFactory } from '../surface.ts';
import { call, numbered, QUOTATION_RULE } from './calls.ts';
import { meaningOfSparkClass, meaningOfState } from './error-codes.ts';
import { nearestRelations } from './near-names.ts';
import { type ReadError, readError } from './read-error.ts';

const ERROR_CHARS = 4_000;
const SQL_CHARS = 4_000;
/** Tables that are shown with their columns. */
const MAX_TABLES = 4;
const MAX_COLUMNS = 40;

/** `error_troubleshooting`: what an error means, what exists near the names in it, and what to call next. */
export const errorTroubleshooting: PromptFactory = ({ databases, spark }) => ({
  name: 'error_troubleshooting',
  title: 'Find out what an error means',
  description: 'What an error of PostgreSQL or Spark means for the real schema, and what to call next.',
  arguments: [
    { name: 'error', description: 'Text of the error', required: true },
    { name: 'sql', description: 'Statement that failed', required: false },
    { name: 'database', description: 'Name in the configuration', required: false },
  ],
  render: async ({ error = '', sql = '', database: name = '' }, context) => {
    if (error.trim() === '') {
      throw new HeadgateError('invalid_argument', 'There is no error to look at.', {
        hint: 'Give its text in `error`.',
      });
    }
    const read = readError(error);
    const database = name === '' ? undefined : name;
    const named = sql === '' ? [] : await relationsIn(sql);
    const near = await advising({ ...context, databases }, database, {}, ({ client }) =>
      namesNear(client, read, named),
    ).catch((failure: unknown): Near => {
      if (!(failure instanceof HeadgateError) || failure.code === 'cancelled' || failure.code === 'not_found')
        throw failure;
      return { tables: [], relations: [], columns: [], gap: failure.message };
    });
    const hasSpark = spark(context.caller.tenant) !== null;
    return [
      `Find out why this failed and how to make it work. ${QUOTATION_RULE}`,
      'The error:',
      quoteLog(error, ERROR_CHARS),
      ...(sql === '' ? [] : ['The statement:', quoteLog(sql, SQL_CHARS)]),
      'What it says:',
      ...meaningsOf(read),
      ...describeNear(read, near),
      'Look at these in order:',
      ...numbered(stepsFor({ read, near, sql, database, hasSpark })),
      'Answer with: the cause in one sentence with its evidence, the corrected statement or the change that removes it, how to check that it is gone, and what you could not see.',
    ].join('\n');
  },
});

/** What exists near the names of an error. */
interface Near {
  /** Tables of the statement, and the nearest to the names. */
  readonly tables: readonly TableFacts[];
  readonly relations: readonly string[];
  /** `schema.table.column`. */
  readonly columns: readonly string[];
  /** Why nothing could be looked up; null: it could. */
  readonly gap: string | null;
}

type Named = Awaited<ReturnType<typeof relationsIn>>;

async function namesNear(client: Client, { names }: ReadError, named: Named): Promise<Near> {
  const all = await relationNames(client as PoolClient);
  const relations = [...new Set(names.flatMap((name) => nearestRelations(name, all, 3)))].slice(0, 5);
  const wanted = [...named, ...relations.map(parseTableName)].slice(0, MAX_TABLES * 2);
  const tables = [...(await loadTables(client, wanted)).byKey.values()].slice(0, MAX_TABLES);
  const { rows: known } = await client.query<{ name: string }>(ALL_COLUMNS);
  const alike = names.flatMap((name) =>
    nearest(
      name,
      known.map((one) => one.name),
      2,
    ),
  );
  const { rows } = await client.query<{ table: string; column: string }>(COLUMNS_OF_NAME, [alike]);
  const elsewhere = rows.map(({ table, column }) => `${table}.${column}`);
  const own = tables.flatMap((table) =>
    names.flatMap((name) =>
      nearest(
        name,
        table.columns.map((column) => column.name),
        2,
      ).map((column) => `${tableKey(table)}.${column}`),
    ),
  );
  return { tables, relations, columns: [...new Set([...own, ...elsewhere])].slice(0, 10), gap: null };
}

/** Names of columns, at most: names are a help. */
const ALL_COLUMNS = `${OWN}
  select distinct a.attname as name from pg_catalog.pg_attribute a
  join pg_catalog.pg_class c on c.oid = a.attrelid join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  where a.attnum > 0 and not a.attisdropped and c.relkind in ('r', 'p', 'v', 'm', 'f')
    and n.nspname not in ('pg_catalog', 'information_schema') and n.nspname !~ '^pg_(toast|temp)'
  limit 10000`;

/** Columns of exactly these names, wherever they are. */
const COLUMNS_OF_NAME = `${OWN}
  select n.nspname || '.' || c.relname as table, a.attname as column
  from pg_catalog.pg_attribute a
  join pg_catalog.pg_class c on c.oid = a.attrelid
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  where a.attname = any ($1) and a.attnum > 0 and not a.attisdropped and c.relkind in ('r', 'p', 'v', 'm', 'f')
    and n.nspname not in ('pg_catalog', 'information_schema') and n.nspname !~ '^pg_(toast|temp)'
    and pg_catalog.has_table_privilege(c.oid, 'select')
  order by 1, 2 limit 10`;

function meaningsOf({ sqlState, sparkClass }: ReadError): string[] {
  const lines = [
    ...(sqlState === null ? [] : [lineOf(`SQLSTATE ${sqlState}`, meaningOfState(sqlState))]),
    ...(sparkClass === null ? [] : [lineOf(`Spark error class ${sparkClass}`, meaningOfSparkClass(sparkClass))]),
  ];
  return lines.length > 0 ? lines : ['- No SQLSTATE and no error class of Spark was found in it: judge by its words.'];
}

function lineOf(code: string, meaning: { meaning: string; remedy: string } | null): string {
  return meaning === null
    ? `- ${code}: look it up, it is not in the list here`
    : `- ${code}: ${meaning.meaning}. Usually: ${meaning.remedy}.`;
}

function describeNear({ names }: ReadError, near: Near): string[] {
  if (near.gap !== null) return [`The database could not be looked at: ${near.gap}`];
  return [
    ...(names.length === 0 ? [] : [`Names in it: ${names.map(labelLog).join(', ')}.`]),
    ...(near.relations.length === 0
      ? []
      : [`Tables and views with such names: ${near.relations.map(labelLog).join(', ')}.`]),
    ...(near.columns.length === 0 ? [] : [`Columns with such names: ${near.columns.map(labelLog).join(', ')}.`]),
    ...near.tables.map(
      (table) =>
        `- ${labelLog(tableKey(table))}: ${table.columns
          .slice(0, MAX_COLUMNS)
          .map(({ name, type }) => `${labelLog(name)} ${labelLog(type)}`)
          .join(', ')}`,
    ),
  ];
}

interface Case {
  readonly read: ReadError;
  readonly near: Near;
  readonly sql: string;
  readonly database: string | undefined;
  readonly hasSpark: boolean;
}

/** By class of the SQLSTATE: what looks at the state of the server. */
const LOOKS: Readonly<Record<string, (database: string | undefined) => string[]>> = {
  '40': (database) => [
    call('list_active_queries', { database }),
    call('get_database_health', { checks: ['locks'], database }),
  ],
  '53': (database) => [
    call('get_database_health', { checks: ['connection', 'temp_files', 'replication', 'settings'], database }),
  ],
  '55': (database) => [call('list_active_queries', { database })],
  '57': (database) => [
    call('list_active_queries', { database }),
    call('get_database_health', { checks: ['connection', 'locks'], database }),
  ],
  '08': (database) => [call('get_database_health', { checks: ['connection', 'settings'], database })],
};

function stepsFor({ read, near, sql, database, hasSpark }: Case): string[] {
  const steps = [
    ...(LOOKS[read.sqlState?.slice(0, 2) ?? '']?.(database) ?? []),
    ...near.tables.slice(0, 2).map(({ schema, name }) => call('get_table_schema', { table: name, schema, database })),
    ...(sql !== '' && read.sparkClass === null ? [call('explain_query', { sql: redactText(sql), database })] : []),
    ...(read.sparkClass !== null && hasSpark ? [call('execute_spark_sql', { query: 'SHOW TABLES' })] : []),
  ];
  return steps.length > 0 ? steps : [call('list_tables', { database }), call('list_active_queries', { database })];
}
