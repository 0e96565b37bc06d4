import { afterAll, beforeAll, expect, it } from 'vitest';
import { type OpenLocal, openLocal } from '../fixtures/open-local.ts';

let local: OpenLocal;
beforeAll(async () => {
  local = await openLocal();
  await local.call('execute_dml', {
    sql: 'CREATE TABLE orders AS SELECT i AS id, i * 2 AS amount FROM range(250) t(i)',
  });
});
afterAll(() => local.close());

const query = (sql: string, more: Record<string, unknown> = {}) => local.call('execute_query', { sql, ...more });

it('says which engine answered, and of which types the columns are [local.engine-named]', async () => {
  expect(await query("SELECT 1 AS a, 'x' AS b")).toMatchObject({
    engine: 'duckdb',
    database: 'local',
    columns: ['a', 'b'],
    types: ['INTEGER', 'VARCHAR'],
    rows: [[1, 'x']],
    total: 1,
    truncated: false,
  });
});

it('gives every value exact [local.values-exact]', async () => {
  const values: [sql: string, cell: unknown][] = [
    ['9007199254740993::BIGINT', '9007199254740993'],
    ['42::BIGINT', 42],
    ['170141183460469231731687303715884105727::HUGEINT', '170141183460469231731687303715884105727'],
    ['1234567890123456789.50::DECIMAL(38, 2)', '1234567890123456789.50'],
    ["'nan'::DOUBLE", 'NaN'],
    ["'-inf'::FLOAT", '-Infinity'],
    ['0.1::DOUBLE', 0.1],
    ["DATE '2026-02-03'", '2026-02-03'],
    ["'infinity'::DATE", 'infinity'],
    ["'-infinity'::TIMESTAMP", '-infinity'],
    ["TIMESTAMP '2026-01-02 03:04:05.000001'", '2026-01-02T03:04:05.000001'],
    ["TIMESTAMPTZ '2026-01-02 03:04:05+02'", '2026-01-02T01:04:05Z'],
    ["TIMESTAMP_NS '2026-01-02 03:04:05.000000001'", '2026-01-02T03:04:05.000000001'],
    ["TIME '01:02:03'", '01:02:03'],
    ["INTERVAL '1 month 2 days'", '1 month 2 days'],
    ["'\\xAA\\x00'::BLOB", 'qgA='],
    ["'101'::BIT", '101'],
    ["UUID '2ca99192-68ea-4b87-954e-96b9e71febab'", '2ca99192-68ea-4b87-954e-96b9e71febab'],
    ["'a'::ENUM('a', 'b')", 'a'],
    ['[1, NULL, 3]', '[1,null,3]'],
    ["{'a': 1, 'b': [DATE '2026-01-01']}", '{"a":1,"b":["2026-01-01"]}'],
    ["MAP {'k': 1.50}", '[["k","1.50"]]'],
    ['\'{"a": 1}\'::JSON', '{"a": 1}'],
    ['union_value(number := 7)', '{"number":7}'],
    ['7::VARIANT', '7'],
    ['NULL', null],
    ['true', true],
  ];
  const { rows } = await query(`SELECT ${values.map(([sql]) => sql).join(', ')}`);
  expect((rows as unknown[][])[0]).toEqual(values.map(([, cell]) => cell));
});

it('gives pages that concatenate to the whole [local.paging]', async () => {
  const ids: unknown[] = [];
  for (let cursor: unknown; ids.length === 0 || cursor !== undefined; ) {
    const page = await query('SELECT id FROM orders ORDER BY id', {
      limit: 60,
      ...(cursor === undefined ? {} : { cursor }),
    });
    ids.push(...(page.rows as unknown[][]).flat());
    cursor = page.cursor;
    expect(page.total).toBe(cursor === undefined ? 250 : null);
  }
  expect(ids).toEqual(Array.from({ length: 250 }, (_, id) => id));
});

it('fits the budget when texts are large, and goes on from there [local.paging]', async () => {
  const sql = "SELECT i, repeat('word ', 400) AS text FROM range(50) t(i)";
  const first = await query(sql);
  const rows = first.rows as unknown[][];
  expect(rows.length).toBeLessThan(15);
  expect(first.truncated).toBe(true);
  const second = await query(sql, { cursor: first.cursor });
  expect((second.rows as unknown[][])[0]?.[0]).toBe(rows.length);
});

it('takes parameters by position and refuses others [local.parameters]', async () => {
  const { rows } = await query('SELECT $1::INTEGER + 1, $2, list_sum($3::INTEGER[]), $4::DATE', {
    parameters: [41, 'x', [1, 2], '2026-01-01'],
  });
  expect(rows).toEqual([[42, 'x', 3, '2026-01-01']]);
  await expect(query('SELECT $1', { parameters: [] })).rejects.toMatchObject({
    code: 'invalid_argument',
    details: { expected: 1, given: 0 },
  });
  await expect(query('SELECT id FROM orders WHERE id = $1', { parameters: ['2x'] })).rejects.toMatchObject({
    code: 'invalid_argument',
    details: { error_type: 'Conversion Error' },
  });
  await expect(query('SELECT $1', { parameters: ['\u0000'] })).rejects.toMatchObject({ code: 'invalid_argument' });
});

it('offers the nearest names [local.nearest]', async () => {
  await expect(query('SELECT * FROM ordrs')).rejects.toMatchObject({
    code: 'not_found',
    details: { nearest: ['orders'] },
  });
  await expect(query('SELECT amont FROM orders')).rejects.toMatchObject({
    code: 'not_found',
    details: { nearest: ['amount'] },
  });
  await expect(query('SELECT 1', { database: 'main' })).rejects.toMatchObject({
    code: 'not_found',
    details: { nearest: [] },
  });
});

it('says which kind of error DuckDB saw, and in which line', async () => {
  await expect(query('SELECT 1,\nFROM FROM')).rejects.toMatchObject({
    code: 'invalid_argument',
    details: { error_type: 'Parser Error', line: 2 },
  });
});

it('runs one statement that reads [local.reads-only]', async () => {
  const refused = [
    'SELECT 1; SELECT 2',
    'INSERT INTO orders VALUES (1, 2)',
    'DROP TABLE orders',
    'TRUNCATE orders',
    "COPY orders TO '/tmp/orders.csv'",
    'EXPLAIN ANALYZE DELETE FROM orders',
    "EXPLAIN ANALYZE COPY orders TO '/tmp/orders.csv'",
    'BEGIN',
    'CALL pragma_version()',
    'CREATE TEMP TABLE t AS SELECT 1',
    'PREPARE p AS SELECT 1',
    'CHECKPOINT',
  ];
  for (const sql of refused)
    await expect(query(sql), sql).rejects.toMatchObject({
      code: expect.stringMatching(/^(permission_denied|invalid_argument)$/),
    });
  expect((await query('SELECT count(*) FROM orders')).rows).toEqual([[250]]);
});

it('has no way to write in a query: DuckDB itself refuses it [local.reads-only]', async () => {
  await local.call('execute_dml', { sql: 'CREATE SEQUENCE numbers' });
  await expect(query("SELECT nextval('numbers')")).rejects.toMatchObject({ code: 'permission_denied' });
});

it.each([
  'SHOW TABLES',
  'DESCRIBE orders',
  'SUMMARIZE orders',
  'EXPLAIN SELECT * FROM orders',
  'FROM orders LIMIT 1',
  'VALUES (1)',
])('reads by %s [local.reads-only]', async (sql) => {
  expect(((await query(sql)).rows as unknown[]).length).toBeGreaterThan(0);
});

it('refuses statements of 10 MB and results of a million columns [local.too-large]', async () => {
  await expect(query(`SELECT ${'1+'.repeat(5_000_000)}1`)).rejects.toThrow();
  const engine = local.connector.engine.query(`SELECT ${'1+'.repeat(5_000_000)}1`, {
    signal: new AbortController().signal,
  });
  await expect(engine).rejects.toMatchObject({ code: 'invalid_argument' });
  const wide = `SELECT ${Array.from({ length: 5_000 }, (_, index) => index).join(', ')}`;
  await expect(query(wide)).rejects.toMatchObject({ code: 'invalid_argument', details: { columns: 5_000 } });
});

it('tells of a failure in the middle of the rows [local.failed-middle]', async () => {
  const sql =
    "SELECT CASE WHEN i = 900000 THEN CAST('x' || i AS INTEGER) ELSE i END, repeat('a', 100) FROM range(1000000) t(i)";
  const rows = await local.connector.engine.query(sql, { signal: new AbortController().signal });
  const read = async () => {
    for await (const chunk of rows.chunks) expect(chunk.byteLength).toBeGreaterThan(0);
  };
  await expect(read()).rejects.toMatchObject({
    code: 'invalid_argument',
    message: expect.stringContaining('x900000'),
    details: { error_type: 'Conversion Error' },
  });
});

it('ends when its caller cancels [local.cancel]', async () => {
  const controller = new AbortController();
  const running = local.call('execute_query', { sql: 'SELECT count(*) FROM range(1000000000000)' }, controller.signal);
  setTimeout(() => controller.abort(), 20);
  await expect(running).rejects.toMatchObject({ code: 'cancelled' });
  expect((await query('SELECT 1')).rows).toEqual([[1]]);
});
