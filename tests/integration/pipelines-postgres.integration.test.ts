import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createPostgres, type PostgresConnector } from '../../src/connectors/postgres/connector.ts';
import { HeadgateError } from '../../src/kernel/errors.ts';
import type { PipelinePlatforms } from '../../src/kernel/pipelines.ts';
import { openPipelines, type PipelinesUnderTest } from '../../src/pipelines/fixtures/pipelines-under-test.ts';
import { postgresConfiguration } from '../../src/pipelines/fixtures/postgres-configuration.ts';
import type { KillMoment, UntilKilled } from '../../src/pipelines/fixtures/run-until-killed.ts';
import { type Postgres, startPostgres } from '../stack/postgres.ts';

const REPOSITORY = join(import.meta.dirname, '..', '..');
const LEASE_MS = 2_000;

let server: Postgres;

beforeAll(async () => {
  server = await startPostgres();
});

afterAll(() => server.stop());

describe('pipelines on PostgreSQL', () => {
  let folder: string;
  let url: string;
  let database: string;
  let postgres: PostgresConnector;
  let platforms: PipelinePlatforms;
  let room: PipelinesUnderTest;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'headgate-pipelines-'));
    const login = await server.createDatabase();
    database = login.database;
    url = server.url(login);
    await server.run(
      `create table orders (order_id bigint primary key, customer text, amount numeric(12,2), placed_at timestamptz not null, updated_at timestamptz not null);
       insert into orders select i, 'c' || i % 7, i / 3.0, now() - interval '2 days', timestamptz '2026-01-01 00:00:00Z' + i * interval '1 millisecond' from generate_series(1, 20000) as i`,
      login,
    );
    postgres = createPostgres(postgresConfiguration(url), {
      clock: Date.now,
      resolveSecret: async (secret) => String(secret),
      spark: () => null,
      report: () => {},
    });
    platforms = {
      databases: postgres.databases,
      engine: () => {
        throw new HeadgateError('failed_precondition', 'No engine for SQL is configured.');
      },
    };
    room = await openPipelines({ platforms, storeAt: { path: join(folder, 'store.db') }, leaseMs: LEASE_MS });
  });

  afterEach(async () => {
    await room.close();
    await postgres.close();
    await rm(folder, { recursive: true, force: true });
  });

  const read = (sql: string) => server.run(sql, { database });
  const execute = async (pipeline_id: string, more = {}) =>
    (await room.call('execute_pipeline', { pipeline_id, wait_s: 60, ...more })).run;

  it('runs the example of an incremental load, and again with what changed [pipelines.examples]', async () => {
    const definition = await readFile(join(REPOSITORY, 'examples/pipelines/postgres-incremental.yaml'), 'utf8');
    const created = await room.call('create_etl_pipeline', { definition });
    expect(created.warnings).toEqual([]);
    const first = await execute(created.pipeline_id);
    expect(first).toMatchObject({ state: 'succeeded', error: null });
    expect(await read('select count(*)::int as n, sum(amount)::text as total from reporting_orders')).toEqual([
      { n: 20_000, total: (await read('select sum(amount)::text as total from orders'))[0]?.total },
    ]);
    await read("update orders set amount = 1000, updated_at = '2026-02-01' where order_id = 5");
    const second = await execute(created.pipeline_id);
    expect(second.steps.rows.at(-1).slice(0, 6)).toEqual(['load', 'destination', 'succeeded', 1, 1, 1]);
    expect(await read('select count(*)::int as n, max(amount)::text as most from reporting_orders')).toEqual([
      { n: 20_000, most: '6666.67' },
    ]);
    expect(await read('select amount::text from reporting_orders where order_id = 5')).toEqual([{ amount: '1000.00' }]);
  });

  it('keeps the destination when a check stops, and says which rows [pipelines.checks]', async () => {
    await read("insert into orders values (20001, null, -5, now(), '2026-03-01')");
    const { pipeline_id } = await room.call('create_etl_pipeline', {
      definition: {
        name: 'checked',
        sources: [{ id: 'orders', type: 'postgres', table: 'orders' }],
        checks: [
          { on: 'orders', type: 'range', column: 'amount', min: 0, action: 'warn' },
          { on: 'orders', type: 'freshness', column: 'updated_at', max_age_s: 1, action: 'warn' },
          { on: 'orders', type: 'unique', columns: ['order_id'] },
          { on: 'orders', type: 'schema', columns: { order_id: 'bigint', amount: 'numeric(12,2)' } },
          { on: 'orders', type: 'not_null', columns: ['customer'] },
        ],
        destination: { type: 'postgres', table: 'checked', mode: 'replace' },
      },
    });
    const run = await execute(pipeline_id);
    expect(run).toMatchObject({ state: 'failed', error: { code: 'failed_precondition', step: 'orders' } });
    expect(run.checks.map(({ ok }: { ok: boolean }) => ok)).toEqual([false, false, true, true, false]);
    expect(run.error.details.samples[0]).toMatch(/^«\{"order_id":20001,"customer":null,"amount":"-5.00"/);
    expect(await read("select to_regclass('checked') as found")).toEqual([{ found: null }]);
  });

  it('passes on what the server says, with the step [pipelines.errors-named]', async () => {
    const created = await room.call('create_etl_pipeline', {
      definition: {
        name: 'wrong',
        sources: [{ id: 'orders', type: 'postgres', query: 'select * from order_s where placed_at < {{ run.to }}' }],
        destination: { type: 'postgres', table: 'x' },
      },
    });
    expect(created.warnings).toHaveLength(1);
    const run = await execute(created.pipeline_id, { from: '2026-01-01', to: '2026-01-02' });
    expect(run.error).toMatchObject({ code: 'not_found', step: 'load', details: { sql_state: '42P01' } });
  });

  it('backfills days into a table, each once [pipelines.backfill]', async () => {
    await read("update orders set updated_at = timestamptz '2026-01-01 00:00:00Z' + order_id * interval '10 seconds'");
    const { pipeline_id } = await room.call('create_etl_pipeline', {
      definition: {
        name: 'days',
        sources: [{ id: 'orders', type: 'postgres', table: 'orders', incremental: { column: 'updated_at' } }],
        destination: { type: 'postgres', table: 'days', mode: 'append' },
      },
    });
    const result = await room.call('execute_pipeline', {
      pipeline_id,
      from: '2026-01-01',
      to: '2026-01-04',
      wait_s: 60,
    });
    expect(result.execution_ids).toHaveLength(3);
    expect(result.run.state).toBe('succeeded');
    expect(await read('select count(*)::int as n, count(distinct order_id)::int as ids from days')).toEqual([
      { n: 20_000, ids: 20_000 },
    ]);
  });

  it('drafts a definition of the real schema, which is accepted as it is [pipelines.template]', async () => {
    const [prompt] = room.pipelines.prompts;
    const text = await prompt?.render({ source: 'public.orders', destination: 'orders_copy' }, room.context);
    expect(text).toContain('- primary key: order_id');
    expect(text).toContain('best first: updated_at, placed_at, order_id');
    const [, definition] = /```yaml\n([\s\S]*?)```/.exec(String(text)) ?? [];
    const created = await room.call('create_etl_pipeline', { definition });
    expect(created.warnings).toEqual([]);
    expect(await execute(created.pipeline_id)).toMatchObject({ state: 'succeeded' });
    expect(await read('select count(*)::int as n from orders_copy')).toEqual([{ n: 20_000 }]);
  });

  it.each<KillMoment>(['before-load', 'during-load', 'after-commit'])(
    'has one effect when its process is killed %s [pipelines.one-effect]',
    async (moment) => {
      const { pipeline_id } = await room.call('create_etl_pipeline', {
        definition: {
          name: 'killed',
          sources: [{ id: 'orders', type: 'postgres', table: 'orders', incremental: { column: 'updated_at' } }],
          destination: { type: 'postgres', table: 'target', mode: 'append' },
        },
      });
      const told: UntilKilled = {
        storePath: join(folder, 'store.db'),
        url,
        pipelineId: pipeline_id,
        moment,
        leaseMs: LEASE_MS,
      };
      expect(await runUntilKilled(told)).toBe('SIGKILL');
      await read("insert into orders values (30000, 'late', 1, now(), '2026-06-01')");
      await room.operations.open();
      const { run } = await room.call('get_pipeline_status', { pipeline_id });
      expect(run.state).toBe('running');
      await room.operations.settled('local', run.operation_id, 60_000);
      expect((await room.call('get_pipeline_status', { pipeline_id })).run).toMatchObject({
        state: 'succeeded',
        error: null,
      });
      const count = 'select count(*)::int as n, count(distinct order_id)::int as ids from target';
      expect(await read(count)).toEqual([{ n: 20_000, ids: 20_000 }]);
      expect(await execute(pipeline_id)).toMatchObject({ state: 'succeeded' });
      expect(await read(count)).toEqual([{ n: 20_001, ids: 20_001 }]);
    },
  );
});

/** The signal that a worker ended by. */
function runUntilKilled(told: UntilKilled): Promise<string | null> {
  const script = join(REPOSITORY, 'src/pipelines/fixtures/run-until-killed.ts');
  const child = spawn(process.execPath, [script, JSON.stringify(told)], { stdio: ['ignore', 'inherit', 'inherit'] });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (_code, signal) => resolve(signal));
  });
}
