import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createPostgres, type PostgresConnector } from '../../src/connectors/postgres/connector.ts';
import { createSpark, type SparkConnector } from '../../src/connectors/spark/connector.ts';
import { openPipelines, type PipelinesUnderTest } from '../../src/pipelines/fixtures/pipelines-under-test.ts';
import { postgresConfiguration } from '../../src/pipelines/fixtures/postgres-configuration.ts';
import { openStore, type Store } from '../../src/store/open-store.ts';
import { type Postgres, startPostgres } from '../stack/postgres.ts';
import { type SparkConnectServer, startSparkConnect } from '../stack/spark-connect.ts';

const EXAMPLES = join(import.meta.dirname, '..', '..', 'examples', 'pipelines');

describe('pipelines on Spark', () => {
  let folder: string;
  let connect: SparkConnectServer;
  let server: Postgres;
  let store: Store;
  let spark: SparkConnector;
  let postgres: PostgresConnector;
  let room: PipelinesUnderTest;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'headgate-pipelines-spark-'));
    [connect, server] = await Promise.all([startSparkConnect(), startPostgres()]);
    store = await openStore({ path: join(folder, 'jobs.db') });
    const absent = () => Promise.reject(new Error('not used'));
    const operations = { start: absent, recoverWith: () => {}, get: absent, settled: absent, cancel: absent };
    const place = { token: null, master: null, masterUrl: null, submissionUrl: null, home: null };
    spark = createSpark(
      {
        ...place,
        remote: connect.remote,
        appName: 'headgate-test',
        roots: [folder],
        eventLogs: null,
        conf: {},
        maxJobs: 1,
        tenants: null,
      },
      {
        clock: Date.now,
        resolveSecret: async (secret) => String(secret),
        operations,
        jobs: store.jobs,
        folder,
        report: () => {},
      },
    );
    postgres = createPostgres(postgresConfiguration(server.url()), {
      clock: Date.now,
      resolveSecret: async (secret) => String(secret),
      spark: (tenant) => spark.engine(tenant),
      report: () => {},
    });
    const engine = (tenant: string) => {
      const found = spark.engine(tenant);
      if (found === null) throw new Error('Spark is not there.');
      return found;
    };
    room = await openPipelines({ platforms: { databases: postgres.databases, engine } });
    const options = { signal: new AbortController().signal };
    await engine('local').run(
      `create table events using parquet as
       select cast(id % 100 as bigint) as user_id, if(id % 2 = 0, 'click', 'view') as kind,
         timestamp '2026-01-01 00:00:00' + make_interval(0, 0, 0, cast(id % 3 as int)) as happened_at
       from range(3000)`,
      options,
    );
  }, 600_000);

  afterAll(async () => {
    await room?.close();
    await postgres?.close();
    await spark?.close();
    await store?.close();
    await Promise.all([connect?.stop(), server?.stop()]);
    await rm(folder, { recursive: true, force: true });
  });

  it('runs the example of a Spark table into PostgreSQL, day by day [pipelines.examples]', async () => {
    const definition = await readFile(join(EXAMPLES, 'spark-to-postgres.yaml'), 'utf8');
    const created = await room.call('create_etl_pipeline', { definition });
    expect(created.warnings).toEqual([]);
    const result = await room.call('execute_pipeline', {
      pipeline_id: created.pipeline_id,
      from: '2026-01-01',
      to: '2026-01-03',
      wait_s: 60,
    });
    expect(result.run).toMatchObject({ state: 'succeeded', error: null });
    expect(
      await server.run('select day::text, kind, events::int, users::int from events_by_day order by day, kind'),
    ).toEqual([
      { day: '2026-01-01', kind: 'click', events: 500, users: 50 },
      { day: '2026-01-01', kind: 'view', events: 500, users: 50 },
      { day: '2026-01-02', kind: 'click', events: 500, users: 50 },
      { day: '2026-01-02', kind: 'view', events: 500, users: 50 },
    ]);
  });

  it('joins rows of PostgreSQL with a Spark table on Spark [pipelines.moves-rows]', async () => {
    await server.run(
      "create table users (id bigint, name text); insert into users select i, 'u' || i from generate_series(0, 9) as i",
    );
    const { pipeline_id, warnings } = await room.call('create_etl_pipeline', {
      definition: {
        name: 'joined',
        sources: [
          { id: 'users', type: 'postgres', table: 'users' },
          { id: 'events', type: 'spark_table', table: 'events' },
        ],
        transformations: [
          { id: 'named', sql: 'select name, count(*) as n from events join users on user_id = users.id group by name' },
        ],
        checks: [{ on: 'named', type: 'unique', columns: ['name'] }],
        destination: { type: 'postgres', table: 'named', mode: 'replace' },
      },
    });
    expect(warnings).toEqual([]);
    expect((await room.call('execute_pipeline', { pipeline_id, wait_s: 60 })).run).toMatchObject({
      state: 'succeeded',
      error: null,
    });
    expect(await server.run('select count(*)::int as users, sum(n)::int as events from named')).toEqual([
      { users: 10, events: 300 },
    ]);
  });
});
