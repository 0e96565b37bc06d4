import { afterAll, beforeAll, expect, it } from 'vitest';
import { type OpenLocal, openLocal } from '../fixtures/open-local.ts';

let local: OpenLocal;
beforeAll(async () => {
  local = await openLocal();
});
afterAll(() => local.close());

const create = (table: string, columns: unknown[], more: Record<string, unknown> = {}) =>
  local.call('create_table', { table, columns, ...more });

it('creates a table with keys, defaults and references [local.engine-named]', async () => {
  await create('customers', [{ name: 'id', type: 'INTEGER', primary_key: true }]);
  const created = await create('orders', [
    { name: 'id', type: 'BIGINT', primary_key: true },
    { name: 'status', type: 'VARCHAR', default: "'new'", nullable: false },
    { name: 'customer', type: 'INTEGER', references: { table: 'customers', column: 'id' } },
  ]);
  expect(created).toMatchObject({ engine: 'duckdb', database: 'local', created: true });
  await local.call('execute_dml', { sql: 'INSERT INTO orders (id) VALUES (1)' });
  expect((await local.call('execute_query', { sql: 'FROM orders' })).rows).toEqual([[1, 'new', null]]);
});

it('leaves a table that is there as it is', async () => {
  await create('twice', [{ name: 'a', type: 'INTEGER' }]);
  expect(await create('twice', [{ name: 'b', type: 'DATE' }], { if_not_exists: true })).toMatchObject({
    created: false,
  });
  await expect(create('twice', [{ name: 'b', type: 'DATE' }])).rejects.toMatchObject({ code: 'failed_precondition' });
});

it('takes names for names and types for types [local.injection]', async () => {
  const name = 'x"; DROP TABLE customers; --';
  await create(name, [{ name: 'a" INTEGER); DROP TABLE customers; --', type: 'INTEGER' }]);
  expect((await local.call('get_table_schema', { table: 'customers' })).kind).toBe('table');
  for (const type of [
    'INTEGER); DROP TABLE customers; --',
    'INTEGER, b INTEGER',
    'INTEGER) AS x, (1',
    'INT -- x',
    'no_type',
  ]) {
    await expect(create('bad', [{ name: 'a', type }]), type).rejects.toMatchObject({ code: 'invalid_argument' });
  }
  for (const value of ['1); DROP TABLE customers; --', '(SELECT max(id) FROM customers)', "nextval('no_sequence')"]) {
    await expect(create('bad', [{ name: 'a', type: 'INTEGER', default: value }]), value).rejects.toMatchObject({
      code: expect.stringMatching(/invalid_argument|not_found/),
    });
  }
});

it('offers the nearest type [local.nearest]', async () => {
  await expect(create('bad', [{ name: 'a', type: 'INTEGR' }])).rejects.toMatchObject({
    details: { nearest: expect.arrayContaining(['INTEGER']) },
  });
});
