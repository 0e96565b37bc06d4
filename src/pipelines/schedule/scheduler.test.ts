import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { openPipelines, type PipelinesUnderTest } from '../fixtures/pipelines-under-test.ts';
import { createSqlitePlatform, type SqlitePlatform } from '../fixtures/sqlite-platform.ts';

const DEFINITION = {
  name: 'hourly',
  sources: [{ id: 'orders', type: 'postgres', table: 'orders' }],
  destination: { type: 'postgres', table: 'target', mode: 'append' },
  schedule: { cron: '0 * * * *', catch_up: 'all' },
};

describe('the scheduler', () => {
  let folder: string;
  let platform: SqlitePlatform;
  let rooms: PipelinesUnderTest[];
  let now: number;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'headgate-scheduler-'));
    platform = createSqlitePlatform();
    platform.run('create table orders (id bigint)');
    platform.run('insert into orders values (1)');
    rooms = [];
    now = Date.parse('2026-01-01T00:30:00Z');
  });

  afterEach(async () => {
    await Promise.all(rooms.map((room) => room.close()));
    platform.close();
    rmSync(folder, { recursive: true, force: true });
  });

  async function open(): Promise<PipelinesUnderTest> {
    const storeAt = { path: join(folder, 'store.db') };
    const room = await openPipelines({ platforms: platform.platforms, clock: () => now, storeAt });
    rooms.push(room);
    return room;
  }

  const runsOf = async (room: PipelinesUnderTest) =>
    (await room.call('list_pipeline_runs', {})).runs.rows as unknown[][];
  const settle = (room: PipelinesUnderTest, count: number) =>
    vi.waitFor(
      async () => {
        const rows = await runsOf(room);
        expect(rows.map((row) => row[3])).toEqual(Array.from({ length: count }, () => 'succeeded'));
      },
      { timeout: 10_000, interval: 50 },
    );

  it('runs a moment once, whatever the number of processes that look at it [pipelines.schedule-once]', async () => {
    const [first] = await Promise.all([open(), open(), open()]);
    await first.call('create_etl_pipeline', { definition: DEFINITION });
    now = Date.parse('2026-01-01T02:10:00Z');
    for (const { pipelines } of rooms) pipelines.start();
    await settle(first, 2);
    expect(platform.run('select count(*) as n from target')).toEqual([{ n: 2 }]);
    const views = await Promise.all(
      (await runsOf(first)).map(([execution_id]) => first.call('get_pipeline_status', { execution_id })),
    );
    expect(views.map(({ run }) => [run.trigger, run.from, run.to]).toSorted()).toEqual([
      ['schedule', '2026-01-01T00:00:00.000Z', '2026-01-01T01:00:00.000Z'],
      ['schedule', '2026-01-01T01:00:00.000Z', '2026-01-01T02:00:00.000Z'],
    ]);
    expect(views[0]?.next_run_at).toBe('2026-01-01T03:00:00.000Z');
  });

  it('leaves a paused pipeline alone, which can still be executed [pipelines.paused]', async () => {
    const room = await open();
    await room.call('create_etl_pipeline', { definition: DEFINITION });
    expect(await room.call('pause_pipeline', { pipeline_id: 'hourly' })).toMatchObject({
      paused: true,
      next_run_at: null,
    });
    now = Date.parse('2026-01-01T05:00:00Z');
    room.pipelines.start();
    const { run } = await room.call('execute_pipeline', { pipeline_id: 'hourly', wait_s: 10 });
    expect(run).toMatchObject({ state: 'succeeded', trigger: 'manual' });
    expect(await runsOf(room)).toHaveLength(1);
  });
});
