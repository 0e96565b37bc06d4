import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { tableFromIPC } from 'apache-arrow';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { ArrowRows } from '../../kernel/sql-engine.ts';
import { type OpenLocal, openLocal, unhurried } from './fixtures/open-local.ts';

let local: OpenLocal;
beforeAll(async () => {
  local = await openLocal();
});
afterAll(() => local.close());

const query = (sql: string) => local.connector.engine.query(sql, unhurried());
const cells = async (sql: string) => (await local.call('execute_query', { sql, limit: 1000 })).rows;

/** Values of every type that Arrow has one for, as SQL. */
const VALUES = [
  'true',
  '(-128)::TINYINT',
  '(-32768)::SMALLINT',
  '-2147483648',
  '(-9223372036854775808)::BIGINT',
  '255::UTINYINT',
  '65535::USMALLINT',
  '4294967295::UINTEGER',
  '18446744073709551615::UBIGINT',
  '99999999999999999999999999999999999999::HUGEINT',
  '1.5::FLOAT',
  "'nan'::DOUBLE",
  "'-inf'::DOUBLE",
  '(-12.34)::DECIMAL(4, 2)',
  '12345678.9012::DECIMAL(18, 4)',
  '(-1234567890123456789012345678.9012345678)::DECIMAL(38, 10)',
  "'Grüße 🦆'",
  "''",
  "'\\x00\\xFF'::BLOB",
  "DATE '0001-01-01'",
  "DATE '2026-02-28'",
  "TIME '23:59:59.999999'",
  "TIMESTAMP '2026-01-02 03:04:05.678901'",
  "TIMESTAMP '1900-01-01 00:00:00.000001'",
  "TIMESTAMPTZ '2026-01-02 03:04:05.678901+05:30'",
  "TIMESTAMP_NS '2026-01-02 03:04:05.678901234'",
  "INTERVAL '14 months -3 days 04:05:06.000007'",
  '[1, NULL, 3]',
  "[['a'], []]",
  "{'a': 1, 'b': [DATE '2026-01-01', NULL]}",
  "MAP {'k': 1, 'l': NULL}",
  '[1.5, 2.5]::DECIMAL(4, 1)[2]',
  "[{'x': MAP {1: 'y'}}]",
];
const SELECTED = VALUES.map((value, index) => `${value} AS c${index}`).join(', ');

it('gives rows of every type as Arrow and takes them in again unchanged, nulls included [local.arrow-exact]', async () => {
  const nulls = VALUES.map((_, index) => `NULL AS c${index}`).join(', ');
  const sql = `SELECT ${SELECTED} UNION ALL SELECT ${nulls} UNION ALL SELECT ${SELECTED}`;
  const loaded = await local.connector.database.load(
    await query(sql),
    { schema: null, table: 'every_type', mode: 'replace', keys: [], create: true },
    unhurried(),
  );
  expect(loaded).toMatchObject({ rows: 3, inserted: 3, updated: 0, created: true, alreadyLoaded: false });
  const [came] = [await cells('FROM every_type')];
  expect(came).toEqual(await cells(sql));
});

it('gives what Arrow has no type for as exact text [local.arrow-exact]', async () => {
  const sql =
    "SELECT UUID '2ca99192-68ea-4b87-954e-96b9e71febab' AS u, 'a'::ENUM('a') AS e, '101'::BIT AS b, TIMETZ '01:02:03+01' AS t, '{}'::JSON AS j";
  const rows: unknown[] = [];
  for await (const chunk of (await query(sql)).chunks)
    rows.push(
      ...tableFromIPC(chunk)
        .toArray()
        .map((row) => row.toJSON()),
    );
  expect(rows).toEqual([{ u: '2ca99192-68ea-4b87-954e-96b9e71febab', e: 'a', b: '101', t: '01:02:03+01', j: '{}' }]);
});

it('gives one chunk with columns when there are no rows, and many with all rows when there are many [local.arrow-exact]', async () => {
  const sizes = async (rows: ArrowRows) => {
    const found: number[] = [];
    for await (const chunk of rows.chunks) found.push(tableFromIPC(chunk).numRows);
    return found;
  };
  expect(await sizes(await query('SELECT 1 AS a WHERE false'))).toEqual([0]);
  const many = await sizes(await query('SELECT i FROM range(100000) t(i)'));
  expect(many.length).toBeGreaterThan(3);
  expect(many.reduce((sum, size) => sum + size, 0)).toBe(100_000);
});

it.each([
  ["SELECT 'infinity'::DATE AS day", 'day'],
  ['SELECT 170141183460469231731687303715884105727::HUGEINT AS large', 'large'],
])('names the column whose value Arrow cannot hold: %s [local.arrow-exact]', async (sql, column) => {
  const read = async () => {
    for await (const chunk of (await query(sql)).chunks) expect(chunk).toBeDefined();
  };
  await expect(read()).rejects.toMatchObject({
    code: 'invalid_argument',
    message: expect.stringContaining(`"${column}"`),
  });
});

it('takes parameters by name, and refuses wrong ones [local.parameters]', async () => {
  const { signal } = unhurried();
  const described = await local.connector.engine.describe('SELECT $id::BIGINT AS id, $name::VARCHAR AS name', {
    signal,
    parameters: { id: 1n, name: 'x' },
  });
  expect(described.map(({ name, type }) => [name, type])).toEqual([
    ['id', 'BIGINT'],
    ['name', 'VARCHAR'],
  ]);
  await expect(local.connector.engine.query('SELECT $id', { signal, parameters: { idd: 1 } })).rejects.toMatchObject({
    code: 'invalid_argument',
    details: { nearest: ['idd'] },
  });
});

it('ends a query whose reader leaves early [local.cancel]', async () => {
  for await (const chunk of (await query('SELECT i FROM range(100000000) t(i)')).chunks) {
    expect(tableFromIPC(chunk).numRows).toBeGreaterThan(0);
    break;
  }
  expect(await cells('SELECT 1')).toEqual([[1]]);
});

it('makes files, rows and queries names of a session that no other session has [local.sessions-apart]', async () => {
  await writeFile(join(local.root, 'orders.csv'), 'id;status\n1;paid\n2;new\n');
  const [one, two] = [await local.connector.engine.session(), await local.connector.engine.session()];
  await one.viewFiles(
    'orders',
    { format: 'csv', path: join(local.root, 'orders.csv'), options: { delim: ';' } },
    unhurried(),
  );
  expect(await one.viewRows('numbers', await query('SELECT i FROM range(5) t(i)'), unhurried())).toBe(5);
  await one.viewQuery('paid', "SELECT id FROM orders WHERE status = 'paid'", false, unhurried());
  await one.viewQuery('kept', 'SELECT max(i) + $1 AS top FROM numbers', true, { ...unhurried(), parameters: [10] });
  const rows = await one.query('SELECT id, top FROM paid, kept', unhurried());
  for await (const chunk of rows.chunks)
    expect(
      tableFromIPC(chunk)
        .toArray()
        .map((row) => row.toJSON()),
    ).toEqual([{ id: 1n, top: 14n }]);
  for (const name of ['orders', 'numbers', 'paid', 'kept'])
    await expect(two.describe(`FROM ${name}`, unhurried())).rejects.toMatchObject({ code: 'not_found' });
  await Promise.all([one.close(), two.close()]);
});

it('writes files whole, as one file or a folder of them [local.files-whole]', async () => {
  const session = await local.connector.engine.session();
  const file = join(local.root, 'out', 'numbers.parquet');
  const folder = join(local.root, 'parts');
  const write = (sql: string, path: string, format: string, mode: 'append' | 'replace') =>
    session.writeFiles(sql, { format, path }, mode, unhurried());
  expect(await write('SELECT i FROM range(3) t(i)', file, 'parquet', 'replace')).toBe(3);
  const before = await readFile(file);
  await expect(
    write("SELECT CAST('x' || i AS INTEGER) FROM range(3) t(i)", file, 'parquet', 'replace'),
  ).rejects.toMatchObject({ code: 'invalid_argument' });
  expect(await readFile(file)).toEqual(before);
  expect(await write('SELECT 1 AS i', file, 'parquet', 'replace')).toBe(1);
  expect(await cells(`FROM '${file}'`)).toEqual([[1]]);
  await write('SELECT 1 AS i', folder, 'csv', 'append');
  await write('SELECT 2 AS i', folder, 'csv', 'append');
  expect(await cells(`SELECT i FROM '${folder}/*.csv' ORDER BY i`)).toEqual([[1], [2]]);
  await write('SELECT 3 AS i', folder, 'csv', 'replace');
  expect(await cells(`SELECT i FROM '${folder}/*.csv'`)).toEqual([[3]]);
  expect((await readdir(local.root)).filter((name) => /\.(tmp|new|old)$/.test(name))).toEqual([]);
  await expect(write('SELECT 1', join(local.root, 'x.orc'), 'orc', 'replace')).rejects.toMatchObject({
    code: 'invalid_argument',
  });
  await session.close();
});

it('writes tables of its own in one transaction [local.upsert]', async () => {
  const session = await local.connector.engine.session();
  const write = (sql: string, mode: 'append' | 'replace' | 'upsert') =>
    session.writeTable(sql, 'totals', mode, ['k'], unhurried());
  await write("SELECT 1 AS k, 'a' AS v", 'append');
  await write("SELECT * FROM (VALUES (1, 'b'), (2, 'c')) t(k, v)", 'upsert');
  expect(await cells('FROM totals ORDER BY k')).toEqual([
    [1, 'b'],
    [2, 'c'],
  ]);
  await write("SELECT 9 AS k, 'z' AS v", 'replace');
  expect(await cells('FROM totals')).toEqual([[9, 'z']]);
  await session.close();
});
