import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import type { LoadTarget } from '../../kernel/relational-database.ts';
import { type OpenLocal, openLocal, unhurried } from './fixtures/open-local.ts';

let local: OpenLocal;
beforeAll(async () => {
  local = await openLocal();
});
beforeEach(async () => {
  await local.call('execute_dml', {
    sql: 'CREATE OR REPLACE TABLE target (id INTEGER PRIMARY KEY, amount DECIMAL(10, 2), note VARCHAR)',
  });
  await local.call('execute_dml', { sql: "INSERT INTO target VALUES (1, 1.00, 'old'), (2, 2.00, 'old')" });
});
afterAll(() => local.close());

async function load(sql: string, target: Partial<LoadTarget> = {}) {
  const rows = await local.connector.engine.query(sql, unhurried());
  const whole: LoadTarget = { schema: null, table: 'target', mode: 'append', keys: [], create: false, ...target };
  return local.connector.database.load(rows, whole, unhurried());
}
const kept = async () => (await local.call('execute_query', { sql: 'FROM target ORDER BY id' })).rows;
const OLD = [
  [1, '1.00', 'old'],
  [2, '2.00', 'old'],
];

it('appends, replaces and upserts, and counts [local.upsert]', async () => {
  expect(await load('SELECT 3 AS ID, 3.5 AS amount')).toMatchObject({
    rows: 1,
    inserted: 1,
    updated: 0,
    created: false,
  });
  expect(
    await load("SELECT * FROM (VALUES (2, 'new'), (4, 'new')) t(id, note)", { mode: 'upsert', keys: ['id'] }),
  ).toMatchObject({
    rows: 2,
    inserted: 1,
    updated: 1,
  });
  expect(await kept()).toEqual([OLD[0], [2, '2.00', 'new'], [3, '3.50', null], [4, null, 'new']]);
  expect(await load('SELECT 1 AS id', { mode: 'replace' })).toMatchObject({ rows: 1, inserted: 1 });
  expect(await kept()).toEqual([[1, null, null]]);
});

it('does not load twice what was loaded under the same name [local.load-once]', async () => {
  const once = { loadId: 'run-1', table: 'fresh', create: true };
  expect(await load('SELECT 1 AS id', once)).toMatchObject({ rows: 1, created: true, alreadyLoaded: false });
  expect(await load('SELECT 1 AS id', once)).toMatchObject({ rows: 0, alreadyLoaded: true });
  expect((await local.call('execute_query', { sql: 'FROM fresh' })).rows).toEqual([[1]]);
  const listed = await local.call('list_tables', {});
  expect(JSON.stringify(listed)).not.toContain('headgate_loads');
});

it.each([
  ['a duplicate key', 'SELECT i AS id FROM range(10, 0, -1) t(i)', 'failed_precondition'],
  ['a value that is too large', 'SELECT 3000000000 AS id', 'invalid_argument'],
  ['a null where none may be', 'SELECT NULL::INTEGER AS id', 'failed_precondition'],
  [
    'a source that fails in its middle',
    "SELECT CASE WHEN i = 190000 THEN CAST('x' || i AS INTEGER) ELSE i END AS id FROM range(10, 200000) t(i)",
    'invalid_argument',
  ],
])('leaves the table as it was after %s [local.load-atomic]', async (_, sql, code) => {
  for (const mode of ['append', 'replace'] as const) {
    if (mode === 'replace' && code === 'failed_precondition' && sql.includes('range')) continue;
    await expect(load(sql, { mode, loadId: 'failing' })).rejects.toMatchObject({ code });
    expect(await kept()).toEqual(OLD);
  }
});

it('names the column and both types of a mismatch before anything is written [local.load-types]', async () => {
  await expect(load("SELECT 'x' AS id")).rejects.toMatchObject({
    code: 'invalid_argument',
    details: { column: 'id', source_type: 'VARCHAR', target_type: 'INTEGER' },
  });
  await expect(load('SELECT 5 AS id, 1.5::DOUBLE AS amount')).rejects.toMatchObject({ details: { column: 'amount' } });
  await expect(load("SELECT 5 AS id, 'x' AS notes")).rejects.toMatchObject({
    code: 'invalid_argument',
    details: { column: 'notes', nearest: ['note'] },
  });
  expect(await load('SELECT 5::BIGINT AS id, 7 AS amount, NULL::VARCHAR AS note')).toMatchObject({ inserted: 1 });
});

it('refuses an upsert without keys, with keys that are no columns, and with two rows of one key [local.upsert]', async () => {
  for (const [sql, keys] of [
    ['SELECT 1 AS id', []],
    ['SELECT 1 AS id', ['idd']],
    ['SELECT 1 AS id UNION ALL SELECT 1', ['id']],
  ] as const)
    await expect(load(sql, { mode: 'upsert', keys })).rejects.toMatchObject({ code: 'invalid_argument' });
  expect(await kept()).toEqual(OLD);
});

it('offers the nearest table when there is none to load into [local.nearest]', async () => {
  await expect(load('SELECT 1 AS id', { table: 'targt' })).rejects.toMatchObject({
    code: 'not_found',
    details: { nearest: ['target'] },
  });
});

it('takes the name of a table for a name [local.injection]', async () => {
  const table = 'x"; DROP TABLE target; --';
  expect(await load('SELECT 1 AS "a"" b"', { table, create: true })).toMatchObject({ created: true });
  expect(await kept()).toEqual(OLD);
});
