import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createDuckdb, type DuckdbConnector } from '../../src/connectors/duckdb/connector.ts';
import { HeadgateError } from '../../src/kernel/errors.ts';
import type { PipelinePlatforms } from '../../src/kernel/pipelines.ts';
import { openPipelines, type PipelinesUnderTest } from '../../src/pipelines/fixtures/pipelines-under-test.ts';
import { readRows } from '../../src/pipelines/fixtures/read-rows.ts';

const EXAMPLES = join(import.meta.dirname, '..', '..', 'examples', 'pipelines');

describe('pipelines on this machine', () => {
  let folder: string;
  let duckdb: DuckdbConnector;
  let room: PipelinesUnderTest;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'headgate-local-'));
    const files = join(folder, 'files');
    await mkdir(join(folder, 'database'));
    await cp(EXAMPLES, join(files, 'pipelines'), { recursive: true });
    duckdb = createDuckdb(
      { path: join(folder, 'database', 'local.duckdb'), roots: [files], memoryLimitMb: null, threads: null },
      { clock: Date.now, tools: true, report: () => {} },
    );
    const platforms: PipelinePlatforms = {
      databases: { names: () => ['local'], find: () => duckdb.database },
      engine: (_tenant, name) => {
        if (name !== 'spark') return duckdb.engine;
        throw new HeadgateError('failed_precondition', 'No spark is configured.');
      },
    };
    room = await openPipelines({ platforms });
  });

  afterEach(async () => {
    await room.close();
    await duckdb.close();
    await rm(folder, { recursive: true, force: true });
  });

  const create = (definition: unknown) => room.call('create_etl_pipeline', { definition });
  const execute = async (pipeline_id: string, more = {}) =>
    (await room.call('execute_pipeline', { pipeline_id, wait_s: 60, ...more })).run;
  const read = async (sql: string) =>
    readRows(await duckdb.database.read(sql, { signal: new AbortController().signal }), 100);

  it('runs the example of a CSV file into a table, as often as one likes [pipelines.examples]', async () => {
    const created = await create(await readFile(join(EXAMPLES, 'csv-to-local-table.yaml'), 'utf8'));
    expect(created.warnings).toEqual([]);
    for (let time = 0; time < 2; time += 1) {
      const run = await execute(created.pipeline_id);
      expect(run).toMatchObject({ state: 'succeeded', error: null });
      expect(run.checks.find(({ check }: { check: string }) => check === 'range(amount)')).toMatchObject({
        ok: false,
        found: '1 row outside of 0 to 1000',
      });
    }
    expect(await read('select sum(orders) from revenue_by_day')).toEqual([['30']]);
  });

  it('loads a file in windows of time, and writes Parquet that is replaced whole [pipelines.moves-rows]', async () => {
    const path = join(folder, 'files', 'events.csv');
    await writeFile(path, 'id,at\n1,2026-01-01 10:00:00\n2,2026-01-01 12:00:00\n');
    const out = join(folder, 'files', 'out');
    const { pipeline_id, warnings } = await create({
      name: 'events',
      sources: [{ id: 'events', type: 'files', format: 'csv', path, incremental: { column: 'at' } }],
      destinations: [
        { type: 'table', table: 'events_all', mode: 'append' },
        { id: 'files', type: 'files', format: 'parquet', path: out, mode: 'append' },
        { id: 'newest', type: 'files', format: 'parquet', path: join(out, 'newest.parquet'), mode: 'replace' },
      ],
    });
    expect(warnings).toEqual([]);
    const first = await execute(pipeline_id);
    expect(first).toMatchObject({ state: 'succeeded', watermarks: [{ before: null, after: '2026-01-01 12:00:00' }] });
    await writeFile(path, 'id,at\n1,2026-01-01 10:00:00\n2,2026-01-01 12:00:00\n3,2026-01-02 09:30:00\n');
    expect(await execute(pipeline_id)).toMatchObject({ state: 'succeeded' });
    expect(await read('select id from events_all order by id')).toEqual([[1], [2], [3]]);
    expect((await readdir(out)).filter((name) => name.startsWith('run='))).toHaveLength(2);
  });

  it('refuses Python, and engines that are not there, when it is created [pipelines.python-needs-spark]', async () => {
    const base = {
      name: 'python',
      sources: [{ id: 'orders', type: 'files', format: 'csv', path: 'pipelines/orders.csv' }],
      destination: { type: 'table', table: 'x' },
    };
    const python = { ...base, transformations: [{ id: 'clean', python: 'result = spark.table("orders")' }] };
    await expect(create(python)).rejects.toMatchObject({
      code: 'failed_precondition',
      message: 'The transformation clean is Python, which nothing here runs.',
    });
    await expect(create({ ...base, engine: 'spark' })).rejects.toMatchObject({ code: 'failed_precondition' });
    expect((await room.call('list_pipelines', {})).pipelines.total).toBe(0);
  });

  it('says what is wrong with files, columns and SQL before anything runs [pipelines.probed]', async () => {
    const { warnings } = await create({
      name: 'wrong',
      sources: [
        { id: 'orders', type: 'files', format: 'csv', path: 'pipelines/orders.csv' },
        { id: 'absent', type: 'files', format: 'csv', path: 'pipelines/absent.csv' },
      ],
      transformations: [
        { id: 'broken', sql: 'select amuont from orders' },
        { id: 'after', sql: 'select * from broken join absent using (id)' },
      ],
      destination: { type: 'table', table: 'never' },
    });
    expect(warnings.map((warning: string) => warning.split(':')[0])).toEqual(['absent', 'broken']);
    expect(await read("select count(*) from information_schema.tables where table_name = 'never'")).toEqual([[0]]);
  });
});
