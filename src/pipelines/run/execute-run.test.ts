import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HeadgateError } from '../../kernel/errors.ts';
import { openPipelines, type PipelinesUnderTest } from '../fixtures/pipelines-under-test.ts';
import { createSqlitePlatform, type Moment, type SqlitePlatform } from '../fixtures/sqlite-platform.ts';

const INCREMENTAL = {
  name: 'orders',
  sources: [{ id: 'orders', type: 'postgres', table: 'orders', incremental: { column: 'id' } }],
  transformations: [{ id: 'doubled', sql: 'select id, amount * 2 as amount from orders' }],
  destination: { type: 'postgres', table: 'target', mode: 'append' },
  retries: { attempts: 3, backoff_s: 0 },
};

describe('a run of a pipeline', () => {
  let platform: SqlitePlatform;
  let room: PipelinesUnderTest;
  let fault: (moment: Moment, signal: AbortSignal | undefined) => void | Promise<void>;

  const open = async (engine = true) => {
    platform = createSqlitePlatform({ before: (moment, signal) => fault(moment, signal), engine });
    platform.run('create table orders (id bigint, amount bigint, day text)');
    platform.run("insert into orders values (1, 10, '2026-01-01'), (2, 20, '2026-01-01'), (3, 30, '2026-01-02')");
    room = await openPipelines({ platforms: platform.platforms });
  };

  beforeEach(async () => {
    fault = () => {};
    await open();
  });

  afterEach(async () => {
    await room.close();
    platform.close();
  });

  const create = async (definition: unknown) =>
    (await room.call('create_etl_pipeline', { definition })).pipeline_id as string;
  const execute = async (pipeline_id: string, more = {}) =>
    (await room.call('execute_pipeline', { pipeline_id, wait_s: 10, ...more })).run;
  const target = () => platform.run('select id, amount from target order by id, amount');
  const failOnce = (at: Moment, error: Error) => {
    let left = 1;
    fault = (moment) => {
      if (moment !== at || left === 0) return;
      left -= 1;
      throw error;
    };
  };

  it('moves rows through SQL and counts them for each step [pipelines.moves-rows]', async () => {
    const run = await execute(await create({ ...INCREMENTAL, name: 'counted' }));
    expect(run.state).toBe('succeeded');
    expect(run.steps.rows.map((row: unknown[]) => row.slice(0, 6))).toEqual([
      ['orders', 'source', 'succeeded', 1, null, null],
      ['doubled', 'transformation', 'succeeded', 1, 3, 3],
      ['load', 'destination', 'succeeded', 1, 3, 3],
    ]);
    expect(target()).toEqual([
      { id: 1, amount: 20 },
      { id: 2, amount: 40 },
      { id: 3, amount: 60 },
    ]);
  });

  it('computes in the database where there is no engine [pipelines.in-database]', async () => {
    await room.close();
    platform.close();
    await open(false);
    const id = await create({
      ...INCREMENTAL,
      parameters: { least: { type: 'integer', default: 20 } },
      transformations: [{ id: 'large', sql: 'select id, amount from orders where amount >= {{ least }}' }],
    });
    expect((await execute(id)).state).toBe('succeeded');
    expect(target()).toEqual([
      { id: 2, amount: 20 },
      { id: 3, amount: 30 },
    ]);
  });

  it('loads each row of an incremental source once [pipelines.incremental]', async () => {
    const id = await create(INCREMENTAL);
    expect((await execute(id)).watermarks).toEqual([{ source: 'orders', before: null, after: '3' }]);
    expect((await execute(id)).watermarks).toEqual([{ source: 'orders', before: '3', after: '3' }]);
    platform.run("insert into orders values (4, 40, '2026-01-03')");
    expect((await execute(id)).watermarks).toEqual([{ source: 'orders', before: '3', after: '4' }]);
    expect(target().map(({ id: order }) => order)).toEqual([1, 2, 3, 4]);
    expect((await room.call('get_pipeline', { pipeline_id: id })).watermarks).toEqual([
      { source: 'orders', value: '4' },
    ]);
  });

  it('has its windows in the store before it reads [pipelines.incremental]', async () => {
    const id = await create(INCREMENTAL);
    let windows: unknown;
    fault = async (moment) => {
      if (moment !== 'load') return;
      windows = (await room.call('get_pipeline_status', { pipeline_id: id })).run.watermarks;
    };
    await execute(id);
    expect(windows).toEqual([{ source: 'orders', before: null, after: '3' }]);
  });

  it('leaves rows that are newer than the lag for a later run [pipelines.lag]', async () => {
    const sources = [{ ...INCREMENTAL.sources[0], incremental: { column: 'id', lag: 1 } }];
    const id = await create({ ...INCREMENTAL, sources });
    await execute(id);
    expect(target().map(({ id: order }) => order)).toEqual([1, 2]);
    platform.run("insert into orders values (5, 50, '2026-01-03')");
    await execute(id);
    expect(target().map(({ id: order }) => order)).toEqual([1, 2, 3]);
  });

  it('stops before any destination at a check, with rows that break it [pipelines.checks]', async () => {
    const checks = [
      { on: 'orders', type: 'unique', columns: ['day'] },
      { on: 'doubled', type: 'range', column: 'amount', max: 100, action: 'warn' },
    ];
    const id = await create({ ...INCREMENTAL, checks });
    const run = await execute(id);
    expect(run).toMatchObject({
      state: 'failed',
      error: { code: 'failed_precondition', step: 'orders', details: { check: 'unique(day)', bad_rows: 1 } },
    });
    expect(run.error.details.samples).toEqual(['«{"day":"2026-01-01","times":2}»']);
    expect(platform.run("select name from sqlite_master where name = 'target'")).toEqual([]);
  });

  it('goes on after a check that warns [pipelines.checks]', async () => {
    const checks = [
      { on: 'orders', type: 'not_null', columns: ['id', 'amount'] },
      { on: 'orders', type: 'row_count', min: 1, max: 3 },
      { on: 'doubled', type: 'range', column: 'amount', max: 50, action: 'warn' },
      { on: 'orders', type: 'schema', columns: { id: 'BIGINT', absent: null }, action: 'warn' },
    ];
    const run = await execute(await create({ ...INCREMENTAL, checks }));
    expect(run.state).toBe('succeeded');
    expect(run.checks.map(({ check, ok, found }: Record<string, unknown>) => [check, ok, found])).toEqual([
      ['not_null(id, amount)', true, 'no row breaks it'],
      ['row_count', true, '3 rows, 1 to 3 are wanted'],
      ['schema', false, 'absent is missing'],
      ['range(amount)', false, '1 row outside of -∞ to 50'],
    ]);
  });

  it('tries again what can pass, and nothing else [pipelines.retries]', async () => {
    failOnce('load', new HeadgateError('unavailable', 'The database went away.'));
    const run = await execute(await create(INCREMENTAL));
    expect(run.state).toBe('succeeded');
    expect(run.steps.rows.map((row: unknown[]) => row[3])).toEqual([1, 1, 2]);
    failOnce('load', new HeadgateError('permission_denied', 'No right.'));
    const other = await execute(await create({ ...INCREMENTAL, name: 'other' }));
    expect(other).toMatchObject({ state: 'failed', error: { code: 'permission_denied', step: 'load' } });
    expect(other.steps.rows.at(-1)[3]).toBe(1);
  });

  it('keeps what the platform said, with the step [pipelines.errors-named]', async () => {
    const id = await create(INCREMENTAL);
    platform.run('alter table orders rename column amount to total');
    expect((await execute(id)).error).toMatchObject({
      code: 'not_found',
      message: 'no such column: amount',
      step: 'doubled',
      details: { sql_state: '42000' },
    });
  });

  it('resumes where it failed, with the rows that it was planned with [pipelines.resume]', async () => {
    const destinations = [
      { id: 'first', type: 'postgres', table: 'target', mode: 'append' },
      { id: 'second', type: 'postgres', table: 'copy', mode: 'append' },
    ];
    const { destination: _one, ...rest } = INCREMENTAL;
    const id = await create({ ...rest, destinations });
    let loads = 0;
    fault = (moment) => {
      if (moment === 'load' && ++loads === 2) throw new HeadgateError('permission_denied', 'No right.');
    };
    const failed = await execute(id);
    expect(failed).toMatchObject({ state: 'failed', error: { step: 'second' } });
    platform.run("insert into orders values (9, 90, '2026-01-09')");
    fault = () => {};
    await expect(execute(id)).rejects.toMatchObject({
      code: 'failed_precondition',
      hint: `Resume it first, with resume_from ${failed.execution_id}.`,
    });
    const resumed = await execute(id, { resume_from: failed.execution_id });
    expect(resumed).toMatchObject({ state: 'succeeded', resumed_from: failed.execution_id, trigger: 'resume' });
    expect(target()).toEqual(platform.run('select id, amount from copy order by id'));
    expect(target()).toHaveLength(3);
    await execute(id);
    expect(target().map(({ id: order }) => order)).toEqual([1, 2, 3, 9]);
  });

  it('does not resume what succeeded, or what a later run loaded [pipelines.half-loaded]', async () => {
    const id = await create(INCREMENTAL);
    fault = (moment) => {
      if (moment === 'load') throw new HeadgateError('invalid_argument', 'A column does not fit.');
    };
    const failed = await execute(id);
    fault = () => {};
    const done = await execute(id);
    expect(done.state).toBe('succeeded');
    for (const resume_from of [failed.execution_id, done.execution_id]) {
      await expect(execute(id, { resume_from })).rejects.toMatchObject({ code: 'failed_precondition' });
    }
    expect(target()).toHaveLength(3);
  });

  it('runs once at a time unless the definition allows more [pipelines.one-at-a-time]', async () => {
    const held = Promise.withResolvers<void>();
    const started = Promise.withResolvers<void>();
    const id = await create(INCREMENTAL);
    const plain = {
      ...INCREMENTAL,
      name: 'twice',
      concurrency: 2,
      sources: [{ id: 'orders', type: 'postgres', table: 'orders' }],
    };
    const twice = await create(plain);
    fault = (moment) => {
      if (moment !== 'load') return;
      started.resolve();
      return held.promise;
    };
    const first = await execute(id, { wait_s: 0 });
    await started.promise;
    await expect(execute(id)).rejects.toMatchObject({
      code: 'failed_precondition',
      details: { execution_id: first.execution_id },
    });
    await execute(twice, { wait_s: 0 });
    await execute(twice, { wait_s: 0 });
    await expect(execute(twice)).rejects.toMatchObject({ code: 'failed_precondition' });
    held.resolve();
    await room.operations.settled('local', first.operation_id, 5_000);
  });

  it('ends as cancelled and loads nothing when it is cancelled [pipelines.cancel]', async () => {
    const id = await create(INCREMENTAL);
    const started = Promise.withResolvers<void>();
    fault = (moment, signal) => {
      if (moment !== 'load') return;
      started.resolve();
      return new Promise((_resolve, reject) => signal?.addEventListener('abort', () => reject(signal.reason)));
    };
    const { execution_id, operation_id } = await execute(id, { wait_s: 0 });
    await started.promise;
    expect(await room.call('cancel_pipeline_run', { execution_id })).toMatchObject({ cancel_requested: true });
    expect((await room.operations.settled('local', operation_id, 5_000)).state).toBe('cancelled');
    expect((await room.call('get_pipeline_status', { execution_id })).run).toMatchObject({
      state: 'cancelled',
      error: { code: 'cancelled' },
    });
    expect(platform.run("select name from sqlite_master where name = 'target'")).toEqual([]);
  });

  it('fails with deadline_exceeded after its timeout [pipelines.timeout]', async () => {
    const id = await create({ ...INCREMENTAL, timeout_s: 0.2 });
    fault = (moment, signal) =>
      moment === 'load'
        ? new Promise((_resolve, reject) => signal?.addEventListener('abort', () => reject(signal.reason)))
        : undefined;
    expect(await execute(id)).toMatchObject({ state: 'failed', error: { code: 'deadline_exceeded' } });
  });

  it('backfills each day in order and leaves the watermark as it is [pipelines.backfill]', async () => {
    const id = await create({
      name: 'by day',
      sources: [
        {
          id: 'orders',
          type: 'postgres',
          query: 'select * from orders where day >= substr({{ day }}, 1, 10) and run = {{ run.date }}',
        },
      ],
      parameters: { day: { type: 'string', default: '2026-01-01' } },
      destination: { type: 'postgres', table: 'target', mode: 'append' },
    });
    platform.run('alter table orders add column run');
    const result = await room.call('execute_pipeline', {
      pipeline_id: id,
      from: '2026-01-01',
      to: '2026-01-04',
      wait_s: 10,
    });
    expect(result.execution_ids).toHaveLength(3);
    const { runs } = await room.call('list_pipeline_runs', { pipeline_id: id });
    expect(runs.rows.map((row: unknown[]) => [row[0], row[3], row[4]])).toEqual(
      result.execution_ids.toReversed().map((execution: string) => [execution, 'succeeded', 'backfill']),
    );
    expect((await room.call('get_pipeline', { pipeline_id: id })).watermarks).toEqual([]);
  });
});
