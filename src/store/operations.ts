import { type Selectable, type SelectQueryBuilder, sql } from 'kysely';
import type { ErrorBody } from '../kernel/errors.ts';
import type {
  Operation,
  OperationEnding,
  OperationFilter,
  OperationRecordsPort,
  OperationState,
  OrphanedOperation,
} from '../kernel/operation.ts';
import type { Output, Progress } from '../kernel/tool.ts';
import { type Database, storable } from './database.ts';
import { removeInBatches } from './retention.ts';
import type { OperationTable, Schema } from './schema.ts';

/** Rows removed in one transaction, fewer than elsewhere: results can be large. */
const BATCH_ROWS = 500;

/** Everything but what can be large. */
const HEAD = [
  'tenant',
  'id',
  'subject',
  'tool',
  'title',
  'state',
  'progress',
  'cancel_requested',
  'created_at_ms',
  'updated_at_ms',
  'ended_at_ms',
  'error',
] as const;

/** Operations in the store. What changes a running one names its owner, so that a process which lost it changes nothing. */
export function createOperationRecords(database: Database): OperationRecordsPort {
  return {
    async create({ id, tenant, subject, tool, title, createdAt, payload }, lease) {
      const row: OperationTable = {
        tenant,
        id,
        subject: storable(subject),
        tool: storable(tool),
        title: storable(title),
        state: 'running',
        progress: null,
        cancel_requested: 0,
        owner: lease.owner,
        lease_until_ms: lease.until,
        crashes: 0,
        payload: payload === null ? null : JSON.stringify(payload),
        result: null,
        error: null,
        created_at_ms: createdAt,
        updated_at_ms: createdAt,
        ended_at_ms: null,
      };
      await database.statement(tenant, (queries) =>
        queries
          .insertInto('operations')
          .values(row)
          .onConflict((conflict) => conflict.columns(['tenant', 'id']).doNothing())
          .execute(),
      );
    },
    find: (tenant, id) => find(database, tenant, id),
    list: (tenant, filter) => list(database, tenant, filter),
    async renew({ tenant, id, now }, lease, progress) {
      const row = await database.statement(tenant, (queries) =>
        queries
          .updateTable('operations')
          .set({
            lease_until_ms: lease.until,
            ...(progress === null ? {} : { ...progressOf(progress), updated_at_ms: now }),
          })
          .where('tenant', '=', tenant)
          .where('id', '=', id)
          .where('owner', '=', lease.owner)
          .where('state', '=', 'running')
          .returning('cancel_requested')
          .executeTakeFirst(),
      );
      return row === undefined ? null : { cancelRequested: row.cancel_requested === 1 };
    },
    async end({ tenant, id, now }, owner, ending) {
      const row = await database.statement(tenant, (queries) =>
        queries
          .updateTable('operations')
          .set({ ...endOf(ending), updated_at_ms: now, ended_at_ms: now })
          .where('tenant', '=', tenant)
          .where('id', '=', id)
          .where('owner', '=', owner)
          // Writing the same end again says that it is written: a connection may have broken in between.
          .where('state', 'in', ['running', ending.state])
          .returning('id')
          .executeTakeFirst(),
      );
      return row !== undefined;
    },
    async release(tenant, id, owner) {
      await database.statement(tenant, (queries) =>
        queries
          .updateTable('operations')
          .set({ owner: '', lease_until_ms: 0 })
          .where('tenant', '=', tenant)
          .where('id', '=', id)
          .where('owner', '=', owner)
          .where('state', '=', 'running')
          .execute(),
      );
    },
    async requestCancel(tenant, id, now) {
      await database.statement(tenant, (queries) =>
        queries
          .updateTable('operations')
          .set({ cancel_requested: 1, updated_at_ms: now })
          .where('tenant', '=', tenant)
          .where('id', '=', id)
          .where('state', '=', 'running')
          .execute(),
      );
      return find(database, tenant, id);
    },
    async takeOver(now, lease, limit) {
      const taken: OrphanedOperation[] = [];
      for (const tenant of await database.tenantsIn('operations')) {
        const rows = await takeOverOf(database, tenant, { now, lease, limit });
        taken.push(...rows.map(toOrphaned));
      }
      return taken;
    },
  };
}

async function find(database: Database, tenant: string, id: string): Promise<Operation | null> {
  const row = await database.statement(tenant, (queries) =>
    queries
      .selectFrom('operations')
      .select([...HEAD, 'result'])
      .where('tenant', '=', tenant)
      .where('id', '=', storable(id))
      .executeTakeFirst(),
  );
  return row === undefined ? null : toOperation(row);
}

async function list(database: Database, tenant: string, filter: OperationFilter) {
  const chosen = <O>(query: SelectQueryBuilder<Schema, 'operations', O>) => {
    let narrowed = query.where('tenant', '=', tenant);
    if (filter.states !== undefined) narrowed = narrowed.where('state', 'in', filter.states);
    if (filter.tool !== undefined) narrowed = narrowed.where('tool', '=', storable(filter.tool));
    return narrowed;
  };
  // PostgreSQL has no empty list.
  if (filter.states?.length === 0) return { operations: [], total: 0 };
  return database.statement(tenant, async (queries) => {
    const rows = await chosen(queries.selectFrom('operations').select(HEAD))
      .orderBy('created_at_ms', 'desc')
      .orderBy('id', 'desc')
      .limit(filter.limit)
      .offset(filter.offset ?? 0)
      .execute();
    const counted = await chosen(
      queries.selectFrom('operations').select(({ fn }) => fn.countAll<number | string>().as('total')),
    ).executeTakeFirst();
    return { operations: rows.map((row) => toOperation({ ...row, result: null })), total: Number(counted?.total ?? 0) };
  });
}

/** One statement: a row that another process takes at the same moment no longer fits when this one gets to it. */
function takeOverOf(
  database: Database,
  tenant: string,
  { now, lease, limit }: { now: number; lease: { owner: string; until: number }; limit: number },
) {
  return database.statement(tenant, (queries) =>
    queries
      .updateTable('operations')
      .set({
        owner: lease.owner,
        lease_until_ms: lease.until,
        // One that was given back has no lease: nothing died.
        crashes: sql<number>`crashes + case when lease_until_ms > 0 then 1 else 0 end`,
      })
      .where('tenant', '=', tenant)
      .where('state', '=', 'running')
      .where('lease_until_ms', '<', now)
      .where('id', 'in', (choose) =>
        choose
          .selectFrom('operations')
          .select('id')
          .where('tenant', '=', tenant)
          .where('state', '=', 'running')
          .where('lease_until_ms', '<', now)
          .orderBy('lease_until_ms')
          .limit(limit),
      )
      .returning([...HEAD, 'result', 'payload', 'crashes'])
      .execute(),
  );
}

/** Removes the ended operations of every tenant from before a moment, in batches, until none is left or it is stopped. */
export async function removeOperationsBefore(database: Database, moment: Date, signal?: AbortSignal): Promise<void> {
  const tenants = await database.tenantsIn('operations');
  const remove = (tenant: string) => removeBatch(database, tenant, moment.getTime());
  await removeInBatches(tenants, remove, signal, BATCH_ROWS);
}

async function removeBatch(database: Database, tenant: string, firstKept: number): Promise<number> {
  const removed = await database.statement(tenant, (queries) =>
    queries
      .deleteFrom('operations')
      .where('tenant', '=', tenant)
      .where('id', 'in', (choose) =>
        choose
          .selectFrom('operations')
          .select('id')
          .where('tenant', '=', tenant)
          .where('ended_at_ms', '<', firstKept)
          .limit(BATCH_ROWS),
      )
      .returning('id')
      .execute(),
  );
  return removed.length;
}

function progressOf(progress: Progress | null): { progress?: string } {
  return progress === null ? {} : { progress: JSON.stringify(progress) };
}

function endOf(ending: OperationEnding) {
  const { state, progress } = ending;
  // What it was begun from may be large, and is of no use any more.
  const shared = { state, payload: null, ...progressOf(progress) };
  if (ending.state === 'succeeded') return { ...shared, result: JSON.stringify(ending.result) };
  return { ...shared, error: JSON.stringify(ending.error) };
}

type Head = Pick<Selectable<OperationTable>, (typeof HEAD)[number] | 'result'>;

function toOperation(row: Head): Operation {
  return {
    id: row.id,
    tenant: row.tenant,
    subject: row.subject,
    tool: row.tool,
    title: row.title,
    state: row.state as OperationState,
    progress: parsed<Progress>(row.progress),
    cancelRequested: row.cancel_requested === 1,
    createdAt: row.created_at_ms,
    updatedAt: row.updated_at_ms,
    endedAt: row.ended_at_ms,
    result: parsed<Output>(row.result),
    error: parsed<ErrorBody>(row.error),
  };
}

function toOrphaned(row: Head & Pick<Selectable<OperationTable>, 'payload' | 'crashes'>): OrphanedOperation {
  return { ...toOperation(row), payload: parsed<Output>(row.payload), crashes: row.crashes };
}

function parsed<T>(json: string | null): T | null {
  return json === null ? null : (JSON.parse(json) as T);
}
