import * as arrow from 'apache-arrow';
import fc from 'fast-check';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createPostgres, type PostgresConnector } from '../../src/connectors/postgres/connector.ts';
import type { HeadgateError } from '../../src/kernel/errors.ts';
import type { LoadTarget, RelationalDatabase } from '../../src/kernel/relational-database.ts';
import type { ArrowRows } from '../../src/kernel/sql-engine.ts';
import { type Postgres, startPostgres } from '../stack/postgres.ts';

let server: Postgres;
let connector: PostgresConnector;
let database: RelationalDatabase;

beforeAll(async () => {
  server = await startPostgres({ settings: { fsync: 'off', timezone: 'Asia/Kolkata' } });
  connector = connect(server.url());
  database = connector.databases.find('local', null);
}, 300_000);

afterAll(async () => {
  await connector?.close();
  await server?.stop();
});

beforeEach(async () => {
  await server.run('drop schema public cascade; create schema public');
});

function connect(url: string): PostgresConnector {
  const settings = { host: null, port: null, database: null, user: null, password: null, readRole: null };
  const limits = {
    poolMin: 0,
    poolMax: 6,
    statementTimeoutMs: 20_000,
    applicationName: 'bulk-load-test',
    tenants: null,
  };
  return createPostgres(
    { default: 'main', databases: [{ name: 'main', url: { value: url } as never, ...settings, ...limits }] },
    { clock: Date.now, resolveSecret: async () => url, spark: () => null, report: () => {} },
  );
}

/** Rows of one or more Arrow tables, a chunk each. `taken` counts the chunks that were asked for. */
function rowsOf(
  tables: readonly arrow.Table[],
  options: { taken?: { count: number; ended: boolean }; afterwards?: () => Promise<never> } = {},
): ArrowRows {
  const columns =
    tables[0]?.schema.fields.map(({ name, type }) => ({ name, type: String(type), nullable: true })) ?? [];
  async function* chunks() {
    try {
      for (const table of tables) {
        if (options.taken) options.taken.count += 1;
        yield arrow.tableToIPC(table, 'stream');
      }
      await options.afterwards?.();
    } finally {
      if (options.taken) options.taken.ended = true;
    }
  }
  return { columns, chunks: chunks() };
}

const tableOf = (columns: Record<string, [arrow.DataType, readonly unknown[]]>) =>
  new arrow.Table(
    Object.fromEntries(
      Object.entries(columns).map(([name, [type, values]]) => [name, arrow.vectorFromArray(values as never, type)]),
    ) as never,
  );

const people = (ids: readonly number[], name = 'n') =>
  tableOf({ id: [new arrow.Int32(), ids], name: [new arrow.Utf8(), ids.map((id) => `${name}${id}`)] });

const into = (table: string, more: Partial<LoadTarget> = {}): LoadTarget => ({
  schema: null,
  table,
  mode: 'append',
  keys: [],
  create: false,
  ...more,
});

const run = () => ({ signal: new AbortController().signal });
const load = (tables: readonly arrow.Table[], target: LoadTarget) => database.load(rowsOf(tables), target, run());
const refused = async (promise: Promise<unknown>): Promise<HeadgateError> =>
  promise.then(
    () => expect.unreachable('nothing was refused'),
    (error: HeadgateError) => error,
  );
const leftovers = () => server.run("select relname from pg_class where relname like '%staging%' and relkind = 'r'");

describe('the modes', () => {
  it('appends, replaces and upserts [bulk-load.modes]', async () => {
    await server.run('create table t (id int primary key, name text)');
    expect(await load([people([1, 2]), people([3])], into('t'))).toMatchObject({
      rows: 3,
      inserted: 3,
      updated: 0,
      created: false,
    });
    expect(await load([people([3, 4], 'm')], into('t', { mode: 'upsert', keys: ['id'] }))).toMatchObject({
      rows: 2,
      inserted: 1,
      updated: 1,
    });
    expect(await server.run('select * from t order by id')).toEqual([
      { id: 1, name: 'n1' },
      { id: 2, name: 'n2' },
      { id: 3, name: 'm3' },
      { id: 4, name: 'm4' },
    ]);
    expect(await load([people([9])], into('t', { mode: 'replace' }))).toMatchObject({ inserted: 1, updated: 0 });
    expect(await server.run('select * from t')).toEqual([{ id: 9, name: 'n9' }]);
    expect(await load([people([])], into('t', { mode: 'replace' }))).toMatchObject({ rows: 0 });
    expect(await server.run('select * from t')).toEqual([]);
    expect(await leftovers()).toEqual([]);
  });

  it('upserts by the primary key when no keys are named, into partitions and key-only tables too [bulk-load.modes]', async () => {
    await server.run(`create table p (id int primary key, name text) partition by range (id);
      create table p1 partition of p for values from (0) to (10); create table k (id int primary key)`);
    await load([people([1, 2])], into('p'));
    expect(await load([people([2, 3], 'x')], into('p', { mode: 'upsert' }))).toMatchObject({ inserted: 1, updated: 1 });
    const ids = tableOf({ id: [new arrow.Int32(), [1, 2]] });
    await load([ids], into('k', { mode: 'upsert' }));
    expect(await load([ids], into('k', { mode: 'upsert' }))).toMatchObject({ inserted: 0, updated: 0 });
    expect(await server.run('select count(*)::int as n from k')).toEqual([{ n: 2 }]);
  });

  it('keeps what hangs on a replaced table [bulk-load.keeps-table]', async () => {
    await server.run(`create table t (id int primary key, name text check (name <> 'bad'), extra int default 7);
      create index by_name on t (name); create view v as select name from t; create role reader; grant select on t to reader;
      insert into t values (1, 'old')`);
    await load([people([5])], into('t', { mode: 'replace' }));
    expect(await server.run('select * from v')).toEqual([{ name: 'n5' }]);
    expect(await server.run('select extra from t')).toEqual([{ extra: 7 }]);
    expect(
      await server.run(
        `select has_table_privilege('reader', 't', 'select') as may, to_regclass('by_name') is not null as index`,
      ),
    ).toEqual([{ may: true, index: true }]);
    await server.run('drop owned by reader; drop role reader');
    await server.run('create table child (t int references t)');
    const error = await refused(load([people([6])], into('t', { mode: 'replace' })));
    expect(error).toMatchObject({ code: 'failed_precondition', details: { sql_state: '0A000' } });
    expect(await server.run('select id from t')).toEqual([{ id: 5 }]);
  });

  it('makes a table from the rows, with the keys as its primary key [bulk-load.create]', async () => {
    const error = await refused(load([people([1])], into('poeple')));
    expect(error.code).toBe('not_found');
    await server.run('create table people (id int)');
    expect((await refused(load([people([1])], into('poeple')))).details?.nearest).toEqual(['people']);
    expect((await refused(load([people([1])], into('t', { schema: 'publik' })))).details?.nearest).toContain('public');
    expect(await load([people([1])], into('Odd "name"', { create: true, mode: 'upsert', keys: ['id'] }))).toMatchObject(
      { created: true },
    );
    await load([people([1, 2], 'z')], into('Odd "name"', { create: true, mode: 'upsert', keys: ['id'] }));
    expect(await server.run('select * from "Odd ""name""" order by id')).toEqual([
      { id: 1, name: 'z1' },
      { id: 2, name: 'z2' },
    ]);
  });

  it('loads under row security and through views, which COPY refuses [bulk-load.modes]', async () => {
    const owner = await server.createDatabase();
    await server.run(
      'create table t (id int, name text); alter table t enable row level security; alter table t force row level security; create policy all_rows on t using (true); create table b (id int, name text); create view v as select * from b',
      owner,
    );
    const other = connect(server.url(owner));
    try {
      const db = other.databases.find('local', null);
      await db.load(rowsOf([people([1])]), into('t'), run());
      await db.load(rowsOf([people([1])]), into('v'), run());
      expect(
        await server.run('select (select count(*) from t)::int as t, (select count(*) from b)::int as b', owner),
      ).toEqual([{ t: 1, b: 1 }]);
    } finally {
      await other.close();
    }
  });
});

describe('one effect', () => {
  it('loads a name once [bulk-load.once]', async () => {
    await server.run('create table t (id int, name text); create table u (id int, name text)');
    const target = into('t', { loadId: 'run 1' });
    expect((await load([people([1, 2])], target)).alreadyLoaded).toBe(false);
    const taken = { count: 0, ended: false };
    expect(await database.load(rowsOf([people([1, 2])], { taken }), target, run())).toMatchObject({
      alreadyLoaded: true,
      rows: 2,
      inserted: 2,
    });
    expect(taken.count).toBe(0);
    expect(await load([people([1, 2])], into('u', { loadId: 'run 1' }))).toMatchObject({ alreadyLoaded: false });
    expect(await server.run('select count(*)::int as n from t')).toEqual([{ n: 2 }]);
  });

  it('loads a name once when it runs twice at the same time [bulk-load.once]', async () => {
    await server.run('create table t (id int, name text)');
    const target = into('t', { loadId: 'same' });
    const both = await Promise.all([1, 2, 3].map(() => load([people([1, 2])], target)));
    expect(both.map(({ alreadyLoaded }) => alreadyLoaded).sort()).toEqual([false, true, true]);
    expect(await server.run('select count(*)::int as n from t')).toEqual([{ n: 2 }]);
  });

  it('may load a name again that failed [bulk-load.once]', async () => {
    await server.run('create table t (id int primary key, name text)');
    const target = into('t', { loadId: 'again' });
    await refused(load([people([1, 1])], target));
    expect(await load([people([1, 2])], target)).toMatchObject({ alreadyLoaded: false, rows: 2 });
  });
});

describe('failures', () => {
  it('names everything that does not fit before a row is loaded [bulk-load.types-first]', async () => {
    await server.run(`create table t (id int not null, made int generated always as (id * 2) stored, serial int generated always as identity,
      small smallint, needed text not null, amount numeric(6,1), at timestamp)`);
    const rows = tableOf({
      id: [new arrow.Int64(), [1n]],
      made: [new arrow.Int32(), [1]],
      serial: [new arrow.Int32(), [1]],
      small: [new arrow.Int32(), [1]],
      amount: [new arrow.Decimal(2, 6, 128), [new Uint32Array([1, 0, 0, 0])]],
      at: [new arrow.TimestampMicrosecond('UTC'), [0]],
      more: [new arrow.Utf8(), ['x']],
    });
    const error = await refused(load([rows], into('t')));
    expect(error.code).toBe('invalid_argument');
    expect(error.details?.problems).toEqual([
      'id: Int64 does not fit integer',
      'made is generated by the table and takes no value',
      'serial is GENERATED ALWAYS AS IDENTITY and takes no value',
      'small: Int32 does not fit smallint',
      expect.stringMatching(/^amount: .*Decimal\[6e\+2\].* does not fit numeric\(6,1\)$/),
      expect.stringMatching(/^at: .*UTC.* does not fit timestamp without time zone$/),
      expect.stringMatching(/^more Utf8 of the rows is no column of the table/),
      'needed text is NOT NULL without a default, and the rows do not have it',
    ]);
    expect(await server.run('select count(*)::int as n from t')).toEqual([{ n: 0 }]);
  });

  const bad: ReadonlyArray<[string, string, arrow.DataType, readonly unknown[], string]> = [
    ['NUL in text', 'text', new arrow.Utf8(), ['a', 'b\u0000c'], '22021'],
    ['a long text', 'varchar(3)', new arrow.Utf8(), ['abc', 'abcd'], '22001'],
    [
      'a large decimal',
      'numeric(3,1)',
      new arrow.Decimal(1, 9, 128),
      [
        [10, 0, 0, 0],
        [9999, 0, 0, 0],
      ].map((w) => new Uint32Array(w)),
      '22003',
    ],
    ['a null', 'int not null', new arrow.Int32(), [1, null], '23502'],
    ['text that is no JSON', 'jsonb', new arrow.Utf8(), ['{}', '{"a":'], '22P02'],
    ['a label that there is not', 'mood', new arrow.Utf8(), ['good', 'bad'], '22P02'],
    ['a value that a domain forbids', 'positive', new arrow.Int32(), [1, -1], '23514'],
    ['a date beyond the calendar', 'date', new arrow.DateDay(), [new Date(0), new Date(8.64e15)], ''],
  ];
  it.each(bad)('says the row and column of %s [bulk-load.values]', async (_what, sqlType, type, values, state) => {
    await server.run(
      `create type mood as enum ('good'); create domain positive as int check (value > 0); create table t (v ${sqlType})`,
    );
    if (state === '') {
      await load([tableOf({ v: [type, values] })], into('t'));
      return;
    }
    for (const target of [into('t'), into('t', { mode: 'replace' })]) {
      const error = await refused(load([tableOf({ v: [type, values] })], target));
      expect(error.details).toMatchObject({
        sql_state: state,
        row: 2,
      });
      expect(error.message).toMatch(/PostgreSQL/);
    }
    expect(await server.run('select * from t')).toEqual([]);
  });

  it('says the row and column of text that is no UTF-8 and of a UUID that is none [bulk-load.values]', async () => {
    await server.run('create table t (v text); create table u (v uuid)');
    const bytes = arrow.vectorFromArray([Buffer.from('ok'), Buffer.from([0x61, 0xff])], new arrow.Binary());
    const data = bytes.data[0] as arrow.Data;
    const text = arrow.makeData({
      type: new arrow.Utf8(),
      length: 2,
      nullCount: 0,
      valueOffsets: data.valueOffsets,
      data: data.values,
    } as never);
    const error = await refused(load([new arrow.Table({ v: new arrow.Vector([text]) } as never)], into('t')));
    expect(error).toMatchObject({ code: 'invalid_argument', details: { sql_state: '22021', row: 2, column: 'v' } });
    const uuid = await refused(
      load([tableOf({ v: [new arrow.Utf8(), ['8b5a9a0e-0000-4000-8000-000000000000', 'no']] })], into('u')),
    );
    expect(uuid).toMatchObject({ code: 'invalid_argument', details: { row: 2, column: 'v' } });
  });

  it('leaves the table as it was when the source fails, in every mode [bulk-load.all-or-nothing]', async () => {
    await server.run("create table t (id int primary key, name text); insert into t values (1, 'old')");
    for (const mode of ['append', 'replace', 'upsert'] as const) {
      const rows = rowsOf([people([2, 3])], { afterwards: () => Promise.reject(new Error('the source is gone')) });
      await expect(database.load(rows, into('t', { mode }), run())).rejects.toThrow('the source is gone');
      expect(await server.run('select * from t')).toEqual([{ id: 1, name: 'old' }]);
    }
    expect(await leftovers()).toEqual([]);
  });

  it('refuses an upsert that no constraint backs, and one of several rows with one key [bulk-load.upsert-keys]', async () => {
    await server.run('create table t (id int, name text unique)');
    const missing = await refused(load([people([1])], into('t', { mode: 'upsert', keys: ['id'] })));
    expect(missing).toMatchObject({ code: 'failed_precondition', hint: expect.stringContaining('It has (name).') });
    await server.run('create unique index on t (id)');
    const twice = await refused(load([people([1, 1, 2])], into('t', { mode: 'upsert', keys: ['id'] })));
    expect(twice).toMatchObject({ code: 'invalid_argument', message: expect.stringContaining('1 (2 rows)') });
    const nulls = await refused(load([people([1, null as never])], into('t', { mode: 'upsert', keys: ['id'] })));
    expect(nulls.details).toMatchObject({ sql_state: '23502', row: 2 });
    expect(await server.run('select * from t')).toEqual([]);
  });

  it('says what the role may not [bulk-load.all-or-nothing]', async () => {
    const owner = await server.createDatabase('');
    await server.run('create table theirs (id int, name text)', { database: owner.database });
    const other = connect(server.url(owner));
    try {
      const error = await refused(
        other.databases.find('local', null).load(rowsOf([people([1])]), into('theirs'), run()),
      );
      expect(error).toMatchObject({ code: 'permission_denied', details: { sql_state: '42501' } });
    } finally {
      await other.close();
    }
  });

  it('is cancelled in the middle of a COPY [bulk-load.cancel]', async () => {
    await server.run('create table t (id int, name text)');
    const taken = { count: 0, ended: false };
    const controller = new AbortController();
    const waiting = new Promise<never>((_resolve, reject) => {
      controller.signal.addEventListener('abort', () => reject(new Error('the query was ended')));
    });
    const loading = database.load(rowsOf([people([1])], { taken, afterwards: () => waiting }), into('t'), {
      signal: controller.signal,
    });
    await expect
      .poll(() => server.run("select 1 from pg_stat_activity where state = 'active' and query like 'copy %'"), {
        timeout: 10_000,
      })
      .toHaveLength(1);
    controller.abort();
    expect((await refused(loading)).code).toBe('cancelled');
    await expect.poll(() => taken.ended).toBe(true);
    expect(await server.run('select * from t')).toEqual([]);
    await expect
      .poll(
        () =>
          server.run("select 1 from pg_stat_activity where application_name = 'bulk-load-test' and state <> 'idle'"),
        { timeout: 10_000 },
      )
      .toEqual([]);
  });

  it('is undone when it meets another transaction in a deadlock [bulk-load.all-or-nothing]', async () => {
    await server.run("create table t (id int primary key, name text); insert into t values (1, 'old'), (2, 'old')");
    const other = new pg.Client({ connectionString: server.url() });
    await other.connect();
    try {
      await other.query("set deadlock_timeout = '60s'; begin; update t set name = 'theirs' where id = 2");
      const loading = refused(load([people([1, 2])], into('t', { mode: 'upsert' })));
      await expect
        .poll(() => server.run("select 1 from pg_stat_activity where wait_event_type = 'Lock'"), { timeout: 10_000 })
        .toHaveLength(1);
      const update = other.query("update t set name = 'theirs' where id = 1");
      expect(await loading).toMatchObject({ code: 'aborted', retryable: true, details: { sql_state: '40P01' } });
      await update;
      await other.query('commit');
    } finally {
      await other.end();
    }
    expect(await server.run('select name from t')).toEqual([{ name: 'theirs' }, { name: 'theirs' }]);
    expect(await leftovers()).toEqual([]);
  });

  it('is undone when the server has no room left [bulk-load.all-or-nothing]', async () => {
    await server.run(`create table t (id int, name text); create function full_disk() returns trigger language plpgsql as
      $$ begin if new.id = 3 then raise 'could not extend file' using errcode = '53100'; end if; return new; end $$;
      create trigger full_disk before insert on t for each row execute function full_disk()`);
    for (const mode of ['append', 'replace'] as const) {
      const error = await refused(load([people([1, 2, 3])], into('t', { mode })));
      expect(error).toMatchObject({ code: 'resource_exhausted', details: { sql_state: '53100' } });
    }
    expect(await server.run('select * from t')).toEqual([]);
  });

  it('survives a server that dies in the middle [bulk-load.all-or-nothing]', async () => {
    await server.run("create table t (id int, name text); insert into t values (1, 'old')");
    let killed: Promise<void> = Promise.resolve();
    const rows = rowsOf([people([2]), people([3])]);
    async function* chunks() {
      for await (const chunk of rows.chunks) {
        yield chunk;
        killed = server.halt('immediate');
        await killed;
      }
    }
    const error = await refused(database.load({ ...rows, chunks: chunks() }, into('t', { mode: 'replace' }), run()));
    await killed;
    await server.start();
    expect(error).toMatchObject({ code: 'unavailable' });
    expect(await server.run('select * from t')).toEqual([{ id: 1, name: 'old' }]);
    expect(await leftovers()).toEqual([]);
  });

  it('lets a slow server slow the source [bulk-load.back-pressure]', async () => {
    await server.run('create table t (id int, name text)');
    const wide = tableOf({ id: [new arrow.Int32(), [1]], name: [new arrow.Utf8(), ['x'.repeat(2_000_000)]] });
    const taken = { count: 0, ended: false };
    const slow =
      'create function slow() returns trigger language plpgsql as $$ begin perform pg_sleep(0.05); return new; end $$';
    await server.run(`${slow}; create trigger slow before insert on t for each row execute function slow()`);
    const loading = database.load(
      rowsOf(
        Array.from({ length: 40 }, () => wide),
        { taken },
      ),
      into('t'),
      run(),
    );
    await expect.poll(() => taken.count).toBeGreaterThan(1);
    expect(taken.count).toBeLessThan(40);
    expect(await loading).toMatchObject({ rows: 40 });
  });
});

describe('reading back', () => {
  it('gives equal rows, whatever was in them [bulk-load.round-trip]', async () => {
    const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
    const row = fc.record({
      i: fc.option(fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 })),
      b: fc.option(int64),
      f: fc.option(fc.double({ noNaN: false })),
      s: fc.option(fc.string({ unit: 'binary' }).map((text) => text.replaceAll('\u0000', ''))),
      y: fc.option(fc.uint8Array()),
      o: fc.option(fc.boolean()),
      d: fc.option(fc.bigInt({ min: -(10n ** 38n) + 1n, max: 10n ** 38n - 1n })),
      l: fc.option(fc.array(fc.option(fc.string({ unit: 'binary' }).map((text) => text.replaceAll('\u0000', ''))))),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(row, { maxLength: 40 }), async (rows) => {
        const words = (value: bigint) =>
          new Uint32Array(new BigInt64Array([BigInt.asIntN(64, value), value >> 64n]).buffer);
        const of = <T>(pick: (one: (typeof rows)[number]) => T) => rows.map(pick);
        const table = tableOf({
          i: [new arrow.Int32(), of(({ i }) => i)],
          b: [new arrow.Int64(), of(({ b }) => b)],
          f: [new arrow.Float64(), of(({ f }) => f)],
          s: [new arrow.Utf8(), of(({ s }) => s)],
          y: [new arrow.Binary(), of(({ y }) => y)],
          o: [new arrow.Bool(), of(({ o }) => o)],
          d: [new arrow.Decimal(7, 38, 128), of(({ d }) => (d === null ? null : words(d)))],
          l: [new arrow.List(new arrow.Field('element', new arrow.Utf8(), true)), of(({ l }) => l)],
          n: [new arrow.Int32(), rows.map((_, at) => at)],
        });
        await server.run('drop table if exists t');
        await load([table], into('t', { create: true }));
        const back = await readAll('select i, b, f, s, y, o, d, l from t order by n');
        expect(back.map(plain)).toEqual(rows.map((one) => plain({ ...one, d: one.d === null ? null : words(one.d) })));
      }),
      { numRuns: 25, seed: 20261121 },
    );
  });

  it('streams a large result in chunks, in a transaction that reads only [bulk-load.read]', async () => {
    const rows = await database.read("select n, repeat('x', 100) as pad from generate_series(1, 100000) n", run());
    expect(rows.columns).toEqual([
      { name: 'n', type: 'integer', nullable: null },
      { name: 'pad', type: 'text', nullable: null },
    ]);
    let seen = 0;
    let largest = 0;
    for await (const chunk of rows.chunks) {
      seen += arrow.tableFromIPC(chunk).numRows;
      largest = Math.max(largest, chunk.byteLength);
    }
    expect(seen).toBe(100_000);
    expect(largest).toBeLessThan(8_000_000);
    const empty = await database.read('select 1 as one where false', run());
    expect((await collect(empty)).length).toBe(0);
    expect(await refused(database.read('delete from pg_class', run()))).toMatchObject({
      code: expect.stringMatching(/invalid_argument|permission_denied/),
    });
    const late = await database.read('select 1/(2000-n) from generate_series(1, 3000) n', run());
    await expect(collect(late)).rejects.toMatchObject({ details: { sql_state: '22012' } });
  });

  it('leaves a result early and cancels it [bulk-load.read]', async () => {
    for await (const _chunk of (await database.read('select * from generate_series(1, 10000000)', run())).chunks) break;
    const controller = new AbortController();
    const rows = await database.read(
      'select n, pg_sleep(case when n > 600 then 60 else 0 end) from generate_series(1, 2000) n',
      { signal: controller.signal },
    );
    const reading = collect(rows);
    setTimeout(() => controller.abort(), 50);
    await expect(reading).rejects.toMatchObject({ code: 'cancelled' });
    await expect
      .poll(
        () =>
          server.run("select 1 from pg_stat_activity where application_name = 'bulk-load-test' and state <> 'idle'"),
        { timeout: 10_000 },
      )
      .toEqual([]);
  });
});

async function collect(rows: ArrowRows): Promise<Record<string, unknown>[]> {
  const all: Record<string, unknown>[] = [];
  for await (const chunk of rows.chunks) for (const row of arrow.tableFromIPC(chunk)) all.push({ ...row?.toJSON() });
  return all;
}

async function readAll(sql: string) {
  return collect(await database.read(sql, run()));
}

/** Values without the classes of Arrow. */
function plain(value: unknown): unknown {
  if (value instanceof arrow.Vector) return [...value].map(plain);
  if (ArrayBuffer.isView(value)) return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('hex');
  if (Array.isArray(value)) return value.map(plain);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, plain(one)]));
}
