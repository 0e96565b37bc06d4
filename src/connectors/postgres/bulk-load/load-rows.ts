import type { ClientBase } from 'pg';
import { HeadgateError } from '../../../kernel/errors.ts';
import { label } from '../../../kernel/quote.ts';
import type { LoadStatistics, LoadTarget } from '../../../kernel/relational-database.ts';
import type { ArrowRows, SqlOptions } from '../../../kernel/sql-engine.ts';
import type { Database } from '../databases.ts';
import { quoteName, quoteRelation } from '../names.ts';
import { sqlStateOf } from '../postgres-error.ts';
import { writing } from '../sessions.ts';
import { columnDefinitions, type PlannedColumn, planColumns, sourceColumns } from './column-plan.ts';
import { copyIn } from './copy-in.ts';
import { copyBytes, type Passed, readSchema } from './copy-stream.ts';
import { holdName, makeLedger, type RecordedLoad, recordedLoad, recordLoad } from './ledger.ts';
import { type Merged, mergeStaging, upsertKeys } from './merge.ts';
import { findTable, noSuchTable, type TargetTable } from './target-table.ts';

/** Rows that go by between two reports of progress. */
const PROGRESS_ROWS = 50_000;
const STAGING = 'pg_temp.headgate_staging';

/**
 * Loads rows by binary COPY in one transaction; what is promised stands at `RelationalDatabase.load`. Appended rows go straight into
 * the table, all others through a temporary one, so that the table is locked for the last step alone.
 */
export async function loadRows(
  database: Database,
  rows: ArrowRows,
  target: LoadTarget,
  options: SqlOptions,
): Promise<LoadStatistics> {
  const started = performance.now();
  const source = openSource(rows);
  try {
    return await writeOnce(database, target, options.signal, async (client, found, schema) => {
      const passed: Passed = { rows: 0, bytes: 0 };
      const load = { client, database, target, options, source, passed };
      const { merged, created } = await runLoad(load, found, schema);
      return { ...merged, ...passed, durationMs: performance.now() - started, created, alreadyLoaded: false };
    });
  } finally {
    await source.end();
  }
}

/**
 * Runs a load once for each `loadId`: it is looked up, waited for and written down in the transaction of the work.
 * Errors: those of the work; `failed_precondition` when the connection broke while the server committed.
 */
export async function writeOnce(
  database: Database,
  target: LoadTarget,
  signal: AbortSignal,
  work: (client: ClientBase, found: TargetTable | null, schema: string) => Promise<LoadStatistics>,
): Promise<LoadStatistics> {
  const started = performance.now();
  const { loadId, table } = target;
  if (loadId !== undefined) await ensureLedger(database, target, signal);
  try {
    return await writing(database, { signal }, async (client) => {
      // A load takes as long as its rows take; its caller may cancel it.
      await client.query('set local statement_timeout = 0; set local idle_in_transaction_session_timeout = 0');
      const { schema, found } = await findTable(client, target.schema, table);
      const before = loadId === undefined ? null : await recordedLoad(client, schema, table, loadId);
      if (before !== null) return repeated(before, performance.now() - started);
      const statistics = await work(client, found, schema);
      if (loadId !== undefined) await recordLoad(client, { schema, table, loadId }, statistics);
      return statistics;
    });
  } catch (error) {
    if (sqlStateOf(error) !== '08007' || loadId === undefined || !(error instanceof HeadgateError)) throw error;
    throw new HeadgateError('unavailable', error.message, {
      hint: `Run it again with the same load_id (${label(loadId)}): rows that were committed are not loaded twice.`,
      details: { ...error.details, load_id: loadId },
      cause: error,
    });
  }
}

function repeated(before: RecordedLoad, durationMs: number): LoadStatistics {
  return { ...before, bytes: 0, durationMs, created: false, alreadyLoaded: true };
}

async function ensureLedger(database: Database, { schema, table }: LoadTarget, signal: AbortSignal): Promise<void> {
  await writing(database, { signal }, async (client) =>
    makeLedger(client, (await findTable(client, schema, table)).schema),
  );
}

/** What the steps of one load share. */
interface Load {
  readonly client: ClientBase;
  readonly database: Database;
  readonly target: LoadTarget;
  readonly options: SqlOptions;
  readonly source: Source;
  readonly passed: Passed;
}

async function runLoad(
  load: Load,
  found: TargetTable | null,
  schema: string,
): Promise<{ merged: Merged; created: boolean }> {
  const { client, target, source } = load;
  if (found === null && !target.create) throw await noSuchTable(client, schema, target.table);
  const keys = await keysOf(client, target, found);
  const direct = found === null || (target.mode === 'append' && isCopied(found));
  if (found !== null && direct) {
    // Its columns stay what they are from here on; whoever reads or writes rows is not in the way.
    await client.query(`lock table ${found.sqlName} in row exclusive mode`);
  }
  const first = await source.schema();
  const table = found === null ? await createTable(client, target, schema, first, keys) : await again(client, found);
  const columns = planColumns(first, table, keys);
  if (!direct || columns.some(({ castTo }) => castTo !== null)) {
    return { merged: await loadStaged(load, table, columns, keys), created: found === null };
  }
  const options = found === null ? ', freeze' : '';
  await copy(load, table.sqlName, columns, options);
  return { merged: { inserted: load.passed.rows, updated: 0 }, created: found === null };
}

/** The table as it is now: its columns may have changed while its first rows were waited for. */
async function again(client: ClientBase, { schema, table }: TargetTable): Promise<TargetTable> {
  const { found } = await findTable(client, schema, table);
  if (found !== null) return found;
  throw await noSuchTable(client, schema, table);
}

/** COPY takes tables, and not those whose rows are guarded one by one. */
const isCopied = ({ kind, rowSecurity }: TargetTable) => kind !== 'v' && !rowSecurity;

/** Keys of an upsert; other modes have none. Errors: `invalid_argument`, `failed_precondition`. */
export async function keysOf(
  client: ClientBase,
  { mode, keys }: LoadTarget,
  found: TargetTable | null,
): Promise<readonly string[]> {
  if (mode !== 'upsert') return [];
  if (found !== null) return upsertKeys(client, found, keys);
  if (keys.length > 0) return keys;
  throw new HeadgateError('invalid_argument', 'An upsert into a new table needs keys.', {
    hint: 'Pass keys: [column, …]; they become its primary key.',
  });
}

/** Makes the table from the columns of the rows. */
export async function createTable(
  client: ClientBase,
  { table }: LoadTarget,
  schema: string,
  columns: Parameters<typeof columnDefinitions>[0],
  keys: readonly string[],
): Promise<TargetTable> {
  const definitions = columnDefinitions(columns, quoteName);
  const primary = keys.length === 0 ? [] : [`primary key (${keys.map(quoteName).join(', ')})`];
  // Of two that make it at once, the second finds it.
  await holdName(client, 'create', schema, table);
  await client.query(
    `create table ${quoteRelation({ schema, name: table })} (${[...definitions, ...primary].join(', ')})`,
  );
  const { found } = await findTable(client, schema, table);
  if (found === null) throw new Error(`the table that was made is not there: ${schema}.${table}`);
  return found;
}

/** Temporary, because such a table is written to no log, is seen by nobody else, and is gone with the transaction whatever happens. */
async function loadStaged(
  load: Load,
  target: TargetTable,
  columns: readonly PlannedColumn[],
  keys: readonly string[],
): Promise<Merged> {
  const {
    client,
    target: { mode },
  } = load;
  await client.query(`create temporary table ${STAGING} (${stagingColumns(columns, keys)}) on commit drop`);
  await copy(load, STAGING, columns, '');
  return mergeStaging(client, { staging: STAGING, target, columns, mode, keys });
}

/** Columns of a staging table: those of the target, of its constraints only what a row cannot do without. */
export function stagingColumns(columns: readonly PlannedColumn[], keys: readonly string[]): string {
  return columns
    .map(
      ({ name, sqlType, notNull }) =>
        `${quoteName(name)} ${sqlType}${notNull || keys.includes(name) ? ' not null' : ''}`,
    )
    .join(', ');
}

async function copy(load: Load, table: string, columns: readonly PlannedColumn[], options: string): Promise<void> {
  const { client, database, source, passed } = load;
  const { signal, onProgress } = load.options;
  const names = columns.map(({ name }) => quoteName(name)).join(', ');
  let reported = 0;
  const sent = () => {
    if (passed.rows - reported < PROGRESS_ROWS) return;
    reported = passed.rows;
    onProgress?.({ done: passed.rows, message: 'rows' });
  };
  await copyIn(
    client,
    `copy ${table} (${names}) from stdin (format binary${options})`,
    (allocate) => copyBytes(source.chunks(), columns, passed, allocate),
    { database: database.name, signal, sent },
  );
}

/** The rows, whose first chunk is looked at before any is loaded. */
interface Source {
  /** Columns with their types. Errors: those of the query. */
  schema(): Promise<ReturnType<typeof sourceColumns>>;
  /** All chunks, the first one included. */
  chunks(): AsyncGenerator<Uint8Array>;
  /** Ends the query when its rows were not all taken. */
  end(): Promise<void>;
}

function openSource(rows: ArrowRows): Source {
  const iterator = rows.chunks[Symbol.asyncIterator]();
  let first: IteratorResult<Uint8Array> | null = null;
  let pending = false;
  const next = async () => {
    pending = true;
    const result = await iterator.next();
    pending = false;
    return result;
  };
  const take = async () => {
    first ??= await next();
    return first;
  };
  return {
    async schema() {
      const { done, value } = await take();
      if (done || value === undefined) throw new HeadgateError('unavailable', 'The rows came without their columns.');
      return sourceColumns(readSchema(value), rows.columns);
    },
    async *chunks() {
      let chunk = await take();
      while (!chunk.done) {
        yield chunk.value;
        chunk = await next();
      }
    },
    end: async () => {
      const ended = Promise.resolve(iterator.return?.());
      // A source that is asked for rows ends after them; what failed is said without waiting for that.
      if (pending) ended.catch(() => {});
      else await ended;
    },
  };
}
