import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { REPOSITORY, Sandbox } from './headgate-process.ts';

const EXAMPLE = join(REPOSITORY, 'examples', 'pipelines', 'csv-to-local-table.yaml');

let sandbox: Sandbox;

beforeEach(async () => {
  sandbox = await Sandbox.create();
});

afterEach(() => sandbox.remove());

it('runs an example from the command line without any configuration [pipelines.examples]', async () => {
  const call = async (...args: string[]) => {
    const { exitCode, stdout, stderr } = await sandbox.run(['call', '--json', ...args]);
    expect(stderr).toBe('');
    expect(exitCode).toBe(0);
    return JSON.parse(stdout);
  };
  const definition = readFileSync(EXAMPLE, 'utf8');
  const created = await call('create_etl_pipeline', `definition=${definition}`);
  expect(created).toMatchObject({ name: 'revenue by day', version: 1, warnings: [] });
  const { run } = await call('execute_pipeline', 'pipeline_id=revenue by day');
  expect(run).toMatchObject({ state: 'succeeded', error: null });
  const { rows } = await call('execute_query', 'sql=select sum(orders) as orders from revenue_by_day');
  expect(Number(rows[0][0])).toBe(30);
});
