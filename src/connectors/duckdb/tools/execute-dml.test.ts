import { afterAll, beforeAll, expect, it } from 'vitest';
import { type OpenLocal, openLocal } from '../fixtures/open-local.ts';

let local: OpenLocal;
beforeAll(async () => {
  local = await openLocal();
  await dml('CREATE TABLE orders (id INTEGER PRIMARY KEY, status VARCHAR)');
  await dml("INSERT INTO orders SELECT i, 'new' FROM range(10) t(i)");
});
afterAll(() => local.close());

const dml = (sql: string, more: Record<string, unknown> = {}) => local.call('execute_dml', { sql, ...more });
const statuses = async () =>
  (await local.call('execute_query', { sql: 'SELECT status, count(*) FROM orders GROUP BY 1 ORDER BY 1' })).rows;

it('counts the rows that it changed and gives those of RETURNING [local.engine-named]', async () => {
  const changed = await dml('UPDATE orders SET status = $1 WHERE id < 3 RETURNING id', { parameters: ['paid'] });
  expect(changed).toMatchObject({
    engine: 'duckdb',
    database: 'local',
    command: 'UPDATE',
    affected_rows: 3,
    dry_run: false,
    returning: { columns: ['id'], rows: [[0], [1], [2]], total: 3, truncated: false },
  });
  expect(await dml('INSERT INTO orders VALUES (100, NULL)')).toMatchObject({ command: 'INSERT', affected_rows: 1 });
  expect(await dml('DELETE FROM orders WHERE id = 100')).toMatchObject({ command: 'DELETE', affected_rows: 1 });
  expect(await statuses()).toEqual([
    ['new', 7],
    ['paid', 3],
  ]);
});

it('rolls a dry run back [local.dry-run]', async () => {
  const before = await statuses();
  expect(await dml('DELETE FROM orders', { dry_run: true })).toMatchObject({ affected_rows: 10, dry_run: true });
  expect(await statuses()).toEqual(before);
});

it('changes nothing when it fails [local.dry-run]', async () => {
  const before = await statuses();
  await expect(dml("INSERT INTO orders SELECT i, 'x' FROM range(50, 0, -1) t(i)")).rejects.toMatchObject({
    code: 'failed_precondition',
    details: { error_type: 'Constraint Error' },
  });
  expect(await statuses()).toEqual(before);
});

it.each([
  'DELETE FROM orders',
  'DELETE FROM orders WHERE true',
  'DELETE FROM orders WHERE 1 = 1',
  'delete /* where id = 1 */ from orders -- where id = 1',
  "UPDATE orders SET status = 'where id = 1'",
  'UPDATE orders SET status = (SELECT max(status) FROM orders WHERE id = 1)',
  'TRUNCATE orders',
])('wants %s approved, and says how many rows it takes [local.approvals]', async (sql) => {
  const before = await statuses();
  expect(await local.approvalOf('execute_dml', { sql })).toMatchObject({
    plan: [expect.stringContaining('«'), 'It affects 10 rows.'],
  });
  expect(await statuses()).toEqual(before);
});

it.each([
  'DROP TABLE orders',
  'ALTER TABLE orders DROP COLUMN status',
  'CREATE OR REPLACE TABLE orders (id INTEGER)',
  'MERGE INTO orders USING (SELECT 1 AS id) s ON orders.id = s.id WHEN MATCHED THEN DELETE',
])('wants %s approved [local.approvals]', async (sql) => {
  expect(await local.approvalOf('execute_dml', { sql })).not.toBeNull();
});

it.each([
  'DELETE FROM orders WHERE id = 1',
  'DELETE FROM orders WHERE "id" = 1',
  'UPDATE orders SET status = NULL WHERE (id = 1)',
  "INSERT INTO orders VALUES (200, 'x')",
  'CREATE TABLE other (id INTEGER)',
  'ALTER TABLE orders ADD COLUMN note VARCHAR',
])('wants no approval for %s [local.approvals]', async (sql) => {
  expect(await local.approvalOf('execute_dml', { sql })).toBeNull();
});

it('wants no approval for a dry run, and says what is wrong before it asks [local.approvals]', async () => {
  expect(await local.approvalOf('execute_dml', { sql: 'DROP TABLE orders', dry_run: true })).toBeNull();
  await expect(local.approvalOf('execute_dml', { sql: 'DROP TABLE ordrs' })).rejects.toMatchObject({
    code: 'not_found',
  });
});

it('does not read, and writes nothing but tables [local.reads-only]', async () => {
  for (const sql of [
    'SELECT 1',
    "COPY orders TO 'x.csv'",
    'SET threads = 1',
    'CREATE SECRET (TYPE http)',
    'DELETE FROM headgate_loads',
  ])
    await expect(dml(sql), sql).rejects.toMatchObject({
      code: expect.stringMatching(/permission_denied|invalid_argument|not_found/),
    });
});
