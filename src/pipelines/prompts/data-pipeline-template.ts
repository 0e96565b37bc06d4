import { stringify } from 'yaml';
import { HeadgateError } from '../../kernel/errors.ts';
import type { PipelinePlatforms } from '../../kernel/pipelines.ts';
import type { Prompt } from '../../kernel/prompt.ts';
import { label, quote } from '../../kernel/quote.ts';
import type { SqlColumn } from '../../kernel/sql-engine.ts';
import { identifier, sql } from '../definition/bound-sql.ts';
import { readRows } from '../run/read-rows.ts';
import { Staging } from '../run/staging.ts';

/** Names that columns have which tell when a row changed, best first. */
const CHANGE_NAMES =
  /^(?:updated|modified|changed|last_|loaded|ingested|event|created|inserted)|(?:_at|_ts|_time|timestamp|_date)$/i;
const TIME_TYPE = /^(?:date|timestamp)/i;
const NUMBER_TYPE = /^(?:bigint|integer|int\b|int8|hugeint)/i;
const MAX_COLUMNS = 100;

/** What is known of the rows that a pipeline begins with. */
interface SourceFacts {
  readonly source: Record<string, unknown>;
  readonly columns: readonly SqlColumn[];
  readonly keys: readonly string[];
  readonly watermarks: readonly string[];
}

/** A definition of the user's own tables, which `create_etl_pipeline` accepts as it is. */
export function dataPipelineTemplate(platforms: PipelinePlatforms): Prompt {
  return {
    name: 'data_pipeline_template',
    title: 'Draft a data pipeline',
    description: 'A pipeline definition filled with the columns, keys and watermark candidates of a real source.',
    arguments: [
      { name: 'source', description: 'Table, schema.table, or path of files', required: true },
      { name: 'destination', description: 'Table, schema.table, or path of files', required: true },
      {
        name: 'database',
        description: 'Database of the tables; the default one when absent',
        required: false,
        complete: async (typed, _others, { tenant }) =>
          platforms.databases.names(tenant).filter((name) => name.startsWith(typed)),
      },
    ],
    async render({ source = '', destination = '', database }, { caller, signal }) {
      const staging = new Staging({ tenant: caller.tenant, platforms, signal });
      try {
        const facts = await factsOf(source, database, staging);
        return describe(facts, definitionOf(facts, destination, database));
      } finally {
        await staging.close();
      }
    },
  };
}

async function factsOf(source: string, database: string | undefined, staging: Staging): Promise<SourceFacts> {
  const id = stepName(source);
  if (isPath(source)) {
    const session = await staging.session(null);
    const format = formatOf(source);
    await session.viewFiles(id, { format, path: source }, staging.options());
    const columns = await staging.columns({ in: 'engine', session, name: id });
    return {
      source: { id, type: 'files', format, path: source },
      columns,
      keys: [],
      watermarks: watermarksOf(columns),
    };
  }
  if (database === undefined && !hasDatabase(staging)) {
    const session = await staging.session('spark');
    await session.viewQuery(id, `select * from ${sparkName(source)}`, false, staging.options());
    const columns = await staging.columns({ in: 'engine', session, name: id });
    return { source: { id, type: 'spark_table', table: source }, columns, keys: [], watermarks: watermarksOf(columns) };
  }
  const relation = {
    in: 'database' as const,
    database: staging.database(database),
    statement: sql`select * from ${identifier(source)}`,
  };
  const columns = await staging.columns(relation);
  const place =
    relation.database.engine === 'duckdb'
      ? { id, type: 'table', table: source }
      : { id, type: 'postgres', database: relation.database.name, table: source };
  return { source: place, columns, keys: await keysOf(source, database, staging), watermarks: watermarksOf(columns) };
}

function hasDatabase(staging: Staging): boolean {
  try {
    staging.database(undefined);
    return true;
  } catch (error) {
    if (error instanceof HeadgateError) return false;
    throw error;
  }
}

const sparkName = (table: string) =>
  table
    .split('.')
    .map((part) => `\`${part.replaceAll('`', '``')}\``)
    .join('.');

/** Columns of the primary key, in their order. */
async function keysOf(table: string, database: string | undefined, staging: Staging): Promise<string[]> {
  const parts = table.split('.');
  const name = parts.at(-1) ?? '';
  const schema = parts.length > 1 ? parts.at(-2) : undefined;
  const found = staging.database(database);
  const where = schema === undefined ? '' : ' and c.table_schema = $2';
  const rows = await found.read(
    `select k.column_name from information_schema.table_constraints as c
     join information_schema.key_column_usage as k
       on k.constraint_schema = c.constraint_schema and k.constraint_name = c.constraint_name and k.table_name = c.table_name
     where c.constraint_type = 'PRIMARY KEY' and c.table_name = $1${where} order by k.ordinal_position`,
    staging.options(schema === undefined ? [name] : [name, schema]),
  );
  return (await readRows(rows, 32)).map(([column]) => String(column));
}

/** Columns that a load can go on from, best first: times of a change, then other times, then whole numbers that name a row. */
function watermarksOf(columns: readonly SqlColumn[]): string[] {
  const times = columns.filter(({ type }) => TIME_TYPE.test(type));
  const named = times.filter(({ name }) => CHANGE_NAMES.test(name)).toSorted((a, b) => rank(a.name) - rank(b.name));
  const numbers = columns.filter(({ name, type }) => NUMBER_TYPE.test(type) && /(?:^|_)id$/i.test(name));
  return [...new Set([...named, ...times, ...numbers].map(({ name }) => name))];
}

const rank = (name: string) => (/^(?:updated|modified|changed|last_)/i.test(name) ? 0 : 1);

function definitionOf({ source, keys, watermarks }: SourceFacts, destination: string, database: string | undefined) {
  const id = String(source.id);
  const incremental = watermarks[0] === undefined ? {} : { incremental: { column: watermarks[0] } };
  const isTable = source.type === 'postgres' || source.type === 'table';
  const clean = isTable ? [] : [{ id: `${id}_clean`, sql: `select * from ${id}` }];
  const from = clean[0]?.id ?? id;
  return {
    name: `${id} to ${stepName(destination)}`,
    sources: [{ ...source, ...(source.type === 'files' ? {} : incremental) }],
    ...(clean.length === 0 ? {} : { transformations: clean }),
    checks: [
      ...(keys.length === 0
        ? []
        : [
            { on: from, type: 'not_null', columns: keys },
            { on: from, type: 'unique', columns: keys },
          ]),
      { on: from, type: 'row_count', min: 1, action: 'warn' },
    ],
    destination: destinationOf(destination, database, keys, source.type === 'files' || watermarks.length === 0),
    schedule: { cron: '0 3 * * *', time_zone: 'UTC' },
    retries: { attempts: 3, backoff_s: 10 },
  };
}

function destinationOf(destination: string, database: string | undefined, keys: readonly string[], whole: boolean) {
  if (isPath(destination))
    return { type: 'files', format: formatOf(destination), path: destination, mode: whole ? 'replace' : 'append' };
  const mode = keys.length > 0 ? { mode: 'upsert', keys } : { mode: whole ? 'replace' : 'append' };
  return { type: 'postgres', ...(database === undefined ? {} : { database }), table: destination, ...mode };
}

function describe({ source, columns, keys, watermarks }: SourceFacts, definition: unknown): string {
  const shown = columns.slice(0, MAX_COLUMNS).map(({ name, type }) => `${label(name)} ${label(type)}`);
  const more = columns.length > shown.length ? ` and ${columns.length - shown.length} more` : '';
  const listed = (names: readonly string[], none: string) => (names.length === 0 ? none : names.map(label).join(', '));
  return [
    `Draft a pipeline from ${quote(String(source.table ?? source.path))}. What is in the source, read just now:`,
    `- columns: ${shown.join(', ')}${more}`,
    `- primary key: ${listed(keys, 'none was found')}`,
    `- columns that an incremental load can go on from, best first: ${listed(watermarks, 'none')}`,
    '',
    'This definition is accepted by create_etl_pipeline as it is:',
    '```yaml',
    stringify(definition, { lineWidth: 0 }).trimEnd(),
    '```',
    '',
    'Ask what is to be computed, and write it as transformations (SQL that reads steps by their names; values as {{ parameter }}, without quotes).',
    'Add checks for what must hold, and correct the schedule. Then call create_etl_pipeline, read its warnings, call execute_pipeline, and look at get_pipeline_status.',
  ].join('\n');
}

const isPath = (text: string) =>
  /[\\/*]|^[a-z][a-z0-9+]*:|\.(?:csv|tsv|parquet|json|jsonl|ndjson|orc|avro)$/i.test(text);

function formatOf(path: string): string {
  const [, ending = 'parquet'] = /\.(csv|parquet|json|orc|avro)\b/i.exec(path) ?? [];
  return ending.toLowerCase();
}

/** A name for a step, of a table or a path. */
function stepName(text: string): string {
  const last =
    text
      .replace(/[\\/]+$/, '')
      .split(/[\\/]/)
      .at(-1) ?? '';
  const bare = isPath(text) ? last.replace(/\..*$/, '') : (last.split('.').at(-1) ?? '');
  const name = bare
    .replaceAll(/\W+/g, '_')
    .replace(/^(?=\d)/, '_')
    .slice(0, 40);
  return name === '' || name === '_' ? 'rows' : name;
}
