import { existsSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HOSTILE_READS } from '../../src/connectors/postgres/fixtures/hostile-reads.ts';
import { VALID_READS } from '../../src/connectors/postgres/fixtures/valid-reads.ts';
import type { Output } from '../../src/kernel/tool.ts';
import { contextOf, databaseAt, openConnector } from '../fixtures/postgres-connector.ts';
import { type Postgres, startPostgres } from '../stack/postgres.ts';

const START_TIMEOUT_MS = 300_000;
/** Everything that a hostile statement could have changed. */
const STATE = `
  select (select json_agg(v order by id) from victims v) as victims,
         (select last_value from numbers) as last_value,
         (select array_agg(relname::text order by 1) from pg_class where relnamespace = 'public'::regnamespace) as relations,
         (select array_agg(rolname::text order by 1) from pg_roles) as roles,
         (select count(*) from pg_replication_slots) as slots,
         (select count(*) from pg_largeobject_metadata) as objects,
         (select count(*) from pg_locks where locktype = 'advisory') as locks,
         (select count(*) from pg_prepared_statements) as prepared,
         (select setting from pg_settings where name = 'work_mem') as work_mem`;

let server: Postgres;
let opened: ReturnType<typeof openConnector>;

const query = (sql: string, more: Output = {}, caller = {}) => opened.call('execute_query', { sql, ...more }, caller);

beforeAll(async () => {
  server = await startPostgres();
  await server.run(`
    create table orders (id int, customer text, amount numeric, placed timestamptz, tags text[], doc jsonb);
    insert into orders select i, 'c' || i % 7, i * 1.5, now() - i * interval '1 hour', array['a', 'b'], '{"a": 1, "items": [{"n": 2}]}'
      from generate_series(1, 50) i;
    create table edges (a int, b int);
    insert into edges values (1, 2), (2, 3);
    create table victims (id int primary key, name text);
    insert into victims values (1, 'one'), (2, 'two');
    create sequence numbers;
    create table many (id int primary key, name text);
    insert into many select i, 'row ' || i from generate_series(1, 25000) i;
    analyze many;
    create extension dblink;
    create function change_it() returns int language plpgsql volatile as
      $f$ begin delete from victims; return 1; end $f$;
    create function set_it() returns text language sql volatile as $f$ select set_config('work_mem', '99MB', false) $f$;
    create role reader;
    grant select on orders, many to reader;
    create schema "we""ird";
    create table "we""ird"."ta ble" ("co""l" int);
    insert into "we""ird"."ta ble" values (1);`);
  opened = openConnector([
    databaseAt('main', server.url()),
    databaseAt('limited', server.url(), { readRole: 'reader' }),
    databaseAt('single', server.url(), { poolMax: 1 }),
    databaseAt('theirs', server.url(), { tenants: ['acme'] }),
    databaseAt('hasty', server.url(), { statementTimeoutMs: 300 }),
  ]);
}, START_TIMEOUT_MS);

afterAll(async () => {
  await opened?.connector.close();
  await server?.stop();
});

describe('valid reads', () => {
  it('run on the server [postgres.valid-reads]', async () => {
    const failed: string[] = [];
    for (const sql of VALID_READS) {
      const parameters = sql.includes('$2') ? ['1', 'x'] : sql.includes('$1') ? [[1, 2]] : [];
      await query(sql, { parameters, limit: 5 }).catch((error: Error) => failed.push(`${sql}: ${error.message}`));
    }
    expect(failed).toEqual([]);
  });
});

describe('hostile reads', () => {
  it('change nothing, also as a superuser [postgres.nothing-happened]', async () => {
    const before = await server.run(STATE);
    const passed: string[] = [];
    for (const [, sql] of HOSTILE_READS) {
      await query(sql === '' ? ' ' : sql).then(
        () => passed.push(sql),
        () => undefined,
      );
    }
    expect(passed).toEqual([]);
    expect(await server.run(STATE)).toEqual(before);
    expect(existsSync('/tmp/headgate-evil')).toBe(false);
  });

  it('cannot write through functions that nobody knows [postgres.nothing-happened]', async () => {
    await expect(query('select change_it()')).rejects.toMatchObject({
      code: 'permission_denied',
      details: { sql_state: '25006' },
    });
    expect(await server.run('select count(*)::int as n from victims')).toEqual([{ n: 2 }]);
  });

  it('leave no setting behind for the next caller [postgres.read-only-role]', async () => {
    await query('select set_it()');
    const { rows } = await query("select current_setting('work_mem')");
    expect(rows).toEqual([['4MB']]);
  });
});

describe('the read role', () => {
  it('is what reads run as, and may read what it was granted [postgres.read-only-role]', async () => {
    const on = { database: 'limited' };
    expect((await query("select current_user, current_setting('transaction_read_only')", on)).rows).toEqual([
      ['reader', 'on'],
    ]);
    await expect(query('select * from victims', on)).rejects.toMatchObject({
      code: 'permission_denied',
      details: { sql_state: '42501' },
    });
  });
});

describe('values', () => {
  it.each([
    ["'t'::bool", 'boolean', true],
    ['9007199254740991::bigint', 'bigint', 9007199254740991],
    ['9007199254740993::bigint', 'bigint', '9007199254740993'],
    ['(-32768)::smallint', 'smallint', -32768],
    ['1.10::numeric(10,2)', 'numeric(10,2)', '1.10'],
    ["'NaN'::numeric", 'numeric', 'NaN'],
    ["'-Infinity'::float8", 'double precision', '-Infinity'],
    ['0.1::float4', 'real', 0.1],
    ['1e300::float8', 'double precision', 1e300],
    ["'2024-02-29'::date", 'date', '2024-02-29'],
    ["'23:59:59.999999'::time", 'time without time zone', '23:59:59.999999'],
    ["'2024-01-02 03:04:05.678901'::timestamp", 'timestamp without time zone', '2024-01-02T03:04:05.678901'],
    [
      "'2024-01-02 03:04:05.678901+00'::timestamptz at time zone 'UTC'",
      'timestamp without time zone',
      '2024-01-02T03:04:05.678901',
    ],
    ["'1 year 2 mons 3 days 04:05:06.7'::interval", 'interval', 'P1Y2M3DT4H5M6.7S'],
    ["'\\x00ff'::bytea", 'bytea', '\\x00ff'],
    ['\'{"a": [1, null]}\'::jsonb', 'jsonb', '{"a": [1, null]}'],
    ["array['a', null, 'b,c']", 'text[]', '{a,NULL,"b,c"}'],
    ['int4range(1, 5)', 'int4range', '[1,5)'],
    ["row(1, 'x')", 'record', '(1,x)'],
    ["'ab'::varchar(5)", 'character varying(5)', 'ab'],
    ["'6ecd8c99-4036-403d-bf84-cf8400f67836'::uuid", 'uuid', '6ecd8c99-4036-403d-bf84-cf8400f67836'],
    ['null::int', 'integer', null],
    ["''", 'text', ''],
    ["E'line\\nbreak «quoted»'", 'text', 'line\nbreak «quoted»'],
  ])('arrive exactly: %s [postgres.exact-values]', async (expression, type, value) => {
    expect(await query(`select ${expression} as v`)).toMatchObject({ columns: ['v'], types: [type], rows: [[value]] });
  });

  it('stand quoted as data in the text form [postgres.exact-values]', async () => {
    const output = await query(`select 1 as n, E'ignore this\\nDROP TABLE x »' as t`);
    expect(opened.find('execute_query').renderText?.(output)).toBe('1 row\nn|t\n1|«ignore this DROP TABLE x ›»');
  });

  it('go in as parameters of every kind [postgres.parameters]', async () => {
    const sql = 'select $1::text, $2::int8 + 1, $3::bool, $4::jsonb, $5::text[], $6::numeric, $7::float8';
    const parameters = [
      "'; drop table victims; --",
      '9007199254740993',
      true,
      { a: 1 },
      ['x', null],
      'NaN',
      'Infinity',
    ];
    expect((await query(sql, { parameters })).rows).toEqual([
      ["'; drop table victims; --", '9007199254740994', true, '{"a": 1}', '{x,NULL}', 'NaN', 'Infinity'],
    ]);
  });
});

describe('lists as parameters', () => {
  it('are arrays or JSON, as the statement takes them [postgres.parameters]', async () => {
    const sql = 'select $1::jsonb, $2::int[], $3::json';
    expect((await query(sql, { parameters: [[1, 'x'], [1, 2], []] })).rows).toEqual([['[1, "x"]', '{1,2}', '[]']]);
    await expect(query('select $1::int[] from nowhere', { parameters: [[1]] })).rejects.toMatchObject({
      details: { sql_state: '42P01' },
    });
    expect((await query('select 1')).rows).toEqual([[1]]);
  });
});

describe('pages', () => {
  it('make the whole of one snapshot [postgres.cursor]', async () => {
    const sql = 'select id from many order by id';
    const ids: unknown[] = [];
    let page = await query(sql, { limit: 3_000 });
    await server.run('delete from many where id > 20000');
    for (;;) {
      ids.push(...(page.rows as unknown[][]).flat());
      if (page.cursor === undefined) break;
      page = await query(sql, { limit: 3_000, cursor: page.cursor });
    }
    expect(ids).toEqual(Array.from({ length: 25_000 }, (_, at) => at + 1));
    expect(page).toMatchObject({ total: 25_000, truncated: false });
  });

  it('are open to their caller and query alone, once [postgres.cursor]', async () => {
    const sql = 'select id from many order by id';
    const { cursor } = await query(sql, { limit: 10 });
    for (const [text, caller] of [
      [sql, { tenant: 'acme' }],
      [sql, { subject: 'somebody else' }],
      ['select id from many order by id desc', {}],
    ] as const) {
      await expect(query(text, { cursor }, caller)).rejects.toMatchObject({ code: 'failed_precondition' });
    }
    await query(sql, { cursor, limit: 10 });
    await expect(query(sql, { cursor })).rejects.toMatchObject({
      code: 'failed_precondition',
      hint: expect.stringContaining('without cursor'),
    });
  });

  it('never take all connections: the oldest open result gives way [postgres.cursor]', async () => {
    const cursors: unknown[] = [];
    for (let at = 0; at < 8; at++) cursors.push((await query(`select id, ${at} from many`, { limit: 1 })).cursor);
    await expect(query('select id, 0 from many', { cursor: cursors[0] })).rejects.toMatchObject({
      code: 'failed_precondition',
    });
    expect(await query('select id, 7 from many', { cursor: cursors[7], limit: 1 })).toMatchObject({ truncated: true });
    expect(await query('select 1')).toMatchObject({ rows: [[1]] });
  });

  it('say that they cannot go on where there is one connection only [postgres.cursor]', async () => {
    const page = await query('select id from many', { database: 'single', limit: 1 });
    expect(page).toMatchObject({ truncated: true, total: null, notes: [expect.stringContaining('cannot be paged')] });
    expect(page).not.toHaveProperty('cursor');
    expect(await query('select 1', { database: 'single' })).toMatchObject({ rows: [[1]] });
  });

  it('fit their budget with wide rows, and cut huge cells [postgres.page-fits]', async () => {
    const wide = await query(
      `select ${Array.from({ length: 400 }, (_, at) => `${at} as c${at}`).join(', ')} from many`,
      { limit: 1_000 },
    );
    expect(JSON.stringify(wide).length).toBeLessThan(80_000);
    expect(wide).toMatchObject({ truncated: true, cursor: expect.any(String) });
    const huge = await query("select repeat('x', 30000000) as big");
    expect(huge).toMatchObject({ notes: [expect.stringContaining('substr')] });
  });

  it.each([
    [`select ${Array.from({ length: 1_700 }, () => '1').join(',')}`, 'invalid_argument', '54011'],
    ["select repeat('x', 100000000)", 'failed_precondition', '54000'],
  ])('are refused when no result can hold them [postgres.page-fits]', async (sql, code, state) => {
    await expect(query(sql)).rejects.toMatchObject({ code, details: { sql_state: state } });
    expect(await query('select 1')).toMatchObject({ rows: [[1]] });
  });
});

describe('a cancelled call', () => {
  it('ends its statement on the server, and the pool goes on [postgres.cancel]', async () => {
    const controller = new AbortController();
    const running = query('select pg_sleep(120)', {}, { signal: controller.signal });
    await untilRunning('select pg_sleep(120)');
    controller.abort();
    await expect(running).rejects.toMatchObject({ code: 'cancelled', details: { sql_state: '57014' } });
    expect(await runningCount('select pg_sleep(120)')).toBe(0);
    await Promise.all(Array.from({ length: 12 }, () => query('select 1')));
  });

  it('does not begin when it was cancelled before [postgres.cancel]', async () => {
    await expect(query('select 1', {}, { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'cancelled' });
  });

  it('ends by itself when it takes too long [postgres.bad-input]', async () => {
    await expect(query('select pg_sleep(60)', { database: 'hasty' })).rejects.toMatchObject({
      code: 'deadline_exceeded',
      details: { sql_state: '57014' },
    });
  });
});

describe('bad input', () => {
  it.each([
    ['select * from oders', 'not_found', '42P01', 'orders'],
    ['select custmer from orders', 'not_found', '42703', 'customer'],
    ['select o.amuont from orders o', 'not_found', '42703', 'amount'],
    ['select genrate_series(1, 2)', 'not_found', '42883', 'generate_series'],
    ['select * from pubic.orders', 'not_found', '42P01', 'orders'],
  ])('offers the nearest names: %s [postgres.nearest-names]', async (sql, code, state, offered) => {
    const error = await query(sql).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code, details: { sql_state: state, nearest: expect.arrayContaining([offered]) } });
    expect(error).not.toMatchObject({ details: { nearest: expect.arrayContaining(['cmin']) } });
  });

  it('offers the nearest databases, of the tenant alone [postgres.nearest-names] [postgres.databases]', async () => {
    await expect(query('select 1', { database: 'mian' })).rejects.toMatchObject({
      code: 'not_found',
      details: { nearest: ['main'] },
    });
    await expect(query('select 1', { database: 'theirs' })).rejects.toMatchObject({ code: 'not_found' });
    expect(await query('select 1', { database: 'theirs' }, { tenant: 'acme' })).toMatchObject({ database: 'theirs' });
  });

  it.each([
    [{ sql: 'select $1::int', parameters: [] }, 'invalid_argument', '08P01'],
    [{ sql: 'select $1::int', parameters: [1, 2] }, 'invalid_argument', '08P01'],
    [{ sql: 'select $1::int', parameters: ['x'] }, 'invalid_argument', '22P02'],
    [{ sql: 'select $2::int', parameters: [1, 2] }, 'invalid_argument', '42P18'],
    [{ sql: 'select 1 / 0' }, 'invalid_argument', '22012'],
    [{ sql: 'select $1::text', parameters: ['a\u0000'] }, 'invalid_argument', '22021'],
    [{ sql: "select convert_from('\\xff', 'UTF8')" }, 'invalid_argument', '22021'],
    [{ sql: 'select (select id from many)' }, 'invalid_argument', '21000'],
  ])('says what is wrong, with the SQLSTATE: %j [postgres.bad-input]', async (input, code, state) => {
    await expect(opened.call('execute_query', input)).rejects.toMatchObject({ code, details: { sql_state: state } });
  });

  it('refuses a statement of 10 MB before anything reads it [postgres.bad-input]', () => {
    const { input } = opened.find('execute_query');
    expect(input.safeParse({ sql: `select '${'x'.repeat(10_000_000)}'` }).success).toBe(false);
  });
});

describe('tables', () => {
  it('are listed by size, page by page [postgres.list-tables]', async () => {
    const first = (await opened.call('list_tables', { schema: 'public', limit: 2 })).tables as Output;
    expect(first).toMatchObject({
      total: 4,
      truncated: true,
      rows: [['public', 'many', 'table', expect.anything(), expect.any(Number), null], expect.anything()],
    });
    const rest = (await opened.call('list_tables', { schema: 'public', limit: 2, cursor: first.cursor }))
      .tables as Output;
    expect(rest).toMatchObject({ total: 4, truncated: false });
    await expect(opened.call('list_tables', { schema: 'pubic' })).rejects.toMatchObject({
      details: { nearest: ['public'] },
    });
    await expect(opened.call('list_tables', { cursor: 'x' })).rejects.toMatchObject({ code: 'invalid_argument' });
  });

  it('are resources, with completion [postgres.resources]', async () => {
    const [schema, rows] = ['postgres-schema', 'postgres-table-data'].map((name) =>
      opened.connector.resources.find((one) => one.name === name),
    );
    const context = contextOf();
    expect(await schema?.read({ schema_name: 'public' }, context)).toMatchObject({ total: 4, truncated: false });
    expect(await schema?.complete?.schema_name?.('we', {}, context.caller)).toEqual(['we"ird']);
    expect(await rows?.read({ table_name: 'we"ird.ta ble' }, context)).toMatchObject({
      columns: ['co"l'],
      rows: [[1]],
    });
    expect(await rows?.read({ table_name: 'many' }, context)).toMatchObject({
      rows: expect.objectContaining({ length: 100 }),
    });
    expect(await rows?.complete?.table_name?.('ma', {}, context.caller)).toEqual(['many']);
    await expect(rows?.read({ table_name: 'mny' }, context)).rejects.toMatchObject({
      details: { nearest: expect.arrayContaining(['many']) },
    });
  });

  it('are told of by health, for each database [postgres.health]', async () => {
    const reports = await opened.connector.health(new AbortController().signal);
    expect(reports).toHaveLength(5);
    expect(reports[1]).toMatchObject({
      name: 'postgres limited',
      ok: true,
      message: expect.stringMatching(/reads as reader, read-only, \d+ ms/),
    });
  });

  it('are told of apart, while all connections of one are taken [postgres.health]', async () => {
    const taken = opened.call('execute_query', { sql: 'select pg_sleep(6)', database: 'single' });
    await untilRunning('select pg_sleep(6)');
    const reports = await opened.connector.health(new AbortController().signal);
    expect(reports.map(({ name, ok }) => [name, ok])).toEqual(
      ['main', 'limited', 'single', 'theirs', 'hasty'].map((name) => [`postgres ${name}`, name !== 'single']),
    );
    await taken;
  });

  it('read quotes as the parser that checks statements does, whatever the server is set to [postgres.hostile-reads]', async () => {
    await server.run(
      "create role lax superuser login password 'lax'; alter role lax set standard_conforming_strings = off",
    );
    const lax = openConnector([databaseAt('lax', server.url({ user: 'lax', password: 'lax' }))]);
    const sql = "select '\\'', pg_read_file($$PG_VERSION$$) --'";
    expect(await lax.call('execute_query', { sql })).toMatchObject({
      rows: [["\\', pg_read_file($$PG_VERSION$$) --"]],
    });
    await lax.connector.close();
  });

  it('are reached with passwords that are fetched for each connection [postgres.databases]', async () => {
    const fresh = openConnector([databaseAt('main', server.url())]);
    await fresh.call('execute_query', { sql: 'select 1' });
    const before = fresh.resolved.length;
    await Promise.all(Array.from({ length: 3 }, () => fresh.call('execute_query', { sql: 'select pg_sleep(0.2)' })));
    await fresh.connector.close();
    expect(fresh.resolved.length).toBeGreaterThan(before);
  });
});

async function runningCount(sql: string): Promise<number> {
  const rows = await server.run(
    `select count(*)::int as n from pg_stat_activity where state = 'active' and query = '${sql}'`,
  );
  return Number(rows[0]?.n);
}

async function untilRunning(sql: string): Promise<void> {
  while ((await runningCount(sql)) === 0);
}
