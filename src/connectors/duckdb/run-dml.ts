import type { z } from 'zod';
import type { ApprovalNeed } from '../../kernel/approval.ts';
import { label, oneLine, quote } from '../../kernel/quote.ts';
import type { DmlResult } from '../../kernel/sql-result.ts';
import type { Cell } from '../../kernel/table.ts';
import type { Parameters, Prepared } from './channel.ts';
import type { Connection, Started } from './connection.ts';
import { type Loss, lossOf } from './guard/statement-guard.ts';
import type { LocalDatabase } from './local-database.ts';
import { boundParameters } from './parameters.ts';
import { prepareChecked, withConnection, withinTime, withNearest } from './statements.ts';

/** A write as a caller gives it. */
export interface DmlRequest {
  readonly sql: string;
  readonly parameters?: readonly unknown[] | Readonly<Record<string, unknown>> | undefined;
  readonly dry_run?: boolean | undefined;
}

/** Rows that a RETURNING hands over; more are counted only. */
const RETURNED_ROWS = 100;

type Dml = Omit<z.input<typeof DmlResult>, 'duration_ms'>;

/** Runs one write in a transaction of its own; a dry run rolls it back. Errors: those of the check and of DuckDB; nothing is changed then. */
export async function runDml(request: DmlRequest, database: LocalDatabase, signal: AbortSignal): Promise<Dml> {
  const within = withinTime(signal);
  const parameters = boundParameters(request.parameters);
  return withConnection(database, within, (connection) =>
    connection.transaction(
      within,
      async () => ({
        engine: 'duckdb' as const,
        database: 'local',
        dry_run: request.dry_run ?? false,
        ...(await changeRows(connection, database, request.sql, parameters, within)),
      }),
      request.dry_run === true ? 'rollback' : 'commit',
    ),
  );
}

/** Runs one write in the transaction that the connection is in. */
export async function changeRows(
  connection: Connection,
  database: LocalDatabase,
  sql: string,
  parameters: Parameters,
  signal: AbortSignal,
): Promise<Pick<Dml, 'command' | 'affected_rows' | 'returning'>> {
  const prepared = await prepareChecked(connection, database, { sql, parameters, purpose: 'write' }, signal);
  const { started, returning } = await performed(connection, parameters, signal);
  return {
    command: commandOf(prepared),
    affected_rows: affected(started, prepared, returning),
    ...(hasReturning(started) ? { returning: returned(started, returning) } : {}),
  };
}

/** Says whether a write needs somebody's yes. Tries it and rolls it back, to say how many rows it would take. */
export async function approvalOfDml(
  request: DmlRequest,
  database: LocalDatabase,
  signal: AbortSignal,
): Promise<ApprovalNeed | null> {
  if (request.dry_run === true) return null;
  const parameters = boundParameters(request.parameters);
  const prepared = await withConnection(database, signal, (connection) =>
    prepareChecked(connection, database, { sql: request.sql, parameters, purpose: 'write' }, signal),
  );
  const loss = lossOf(request.sql, prepared);
  if (loss === null) return null;
  const tried = await runDml({ ...request, dry_run: true }, database, signal);
  const affects = `It affects ${tried.affected_rows.toLocaleString('en-US')} rows.`;
  return {
    summary: `${commandOf(prepared)} ${LOSSES[loss]} in the local DuckDB database.`,
    plan: [`Run ${quote(oneLine(request.sql))}.`, ...(loss === 'every-row' ? [affects] : [])],
  };
}

const LOSSES: Readonly<Record<Loss, string>> = {
  'every-row': 'has no condition that limits it to some rows',
  dropped: 'removes what it names, with its rows,',
  replaced: 'puts something else in place of what it names',
};

async function performed(connection: Connection, parameters: Parameters, signal: AbortSignal) {
  try {
    const started = await connection.start(parameters, false, signal);
    const rows: (readonly Cell[])[] = [];
    let count = 0;
    for (let done = false; !done; ) {
      const fetched = await connection.fetch('cells', 10_000, signal);
      count += fetched.rows;
      rows.push(...(fetched.cells ?? []).slice(0, Math.max(0, RETURNED_ROWS - rows.length)));
      done = fetched.done;
    }
    return { started, returning: { rows, count } };
  } catch (error) {
    throw await withNearest(connection, error, signal);
  }
}

interface Returning {
  readonly rows: readonly (readonly Cell[])[];
  readonly count: number;
}

/** Without RETURNING a write answers with one column, the count of its rows. */
function hasReturning({ columns }: Started): boolean {
  return !(columns.length === 1 && (columns[0]?.name === 'Count' || columns[0]?.name === 'Success'));
}

function affected(started: Started, { type }: Prepared, { rows, count }: Returning): number {
  if (hasReturning(started)) return count;
  const first = rows[0]?.[0];
  if (started.columns[0]?.name === 'Count' && typeof first === 'number') return first;
  return type === 'CREATE' || type === 'ALTER' || type === 'DROP' ? 0 : started.changed;
}

function returned({ columns }: Started, { rows, count }: Returning) {
  return {
    columns: columns.map(({ name }) => name),
    types: columns.map(({ type }) => type),
    rows: rows.map((row) => [...row]),
    total: count,
    truncated: count > rows.length,
  };
}

function commandOf({ type }: Prepared): string {
  return label(type === 'MERGE_INTO' ? 'MERGE' : type);
}
