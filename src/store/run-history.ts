import type { Selectable } from 'kysely';
import type { KeptRun, RunHistoryPort, RunScope } from '../kernel/run-history.ts';
import { type Database, storable } from './database.ts';
import { BATCH_ROWS, removeInBatches } from './retention.ts';
import type { RunHistoryTable } from './schema.ts';

/** Rows in one statement; each takes thirteen parameters, and SQLite allows 32,766. */
const ROWS_A_STATEMENT = 200;
/** Longest part of a key, characters: an index of PostgreSQL takes 2,704 bytes, four of them a character. */
const KEY_CHARS = 300;
/** Names asked for in one statement. */
const NAMES_A_STATEMENT = 500;

/** The history of runs in the store. */
export function createRunHistory(database: Database, clock: () => number): RunHistoryPort {
  return {
    async keep(scope, runs) {
      const now = clock();
      const rows = [...new Map(runs.map((run) => [`${run.appId} ${run.attemptId}`, rowOf(scope, run, now)])).values()];
      for (let at = 0; at < rows.length; at += ROWS_A_STATEMENT) {
        await upsert(database, scope.tenant, rows.slice(at, at + ROWS_A_STATEMENT));
      }
    },
    known({ tenant, source }) {
      return database.statement(tenant, (queries) =>
        queries
          .selectFrom('run_history')
          .select(['path', 'state', 'engine', 'redaction'])
          .where('tenant', '=', tenant)
          .where('source', '=', source)
          .execute(),
      );
    },
    async find({ tenant, source }, { logicalNames, appId, redaction, limit, since, until }) {
      // PostgreSQL has no empty list.
      if (logicalNames?.length === 0) return [];
      if (logicalNames !== undefined && logicalNames.length > NAMES_A_STATEMENT) {
        throw new TypeError(`The store was asked for ${logicalNames.length} names at once.`);
      }
      const rows = await database.statement(tenant, (queries) => {
        let query = queries
          .selectFrom('run_history')
          .selectAll()
          .where('tenant', '=', tenant)
          .where('source', '=', source)
          .where('redaction', '=', redaction);
        if (logicalNames !== undefined) query = query.where('logical_name', 'in', logicalNames.map(keyText));
        if (appId !== undefined) query = query.where('app_id', '=', keyText(appId));
        if (since !== undefined) query = query.where('start_ms', '>=', since);
        if (until !== undefined) query = query.where('start_ms', '<=', until);
        return query.orderBy('at_ms', 'desc').orderBy('app_id').orderBy('attempt_id').limit(limit).execute();
      });
      return rows.map(toRun);
    },
  };
}

async function upsert(database: Database, tenant: string, rows: readonly RunHistoryTable[]): Promise<void> {
  await database.statement(tenant, (queries) =>
    queries
      .insertInto('run_history')
      .values(rows)
      .onConflict((conflict) =>
        conflict.columns(['tenant', 'source', 'app_id', 'attempt_id']).doUpdateSet(({ ref }) => ({
          logical_name: ref('excluded.logical_name'),
          logical_key: ref('excluded.logical_key'),
          path: ref('excluded.path'),
          state: ref('excluded.state'),
          engine: ref('excluded.engine'),
          redaction: ref('excluded.redaction'),
          start_ms: ref('excluded.start_ms'),
          at_ms: ref('excluded.at_ms'),
          record: ref('excluded.record'),
        })),
      )
      .execute(),
  );
}

/** Removes the runs of every tenant that began before a moment, in batches, until none is left or it is stopped. */
export async function removeRunsBefore(database: Database, moment: Date, signal?: AbortSignal): Promise<void> {
  const tenants = await database.tenantsIn('run_history');
  await removeInBatches(tenants, (tenant) => removeBatch(database, tenant, moment.getTime()), signal);
}

function removeBatch(database: Database, tenant: string, firstKept: number): Promise<number> {
  return database.transaction(tenant, async (queries) => {
    const old = await queries
      .selectFrom('run_history')
      .select('at_ms')
      .where('tenant', '=', tenant)
      .where('at_ms', '<', firstKept)
      .orderBy('at_ms')
      .limit(BATCH_ROWS)
      .execute();
    const last = old.at(-1);
    if (last === undefined) return 0;
    await queries.deleteFrom('run_history').where('tenant', '=', tenant).where('at_ms', '<=', last.at_ms).execute();
    return old.length;
  });
}

const keyText = (text: string): string => storable(text.slice(0, KEY_CHARS));

function rowOf({ tenant, source }: RunScope, run: KeptRun, now: number): RunHistoryTable {
  const start = run.startMs === null ? null : Math.round(run.startMs);
  return {
    tenant,
    source,
    app_id: keyText(run.appId),
    attempt_id: keyText(run.attemptId ?? ''),
    logical_name: keyText(run.logicalName),
    logical_key: storable(run.logicalKey),
    path: storable(run.path),
    state: run.state,
    engine: run.engine,
    redaction: run.redaction,
    start_ms: start,
    at_ms: start ?? now,
    record: storable(run.record),
  };
}

function toRun(row: Selectable<RunHistoryTable>): KeptRun {
  return {
    appId: row.app_id,
    attemptId: row.attempt_id === '' ? null : row.attempt_id,
    logicalName: row.logical_name,
    logicalKey: row.logical_key,
    path: row.path,
    state: row.state,
    engine: row.engine,
    redaction: row.redaction,
    startMs: row.start_ms,
    record: row.record,
  };
}
