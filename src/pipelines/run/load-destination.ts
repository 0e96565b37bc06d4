import { HeadgateError } from '../../kernel/errors.ts';
import type { RelationalDatabase } from '../../kernel/relational-database.ts';
import type { ArrowRows, SqlSession } from '../../kernel/sql-engine.ts';
import { identifier, render, sql } from '../definition/bound-sql.ts';
import { bindPath, bindTable } from '../definition/parameters.ts';
import type { Destination } from '../definition/schema.ts';
import type { StepContext, StepRows } from './stage-step.ts';
import type { EngineChoice } from './staging.ts';

type TableDestination = Extract<Destination, { type: 'postgres' | 'table' }>;

/** Which load this is. */
export interface LoadName {
  /** First run of those that were resumed: a load has one effect for all of them. */
  readonly rootId: string;
  /** True: it was begun before, and nobody knows how it ended. */
  readonly repeated: boolean;
}

/**
 * Loads the rows of a destination, with one effect however often it is repeated. Errors: those of the platform;
 * `failed_precondition` where a repeat could add rows twice.
 */
export async function loadDestination(
  destination: Destination,
  name: LoadName,
  context: StepContext,
): Promise<StepRows> {
  const { staging } = context;
  if (destination.type === 'postgres')
    return loadTable(staging.database(destination.database), destination, name, context);
  if (destination.type === 'table') {
    const local = staging.localDatabase();
    if (local !== null) return loadTable(local, destination, name, context);
    throw new HeadgateError(
      'failed_precondition',
      `The destination ${destination.id} is a local table, and there is no local database.`,
      {
        hint: 'Set local.enabled to true in the configuration, or use type: postgres.',
      },
    );
  }
  if (destination.type === 'files') return writeFiles(destination, name, context);
  return writeSparkTable(destination, name, context);
}

async function loadTable(
  database: RelationalDatabase,
  destination: TableDestination,
  { rootId }: LoadName,
  { staging, parameters }: StepContext,
): Promise<StepRows> {
  const parts = bindTable(destination.table, parameters).split('.');
  const rows = watched(await staging.rowsOf(staging.relation(destination.from)));
  try {
    const { rows: count } = await database.load(
      rows,
      {
        schema: parts.length > 1 ? parts.slice(0, -1).join('.') : null,
        table: parts.at(-1) ?? '',
        mode: destination.mode,
        keys: destination.keys,
        create: destination.create,
        loadId: `${rootId}/${destination.id}`,
      },
      staging.options(),
    );
    return { rowsIn: count, rowsOut: count };
  } finally {
    await rows.end();
  }
}

/** Rows whose query ends with `end`, also when nobody took any of them, as a load that was made before does not. */
function watched(rows: ArrowRows): ArrowRows & { end(): Promise<void> } {
  const chunks = rows.chunks[Symbol.asyncIterator]();
  let begun = false;
  const next = () => {
    begun = true;
    return chunks.next();
  };
  const end = async () => {
    // A generator that never began would not run what ends its query.
    if (!begun) await next();
    await chunks.return?.();
  };
  const iterator = {
    next,
    return: async () => {
      await end();
      return { done: true as const, value: undefined };
    },
  };
  return { columns: rows.columns, chunks: { [Symbol.asyncIterator]: () => iterator }, end };
}

/** Replacing repeats itself; what is added goes to a folder of the run's own, which is replaced. */
async function writeFiles(
  destination: Extract<Destination, { type: 'files' }>,
  { rootId }: LoadName,
  context: StepContext,
): Promise<StepRows> {
  const { staging, definition, parameters, times } = context;
  const relation = staging.relation(destination.from);
  const choice: EngineChoice =
    definition.engine === 'spark' || definition.engine === 'duckdb' ? definition.engine : null;
  const session = relation.in === 'engine' ? relation.session : await staging.session(choice);
  const base = bindPath(destination.path, parameters, times);
  const path = destination.mode === 'append' ? `${base.replace(/\/+$/, '')}/run=${rootId}` : base;
  const { format, options } = destination;
  const files = { format, path, ...(options === undefined ? {} : { options }) };
  const query = await selectAll(destination, session, context);
  const rowsOut = await staging.onSession(session, () =>
    session.writeFiles(query, files, 'replace', staging.options()),
  );
  return { rowsIn: rowsOut, rowsOut };
}

async function writeSparkTable(
  destination: Extract<Destination, { type: 'spark_table' }>,
  { repeated }: LoadName,
  context: StepContext,
): Promise<StepRows> {
  const { staging, parameters } = context;
  const { mode, keys, table } = destination;
  if (repeated && mode === 'append') {
    throw new HeadgateError(
      'failed_precondition',
      `Nobody knows whether ${destination.id} added its rows to ${table} before it was interrupted.`,
      {
        hint: 'Look into the table. Then execute the pipeline again, with mode replace or upsert where rows may not come twice.',
      },
    );
  }
  const session = await staging.session('spark');
  const query = await selectAll(destination, session, context);
  const rowsOut = await staging.onSession(session, () =>
    session.writeTable(query, bindTable(table, parameters), mode, keys, staging.options()),
  );
  return { rowsIn: rowsOut, rowsOut };
}

async function selectAll({ from }: Destination, session: SqlSession, { staging }: StepContext): Promise<string> {
  await staging.bring(from, session);
  return render(sql`select * from ${identifier(from)}`, session.engine).sql;
}
