import type { Kysely } from 'kysely';
import { HeadgateError } from '../kernel/errors.ts';
import type {
  Begun,
  PipelineRunFilter,
  PipelineRunRecord,
  PipelineRunState,
  PipelinesPort,
  RunsToBegin,
  WatermarkMove,
} from '../kernel/pipelines.ts';
import { type Database, storable } from './database.ts';
import type { PipelineRunTable, Schema } from './schema.ts';

type Queries = Kysely<Schema>;
type RunsPort = Pick<
  PipelinesPort,
  | 'begin'
  | 'attach'
  | 'run'
  | 'runs'
  | 'claim'
  | 'renew'
  | 'save'
  | 'finish'
  | 'release'
  | 'requestCancel'
  | 'watermarks'
  | 'abandoned'
>;

const ACTIVE = ['queued', 'running'];

/** Runs of pipelines and their watermarks in the store. */
export function createPipelineRuns(database: Database): RunsPort {
  const change = (tenant: string, id: string, set: Partial<PipelineRunTable>) =>
    database.statement(tenant, async (queries) => {
      await queries
        .updateTable('pipeline_runs')
        .set(set)
        .where('tenant', '=', tenant)
        .where('id', '=', id)
        .where('state', 'in', ACTIVE)
        .execute();
    });
  return {
    begin: (tenant, runs) => database.transaction(tenant, (queries) => begin(queries, tenant, runs)),
    attach: (tenant, batchId, operationId) =>
      database.statement(tenant, async (queries) => {
        await queries
          .updateTable('pipeline_runs')
          .set({ operation_id: operationId })
          .where('tenant', '=', tenant)
          .where('batch_id', '=', batchId)
          .execute();
      }),
    run: (tenant, id) =>
      database.statement(tenant, async (queries) => {
        const row = await rowOf(queries, tenant, id);
        return row === undefined ? null : toRun(row);
      }),
    runs: (tenant, filter) => database.statement(tenant, (queries) => findRuns(queries, tenant, filter)),
    claim: (tenant, id, lease, now) =>
      database.transaction(tenant, async (queries) => {
        await queries
          .updateTable('pipeline_runs')
          .set({ lease_owner: lease.owner, lease_until_ms: lease.until })
          .where('tenant', '=', tenant)
          .where('id', '=', id)
          .where('state', 'in', ACTIVE)
          .where((where) => where.or([where('lease_owner', '=', lease.owner), where('lease_until_ms', '<=', now)]))
          .execute();
        const row = await rowOf(queries, tenant, id);
        return row?.lease_owner === lease.owner && ACTIVE.includes(row.state) ? toRun(row) : null;
      }),
    renew: (tenant, id, lease) =>
      database.statement(tenant, async (queries) => {
        const { numUpdatedRows } = await held(queries, tenant, id, lease.owner)
          .set({ lease_until_ms: lease.until })
          .executeTakeFirstOrThrow();
        const row = await rowOf(queries, tenant, id);
        return { held: numUpdatedRows > 0n, cancelRequested: row?.cancel_requested === 1 };
      }),
    save: (tenant, id, owner, { state, detail, startedAt }) =>
      database.statement(tenant, async (queries) => {
        const { numUpdatedRows } = await held(queries, tenant, id, owner)
          .set({ state, detail: storable(detail), started_at_ms: startedAt })
          .executeTakeFirstOrThrow();
        return numUpdatedRows > 0n;
      }),
    finish: (tenant, id, owner, { state, detail, endedAt, watermarks }) =>
      database.transaction(tenant, async (queries) => {
        const row = await rowOf(queries, tenant, id);
        if (row?.lease_owner !== owner) return false;
        // The same call again, after its answer was lost.
        if (row.state === state && row.ended_at_ms === endedAt) return true;
        if (!ACTIVE.includes(row.state)) return false;
        for (const move of watermarks) await moveWatermark(queries, tenant, row.pipeline_id, move);
        await held(queries, tenant, id, owner)
          .set({ state, detail: storable(detail), ended_at_ms: endedAt, lease_until_ms: 0 })
          .execute();
        return true;
      }),
    release: (tenant, id, owner) =>
      database.statement(tenant, async (queries) => {
        await held(queries, tenant, id, owner).set({ lease_until_ms: 0 }).execute();
      }),
    requestCancel: (tenant, id) => change(tenant, id, { cancel_requested: 1 }),
    watermarks: (tenant, pipelineId) =>
      database.statement(tenant, (queries) =>
        queries
          .selectFrom('pipeline_watermarks')
          .select(['source', 'value', 'type'])
          .where('tenant', '=', tenant)
          .where('pipeline_id', '=', pipelineId)
          .orderBy('source')
          .execute(),
      ),
    abandoned: (tenant, before) =>
      database.statement(tenant, async (queries) => {
        const rows = await queries
          .selectFrom('pipeline_runs')
          .selectAll()
          .where('tenant', '=', tenant)
          .where('state', 'in', ACTIVE)
          .where('lease_until_ms', '<', before)
          .where('created_at_ms', '<', before)
          .orderBy('created_at_ms')
          .orderBy('id')
          .execute();
        return rows.map(toRun);
      }),
  };
}

async function begin(queries: Queries, tenant: string, toBegin: RunsToBegin): Promise<Begun> {
  const { pipelineId, runs, concurrency, dueAt } = toBegin;
  const [first] = runs;
  if (first === undefined) throw new TypeError('The store was asked to begin no run.');
  if ((await rowOf(queries, tenant, first.id)) !== undefined) return { kind: 'begun' };
  if (first.scheduledFor !== null && (await isTaken(queries, tenant, pipelineId, first.scheduledFor))) {
    return { kind: 'taken' };
  }
  const active = await queries
    .selectFrom('pipeline_runs')
    .select(['id', 'batch_id'])
    .where('tenant', '=', tenant)
    .where('pipeline_id', '=', pipelineId)
    .where('state', 'in', ACTIVE)
    .orderBy('created_at_ms')
    .execute();
  if (new Set(active.map((row) => row.batch_id)).size >= concurrency)
    return { kind: 'busy', runId: active[0]?.id ?? '' };
  await queries
    .insertInto('pipeline_runs')
    .values(runs.map((run) => toRow(tenant, run)))
    .execute();
  if (dueAt !== undefined) {
    const set = { due_at_ms: dueAt };
    await queries.updateTable('pipelines').set(set).where('tenant', '=', tenant).where('id', '=', pipelineId).execute();
  }
  return { kind: 'begun' };
}

async function isTaken(queries: Queries, tenant: string, pipelineId: string, scheduledFor: number): Promise<boolean> {
  const row = await queries
    .selectFrom('pipeline_runs')
    .select('id')
    .where('tenant', '=', tenant)
    .where('pipeline_id', '=', pipelineId)
    .where('scheduled_for_ms', '=', scheduledFor)
    .executeTakeFirst();
  return row !== undefined;
}

async function findRuns(queries: Queries, tenant: string, filter: PipelineRunFilter) {
  const { pipelineId, states, batchId, since, limit, offset = 0 } = filter;
  let query = queries.selectFrom('pipeline_runs').where('tenant', '=', tenant);
  if (pipelineId !== undefined) query = query.where('pipeline_id', '=', pipelineId);
  if (states !== undefined) query = query.where('state', 'in', [...states]);
  if (batchId !== undefined) query = query.where('batch_id', '=', batchId);
  if (since !== undefined) query = query.where('created_at_ms', '>=', since);
  const counted = await query.select(({ fn }) => fn.countAll<number | string>().as('count')).executeTakeFirstOrThrow();
  const rows = await query
    .selectAll()
    .orderBy('created_at_ms', 'desc')
    .orderBy('id', 'desc')
    .limit(limit)
    .offset(offset)
    .execute();
  return { runs: rows.map(toRun), total: Number(counted.count) };
}

async function moveWatermark(queries: Queries, tenant: string, pipelineId: string, move: WatermarkMove): Promise<void> {
  const { source, value, type, before } = move;
  const found = await queries
    .selectFrom('pipeline_watermarks')
    .select('value')
    .where('tenant', '=', tenant)
    .where('pipeline_id', '=', pipelineId)
    .where('source', '=', source)
    .executeTakeFirst();
  if ((found?.value ?? null) !== before) {
    throw new HeadgateError('aborted', `Another run moved the watermark of the source ${source} meanwhile.`, {
      hint: 'Execute the pipeline again: it goes on from where the other run ended.',
    });
  }
  await queries
    .insertInto('pipeline_watermarks')
    .values({ tenant, pipeline_id: pipelineId, source, value: storable(value), type })
    .onConflict((conflict) =>
      conflict
        .columns(['tenant', 'pipeline_id', 'source'])
        .doUpdateSet(({ ref }) => ({ value: ref('excluded.value'), type: ref('excluded.type') })),
    )
    .execute();
}

function held(queries: Queries, tenant: string, id: string, owner: string) {
  return queries
    .updateTable('pipeline_runs')
    .where('tenant', '=', tenant)
    .where('id', '=', id)
    .where('lease_owner', '=', owner)
    .where('state', 'in', ACTIVE);
}

function rowOf(queries: Queries, tenant: string, id: string) {
  return queries
    .selectFrom('pipeline_runs')
    .selectAll()
    .where('tenant', '=', tenant)
    .where('id', '=', storable(id))
    .executeTakeFirst();
}

function toRow(tenant: string, run: PipelineRunRecord): PipelineRunTable {
  return {
    tenant,
    id: run.id,
    pipeline_id: run.pipelineId,
    version: run.version,
    state: run.state,
    trigger_kind: run.trigger,
    subject: storable(run.subject),
    root_id: run.rootId,
    batch_id: run.batchId,
    scheduled_for_ms: run.scheduledFor,
    operation_id: run.operationId,
    cancel_requested: Number(run.cancelRequested),
    lease_owner: null,
    lease_until_ms: 0,
    created_at_ms: run.createdAt,
    started_at_ms: run.startedAt,
    ended_at_ms: run.endedAt,
    detail: storable(run.detail),
  };
}

function toRun(row: PipelineRunTable): PipelineRunRecord {
  return {
    id: row.id,
    pipelineId: row.pipeline_id,
    version: row.version,
    state: row.state as PipelineRunState,
    trigger: row.trigger_kind as PipelineRunRecord['trigger'],
    subject: row.subject,
    rootId: row.root_id,
    batchId: row.batch_id,
    scheduledFor: row.scheduled_for_ms,
    operationId: row.operation_id,
    cancelRequested: row.cancel_requested === 1,
    createdAt: row.created_at_ms,
    startedAt: row.started_at_ms,
    endedAt: row.ended_at_ms,
    detail: row.detail,
  };
}
