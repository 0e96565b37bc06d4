import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type OpenLocal, openLocal } from '../fixtures/open-local.ts';

let local: OpenLocal;
beforeAll(async () => {
  local = await openLocal();
});
afterAll(() => local.close());

it('names files that SQL can read while there is no table, with a query that works [local.samples]', async () => {
  await writeFile(join(local.root, 'orders.csv'), 'id,status\n1,paid\n');
  const listed = await local.call('list_tables', {});
  const path = join(local.root, 'orders.csv');
  expect(listed).toMatchObject({
    engine: 'duckdb',
    database: 'local',
    tables: { rows: [], total: 0, truncated: false },
    files: { columns: ['path', 'size_bytes'], rows: [[expect.stringContaining(path), 17]] },
  });
  const sql = /sql="(.*)"$/.exec(String(listed.hint))?.[1];
  expect((await local.call('execute_query', { sql })).rows).toEqual([[1, 'paid']]);
});

it('lists tables and views, largest first, in pages [local.paging]', async () => {
  for (const [name, rows] of [
    ['small', 1],
    ['large', 5_000],
  ] as const)
    await local.call('execute_dml', { sql: `CREATE TABLE ${name} AS FROM range(${rows})` });
  await local.call('execute_dml', { sql: 'CREATE VIEW seen AS FROM small' });
  const first = await local.call('list_tables', { limit: 2 });
  expect(first).toMatchObject({
    tables: {
      columns: ['schema', 'table', 'kind', 'rows_estimate', 'size_bytes', 'comment'],
      rows: [
        ['main', 'large', 'table', 5_000, null, null],
        ['main', 'small', 'table', 1, null, null],
      ],
      total: 3,
      truncated: true,
    },
  });
  const { cursor } = first.tables as { cursor: string };
  const second = await local.call('list_tables', { limit: 2, cursor });
  expect(second).toMatchObject({ tables: { rows: [['main', 'seen', 'view', null, null, null]], truncated: false } });
  expect(second).not.toHaveProperty('files');
});

it('offers the nearest schema [local.nearest]', async () => {
  await expect(local.call('list_tables', { schema: 'mian' })).rejects.toMatchObject({
    code: 'not_found',
    details: { nearest: ['main'] },
  });
});
