import type { Kysely } from 'kysely';
import { HeadgateError } from '../kernel/errors.ts';
import type { PipelineRecord, PipelinesPort } from '../kernel/pipelines.ts';
import { type Database, storable } from './database.ts';
import { createPipelineRuns } from './pipeline-runs.ts';
import type { PipelineTable, PipelineVersionTable, Schema } from './schema.ts';

type Queries = Kysely<Schema>;

/** Pipelines, their versions, runs and watermarks in the store. */
export function createPipelineRecords(database: Database): PipelinesPort {
  return {
    ...createPipelineRuns(database),
    create: (tenant, pipeline) =>
      database.transaction(tenant, async (queries) => {
        if ((await rowOf(queries, tenant, pipeline.id)) !== undefined) return;
        await requireFreeName(queries, tenant, pipeline);
        await queries
          .insertInto('pipelines')
          .values({
            tenant,
            id: pipeline.id,
            name: storable(pipeline.name),
            version: pipeline.version,
            paused: Number(pipeline.paused),
            due_at_ms: pipeline.dueAt,
            created_at_ms: pipeline.createdAt,
            updated_at_ms: pipeline.updatedAt,
            deleted_at_ms: pipeline.deletedAt,
          })
          .execute();
        await insertVersion(queries, tenant, pipeline);
      }),
    addVersion: (tenant, pipeline) =>
      database.transaction(tenant, async (queries) => {
        const { id, version } = pipeline;
        const known = await versionOf(queries, tenant, id, version);
        if (known?.definition === storable(pipeline.definition) && known.created_at_ms === pipeline.updatedAt) return;
        await requireFreeName(queries, tenant, pipeline);
        const { numUpdatedRows } = await queries
          .updateTable('pipelines')
          .set({
            version,
            name: storable(pipeline.name),
            due_at_ms: pipeline.dueAt,
            updated_at_ms: pipeline.updatedAt,
          })
          .where('tenant', '=', tenant)
          .where('id', '=', id)
          .where('version', '=', version - 1)
          .where('deleted_at_ms', 'is', null)
          .executeTakeFirstOrThrow();
        if (numUpdatedRows === 0n) throw changedMeanwhile(pipeline);
        await insertVersion(queries, tenant, pipeline);
      }),
    find: (tenant, idOrName, version) =>
      database.statement(tenant, async (queries) => {
        const row = (await rowOf(queries, tenant, idOrName)) ?? (await rowByName(queries, tenant, idOrName));
        if (row === undefined) return null;
        const found = await versionOf(queries, tenant, row.id, version ?? row.version);
        return found === undefined ? null : toPipeline(row, found);
      }),
    list: (tenant) =>
      database.statement(tenant, async (queries) => {
        const rows = await queries
          .selectFrom('pipelines')
          .innerJoin('pipeline_versions', (join) =>
            join
              .onRef('pipeline_versions.tenant', '=', 'pipelines.tenant')
              .onRef('pipeline_versions.pipeline_id', '=', 'pipelines.id')
              .onRef('pipeline_versions.version', '=', 'pipelines.version'),
          )
          .selectAll('pipelines')
          .select('pipeline_versions.definition')
          .where('pipelines.tenant', '=', tenant)
          .where('pipelines.deleted_at_ms', 'is', null)
          .orderBy('pipelines.name')
          .execute();
        return rows.map((row) => toPipeline(row, row));
      }),
    setPaused: (tenant, id, paused, dueAt, now) =>
      update(database, tenant, id, { paused: Number(paused), due_at_ms: dueAt, updated_at_ms: now }),
    setDue: (tenant, id, before, dueAt) =>
      database.statement(tenant, async (queries) => {
        await queries
          .updateTable('pipelines')
          .set({ due_at_ms: dueAt })
          .where('tenant', '=', tenant)
          .where('id', '=', id)
          .where('due_at_ms', '=', before)
          .execute();
      }),
    remove: (tenant, id, now) => update(database, tenant, id, { deleted_at_ms: now, due_at_ms: null }),
    tenants: () => database.tenantsIn('pipelines'),
  };
}

function update(database: Database, tenant: string, id: string, change: Partial<PipelineTable>): Promise<void> {
  return database.statement(tenant, async (queries) => {
    await queries.updateTable('pipelines').set(change).where('tenant', '=', tenant).where('id', '=', id).execute();
  });
}

function rowOf(queries: Queries, tenant: string, id: string) {
  return queries
    .selectFrom('pipelines')
    .selectAll()
    .where('tenant', '=', tenant)
    .where('id', '=', storable(id))
    .executeTakeFirst();
}

function rowByName(queries: Queries, tenant: string, name: string) {
  return queries
    .selectFrom('pipelines')
    .selectAll()
    .where('tenant', '=', tenant)
    .where('name', '=', storable(name))
    .where('deleted_at_ms', 'is', null)
    .executeTakeFirst();
}

function versionOf(queries: Queries, tenant: string, id: string, version: number) {
  return queries
    .selectFrom('pipeline_versions')
    .selectAll()
    .where('tenant', '=', tenant)
    .where('pipeline_id', '=', id)
    .where('version', '=', version)
    .executeTakeFirst();
}

async function insertVersion(queries: Queries, tenant: string, pipeline: PipelineRecord): Promise<void> {
  const row: PipelineVersionTable = {
    tenant,
    pipeline_id: pipeline.id,
    version: pipeline.version,
    created_at_ms: pipeline.updatedAt,
    definition: storable(pipeline.definition),
  };
  await queries.insertInto('pipeline_versions').values(row).execute();
}

async function requireFreeName(queries: Queries, tenant: string, { id, name }: PipelineRecord): Promise<void> {
  const other = await rowByName(queries, tenant, name);
  if (other === undefined || other.id === id) return;
  throw new HeadgateError('failed_precondition', `There is a pipeline ${JSON.stringify(name)} already.`, {
    hint: `Choose another name, or give it a new version with update_pipeline and pipeline_id ${other.id}.`,
    details: { pipeline_id: other.id },
  });
}

function changedMeanwhile({ id, version }: PipelineRecord): HeadgateError {
  return new HeadgateError('aborted', `The pipeline ${id} is no longer at version ${version - 1}.`, {
    hint: 'Read it again with get_pipeline, and change what it says now.',
  });
}

function toPipeline(row: PipelineTable, version: { version: number; definition: string }): PipelineRecord {
  return {
    id: row.id,
    name: row.name,
    version: version.version,
    definition: version.definition,
    paused: row.paused !== 0,
    dueAt: row.due_at_ms,
    createdAt: row.created_at_ms,
    updatedAt: row.updated_at_ms,
    deletedAt: row.deleted_at_ms,
  };
}
