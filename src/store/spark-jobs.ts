import type { Selectable } from 'kysely';
import type { ErrorBody } from '../kernel/errors.ts';
import type {
  SparkJob,
  SparkJobChange,
  SparkJobFilter,
  SparkJobOwner,
  SparkJobState,
  SparkJobsPort,
} from '../kernel/spark-jobs.ts';
import { type Database, storable } from './database.ts';
import type { SparkJobTable } from './schema.ts';

const ACTIVE: ReadonlySet<SparkJobState> = new Set(['submitted', 'running']);

/** Jobs of Spark in the store. */
export function createSparkJobs(database: Database): SparkJobsPort {
  return {
    create: (job, maxActive) => create(database, job, maxActive),
    async find(tenant, id) {
      const row = await database.statement(tenant, (queries) =>
        queries
          .selectFrom('spark_jobs')
          .selectAll()
          .where('tenant', '=', tenant)
          .where('id', '=', storable(id))
          .executeTakeFirst(),
      );
      return row === undefined ? null : toJob(row);
    },
    list: (tenant, filter) => list(database, tenant, filter),
    async update(tenant, id, change) {
      const columns = columnsOf(change);
      const result = await database.statement(tenant, (queries) =>
        queries
          .updateTable('spark_jobs')
          .set(columns)
          .where('tenant', '=', tenant)
          .where('id', '=', storable(id))
          .where('active', '=', 1)
          .executeTakeFirst(),
      );
      return Number(result.numUpdatedRows) > 0;
    },
    async takeOver(owner) {
      const taken: SparkJob[] = [];
      for (const tenant of await database.tenantsIn('spark_jobs'))
        taken.push(...(await takeOf(database, tenant, owner)));
      return taken;
    },
    async release(owner) {
      for (const tenant of await database.tenantsIn('spark_jobs')) {
        await database.statement(tenant, (queries) =>
          queries
            .updateTable('spark_jobs')
            .set({ owner: null, owned_until_ms: null })
            .where('tenant', '=', tenant)
            .where('active', '=', 1)
            .where('owner', '=', owner)
            .execute(),
        );
      }
    },
  };
}

/** A transaction of a tenant is alone: two that come at once cannot both be the last one. */
function create(database: Database, job: SparkJob, maxActive: number): Promise<boolean> {
  return database.transaction(job.tenant, async (queries) => {
    const { active } = await queries
      .selectFrom('spark_jobs')
      .select(({ fn }) => fn.countAll().as('active'))
      .where('tenant', '=', job.tenant)
      .where('active', '=', 1)
      .where('id', '<>', job.id)
      .executeTakeFirstOrThrow();
    if (Number(active) >= maxActive) return false;
    await queries
      .insertInto('spark_jobs')
      .values(rowOf(job))
      .onConflict((conflict) => conflict.columns(['tenant', 'id']).doNothing())
      .execute();
    return true;
  });
}

async function list(database: Database, tenant: string, { states, since, until, limit, offset }: SparkJobFilter) {
  // PostgreSQL has no empty list.
  if (states?.length === 0) return { jobs: [], total: 0 };
  const [rows, total] = await database.statement(tenant, async (queries) => {
    let query = queries.selectFrom('spark_jobs').where('tenant', '=', tenant);
    if (states !== undefined) query = query.where('state', 'in', [...states]);
    if (since !== undefined) query = query.where('created_at_ms', '>=', since);
    if (until !== undefined) query = query.where('created_at_ms', '<', until);
    const found = await query
      .selectAll()
      .orderBy('created_at_ms', 'desc')
      .orderBy('id')
      .limit(limit)
      .offset(offset)
      .execute();
    const { counted } = await query.select(({ fn }) => fn.countAll().as('counted')).executeTakeFirstOrThrow();
    return [found, Number(counted)] as const;
  });
  return { jobs: rows.map(toJob), total };
}

function takeOf(database: Database, tenant: string, by: SparkJobOwner): Promise<SparkJob[]> {
  return database.transaction(tenant, async (queries) => {
    const rows = await queries
      .selectFrom('spark_jobs')
      .selectAll()
      .where('tenant', '=', tenant)
      .where('active', '=', 1)
      .execute();
    const mine = rows.filter((row) => isFor(row, by));
    if (mine.length === 0) return [];
    const owned = { owner: by.owner, owned_until_ms: by.until };
    await queries
      .updateTable('spark_jobs')
      .set(owned)
      .where('tenant', '=', tenant)
      .where('active', '=', 1)
      .where(
        'id',
        'in',
        mine.map(({ id }) => id),
      )
      .execute();
    return mine.map((row) => toJob({ ...row, ...owned }));
  });
}

/** Its own jobs; those that nobody looks after, of this machine or of none; those of a machine that was silent for long. */
function isFor(row: Selectable<SparkJobTable>, { owner, host, now, abandonedBefore }: SparkJobOwner): boolean {
  if (row.owner === owner) return true;
  const until = row.owner === null ? null : row.owned_until_ms;
  if (until !== null && until > now) return false;
  if (row.host === null || row.host === host) return true;
  return (row.owned_until_ms ?? row.created_at_ms) < abandonedBefore;
}

function rowOf(job: SparkJob): SparkJobTable {
  return {
    tenant: job.tenant,
    id: job.id,
    subject: storable(job.subject),
    name: storable(job.name),
    via: job.via,
    created_at_ms: job.createdAt,
    ...(columnsOf(job) as Omit<SparkJobTable, 'tenant' | 'id' | 'subject' | 'name' | 'via' | 'created_at_ms'>),
  };
}

function columnsOf(change: SparkJobChange): Partial<SparkJobTable> {
  const { state, record, error } = change;
  const columns: { [C in keyof SparkJobTable]?: SparkJobTable[C] | undefined } = {
    state,
    active: state === undefined ? undefined : Number(ACTIVE.has(state)),
    record: record === undefined ? undefined : storable(record),
    application_id: change.applicationId,
    started_at_ms: change.startedAt,
    ended_at_ms: change.endedAt,
    error: error === undefined ? undefined : error && storable(JSON.stringify(error)),
    cancel_requested: change.cancelRequested === undefined ? undefined : Number(change.cancelRequested),
    host: change.host,
    owner: change.owner,
    owned_until_ms: change.ownedUntil,
  };
  return Object.fromEntries(Object.entries(columns).filter(([, value]) => value !== undefined));
}

function toJob(row: Selectable<SparkJobTable>): SparkJob {
  return {
    id: row.id,
    tenant: row.tenant,
    subject: row.subject,
    name: row.name,
    via: row.via as SparkJob['via'],
    state: row.state as SparkJobState,
    record: row.record,
    applicationId: row.application_id,
    createdAt: row.created_at_ms,
    startedAt: row.started_at_ms,
    endedAt: row.ended_at_ms,
    error: row.error === null ? null : (JSON.parse(row.error) as ErrorBody),
    cancelRequested: row.cancel_requested === 1,
    host: row.host,
    owner: row.owner,
    ownedUntil: row.owned_until_ms,
  };
}
