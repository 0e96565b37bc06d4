import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createPostgres, type PostgresConnector } from '../../src/connectors/postgres/connector.ts';
import { createSpark, type SparkConnector } from '../../src/connectors/spark/connector.ts';
import type { HeadgateError } from '../../src/kernel/errors.ts';
import type { ToolContext } from '../../src/kernel/tool.ts';
import { openStore, type Store } from '../../src/store/index.ts';
import { type Postgres, startPostgres } from '../stack/postgres.ts';
import { installPostgresJdbc } from '../stack/postgres-jdbc.ts';
import { type SparkConnectServer, startSparkConnect } from '../stack/spark-connect.ts';

let server: Postgres;
let connect: SparkConnectServer;
let spark: SparkConnector;
let postgres: PostgresConnector;
let folder: string;
let store: Store;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'headgate-bulk-load-'));
  const jar = await installPostgresJdbc();
  [server, connect] = await Promise.all([
    startPostgres({ settings: { fsync: 'off' } }),
    startSparkConnect({ properties: { 'spark.jars': jar } }),
  ]);
  store = await openStore({ path: join(folder, 'store.db') });
  const absent = () => Promise.reject(new Error('not used here'));
  spark = createSpark(
    {
      remote: { value: connect.remote } as never,
      ...{
        token: null,
        master: null,
        masterUrl: null,
        submissionUrl: null,
        home: null,
        appName: 'test',
        roots: [folder],
      },
      ...{ eventLogs: null, conf: {}, maxJobs: 1, tenants: null },
    },
    {
      clock: Date.now,
      resolveSecret: async () => connect.remote,
      operations: { start: absent, recoverWith: () => {}, get: absent, settled: absent, cancel: absent } as never,
      jobs: store.jobs,
      folder,
      report: () => {},
    },
  );
  const parts = { host: null, port: null, database: null, user: null, password: null, readRole: null };
  const limits = { poolMin: 0, poolMax: 6, statementTimeoutMs: 20_000, applicationName: 'test', tenants: null };
  postgres = createPostgres(
    { default: 'main', databases: [{ name: 'main', url: { value: server.url() } as never, ...parts, ...limits }] },
    {
      clock: Date.now,
      resolveSecret: async () => server.url(),
      spark: (tenant) => spark.engine(tenant),
      report: () => {},
    },
  );
}, 600_000);

afterAll(async () => {
  await postgres?.close();
  await spark?.close();
  await store?.close();
  await connect?.stop();
  await server?.stop();
  if (folder) await rm(folder, { recursive: true, force: true });
});

beforeEach(async () => {
  await server.run('drop schema public cascade; create schema public');
});

const context = (more: Partial<ToolContext> = {}): ToolContext => ({
  caller: {
    subject: 'me',
    tenant: 'local',
    scopes: new Set(['read', 'write']),
    via: 'cli',
    abilities: { elicitation: false, progress: false, tasks: false },
  },
  signal: new AbortController().signal,
  progress: () => {},
  ...more,
});

function tool() {
  const found = postgres.tools.find(({ name }) => name === 'bulk_load_from_spark');
  if (found === undefined) throw new Error('the tool is not listed');
  return found;
}

const call = (input: Record<string, unknown>, more: Partial<ToolContext> = {}) =>
  tool().call(tool().input.parse(input), context(more));

const refused = (promise: Promise<unknown>): Promise<HeadgateError> =>
  promise.then(
    () => expect.unreachable('nothing was refused'),
    (error: HeadgateError) => error,
  );

/** A literal of each Spark type, the column that holds it, and what PostgreSQL says of it then. */
const TYPES: ReadonlyArray<readonly [sparkSql: string, sqlType: string, text: string | null]> = [
  ['true', 'boolean', 'true'],
  ['-128Y', 'smallint', '-128'],
  ['-32768S', 'smallint', '-32768'],
  ['-2147483648', 'integer', '-2147483648'],
  ['7', 'bigint', '7'],
  ['9223372036854775807L', 'bigint', '9223372036854775807'],
  ['9223372036854775807L', 'numeric', '9223372036854775807'],
  ["float('1.1')", 'real', '1.1'],
  ["double('NaN')", 'double precision', 'NaN'],
  ["double('-Infinity')", 'double precision', '-Infinity'],
  ["double('0.1')", 'numeric', '0.1'],
  ["double('NaN')", 'numeric(5,2)', 'NaN'],
  ['12345.678BD', 'numeric(8,3)', '12345.678'],
  [
    "cast('-99999999999999999999999999999999999999' as decimal(38,0))",
    'numeric(38,0)',
    '-99999999999999999999999999999999999999',
  ],
  [
    "cast('0.00000000000000000000000000000000000001' as decimal(38,38))",
    'numeric',
    '0.00000000000000000000000000000000000001',
  ],
  ["'gr\u00fc\u00df \ud83d\ude00'", 'text', 'gr\u00fc\u00df \ud83d\ude00'],
  ["'abc'", 'varchar(3)', 'abc'],
  ["'8B5A9A0E-0000-4000-8000-00000000000F'", 'uuid', '8b5a9a0e-0000-4000-8000-00000000000f'],
  ["'good'", 'mood', 'good'],
  ["'192.168.0.1'", 'inet', '192.168.0.1/32'],
  ['\'{"a": 1}\'', 'jsonb', '{"a": 1}'],
  ["X'00ff'", 'bytea', '\\x00ff'],
  ["date'0001-01-01'", 'date', '0001-01-01'],
  ["date'9999-12-31'", 'date', '9999-12-31'],
  ["date'2024-02-29'", 'timestamp', '2024-02-29 00:00:00'],
  ["timestamp'2024-02-29 12:34:56.123456+02:00'", 'timestamptz', '2024-02-29 10:34:56.123456+00'],
  ["timestamp_ntz'1969-12-31 23:59:59.999999'", 'timestamp', '1969-12-31 23:59:59.999999'],
  ["interval '1-2' year to month", 'interval', '1 year 2 mons'],
  ["interval '-1 02:03:04.5' day to second", 'interval', '-26:03:04.5'],
  ['array(1, null, 3)', 'integer[]', '{1,NULL,3}'],
  ["array('a', 'b \"c\"')", 'text[]', '{a,"b \\"c\\""}'],
  ['cast(array() as array<int>)', 'integer[]', '{}'],
  ["named_struct('a', 1, 'b', array(1.5BD), 'c', null)", 'jsonb', '{"a": 1, "b": [1.5], "c": null}'],
  ["map('k', 1L)", 'jsonb', '{"k": 1}'],
  ['parse_json(\'{"v": [1, "x", null, 1.25]}\')', 'jsonb', '{"v": [1, "x", null, 1.25]}'],
  ['cast(null as string)', 'integer', null],
  ['null', 'integer', null],
];

/** Pairs that would lose something. */
const REFUSED: ReadonlyArray<readonly [sparkSql: string, sqlType: string]> = [
  ['1L', 'integer'],
  ['1', 'smallint'],
  ['1', 'text'],
  ['1', 'boolean'],
  ["'1'", 'integer'],
  ["'2024-01-01'", 'date'],
  ['1.25BD', 'numeric(8,1)'],
  ['1.0D', 'real'],
  ['1.0D', 'bigint'],
  ['current_timestamp()', 'timestamp'],
  ['current_timestamp()', 'date'],
  ['current_date()', 'timestamptz'],
  ['true', 'integer'],
  ["X'00'", 'text'],
  ["array('a')", 'integer[]'],
  ["named_struct('a', 1)", 'text'],
  ["interval '1' month", 'text'],
];

describe('types of Spark', () => {
  it('arrive unchanged in every column type that can hold them [bulk-load.spark-types] [bulk-load.type-matrix]', async () => {
    await server.run(
      `create type mood as enum ('good'); create table t (${TYPES.map(([, type], at) => `c${at} ${type}`).join(', ')})`,
    );
    const values = TYPES.map(([sql], at) =>
      sql.startsWith('cast(null as string)') ? `cast(null as int) c${at}` : `${sql} c${at}`,
    );
    const result = await call({ query: `select ${values.join(', ')}`, target_table: 't' });
    expect(result).toMatchObject({ rows: 1, inserted: 1, way: 'copy', already_loaded: false });
    const shown = TYPES.map((_, at) => `c${at}::text`);
    const [row] = await server.run(`set timezone = 'UTC'; select ${shown.join(', ')} from t`);
    expect(Object.values(row ?? {})).toEqual(TYPES.map(([, , text]) => text));
  });

  it('are refused where something would be lost, all at once [bulk-load.types-first] [bulk-load.type-matrix]', async () => {
    await server.run(`create table t (${REFUSED.map(([, type], at) => `c${at} ${type}`).join(', ')})`);
    const error = await refused(
      call({ query: `select ${REFUSED.map(([sql], at) => `${sql} c${at}`).join(', ')}`, target_table: 't' }),
    );
    expect(error.code).toBe('invalid_argument');
    const problems = error.details?.problems as string[];
    expect(problems.map((problem) => problem.split(':')[0])).toEqual(REFUSED.map((_, at) => `c${at}`));
    expect(problems[0]).toBe('c0: bigint does not fit integer');
  });

  it('come back from PostgreSQL as they went, and make the table [bulk-load.create]', async () => {
    const columns = TYPES.map(([sql], at) => `${sql} c${at}`).join(', ');
    await call({ query: `select ${columns}`, target_table: 'made', create: true });
    const made = await server.run(
      "select format_type(atttypid, atttypmod) as type from pg_attribute where attrelid = 'made'::regclass and attnum > 0 order by attnum",
    );
    expect(made.slice(0, 6).map(({ type }) => type)).toEqual([
      'boolean',
      'smallint',
      'smallint',
      'integer',
      'integer',
      'bigint',
    ]);
    const read = await postgres.databases.find('local', null).read('select * from made', context());
    const session = await spark.engine('local')?.session();
    if (session === undefined) throw new Error('there is no Spark');
    try {
      await session.viewRows('back', read, context());
      const { columns: back } = await session.query('select * from back', context());
      expect(back.slice(0, 6).map(({ type }) => type)).toEqual([
        'boolean',
        'smallint',
        'smallint',
        'int',
        'int',
        'bigint',
      ]);
      await session.run('create table copy_back using parquet as select c0, c12, c15, c20, c25 from back', context());
      await call({ source_table: 'copy_back', target_table: 'again', create: true });
      const same = 'select c0, c12, c15, c20, c25 from';
      expect(await server.run(`${same} again`)).toEqual(await server.run(`${same} made`));
    } finally {
      await session.run('drop table if exists copy_back', context());
      await session.close();
    }
  });
});

describe('the tool', () => {
  it('takes exactly one source and says what came of it [bulk-load.tool]', async () => {
    await server.run('create table t (id bigint primary key, name text)');
    const both = await refused(call({ query: 'select 1', source_table: 'x', target_table: 't' }));
    expect(both.code).toBe('invalid_argument');
    expect((await refused(call({ target_table: 't' }))).hint).toContain('exactly one');
    const session = await spark.engine('local')?.session();
    await session
      ?.run(`create or replace table src using parquet as select id, concat('n', id) name from range(10)`, context())
      .catch(() =>
        session.run(`create table src using parquet as select id, concat('n', id) name from range(10)`, context()),
      );
    await session?.writeFiles(
      'select * from src',
      { format: 'parquet', path: join(folder, 'files') },
      'replace',
      context(),
    );
    await session?.close();
    expect(await call({ source_table: 'src', target_table: 't' })).toMatchObject({
      rows: 10,
      way: 'copy',
      table: 't',
      load_id: null,
    });
    expect(await call({ path: join(folder, 'files'), target_table: 't', mode: 'upsert' })).toMatchObject({
      inserted: 0,
      updated: 10,
    });
    expect((await refused(call({ source_table: 'src; drop table src', target_table: 't' }))).code).toBe(
      'invalid_argument',
    );
    expect((await refused(call({ query: 'drop table src', target_table: 't' }))).code).toMatch(
      /invalid_argument|permission_denied/,
    );
    expect((await refused(call({ query: 'select * from nowhere', target_table: 't' }))).code).toBe('not_found');
  });

  it('is made once for each operation, also when the gateway repeats it [bulk-load.once] [bulk-load.tool]', async () => {
    await server.run('create table t (id bigint)');
    const input = { query: 'select id from range(5)', target_table: 't' };
    expect(await call(input, { operationId: 'op-1' })).toMatchObject({
      already_loaded: false,
      load_id: 'operation op-1',
    });
    expect(await call(input, { operationId: 'op-1' })).toMatchObject({ already_loaded: true, rows: 5 });
    expect(await call(input, { operationId: 'op-2' })).toMatchObject({ already_loaded: false });
    expect(await server.run('select count(*)::int as n from t')).toEqual([{ n: 10 }]);
    expect(tool().long?.repeatable).toBe(true);
  });

  it('asks before it replaces rows [bulk-load.approval]', async () => {
    await server.run('create table t (id bigint); insert into t select generate_series(1, 1200)');
    const need = (input: Record<string, unknown>) => tool().approval?.(tool().input.parse(input), context());
    const replace = { query: 'select id from range(5)', target_table: 't', mode: 'replace' };
    expect(await need(replace)).toMatchObject({
      plan: ['Removes the 1,200 rows that public.t has now.', expect.any(String)],
    });
    expect(await need({ ...replace, mode: 'append' })).toBeNull();
    await server.run('truncate t');
    expect(await need(replace)).toBeNull();
    expect(await need({ ...replace, target_table: 'new', create: true })).toBeNull();
  });

  it('ends the query when it is cancelled [bulk-load.cancel]', async () => {
    await server.run('create table t (id bigint)');
    const controller = new AbortController();
    const loading = call(
      { query: 'select id from range(0, 1000000000, 1, 2000)', target_table: 't' },
      { signal: controller.signal },
    );
    await expect
      .poll(() => server.run("select 1 from pg_stat_activity where query like 'copy %'"), { timeout: 60_000 })
      .not.toEqual([]);
    controller.abort();
    expect((await refused(loading)).code).toBe('cancelled');
    expect(await server.run('select * from t')).toEqual([]);
  });
});

describe('executors that write by themselves', () => {
  const staging = () => server.run("select relname from pg_class where relname like 'headgate_staging%'");

  it('fill a staging table that is merged and dropped [bulk-load.jdbc]', async () => {
    await server.run(
      `create type mood as enum ('good'); create table t (id bigint primary key, name text, u uuid, j jsonb, m mood, at timestamptz, d numeric(10,2), l int[])`,
    );
    const query = `select id, concat('n', id) name, '8b5a9a0e-0000-4000-8000-00000000000f' u, '{"a":1}' j, 'good' m,
      timestamp'2024-02-29 12:34:56.123456+02:00' at, cast(id / 4 as decimal(10,2)) d, array(1, 2) l from range(0, 1000, 1, 4)`;
    const input = { query, target_table: 't', path_choice: 'jdbc' };
    expect(await call(input)).toMatchObject({ rows: 1000, inserted: 1000, way: 'jdbc' });
    expect(await call({ ...input, mode: 'upsert' })).toMatchObject({
      rows: 1000,
      inserted: 0,
      updated: 1000,
      way: 'jdbc',
    });
    expect(await call({ ...input, mode: 'replace' })).toMatchObject({ inserted: 1000 });
    expect(
      await server.run(
        'select name, u::text, j, m, d::text, l, extract(epoch from at)::text as at from t where id = 3',
      ),
    ).toEqual([
      {
        name: 'n3',
        u: '8b5a9a0e-0000-4000-8000-00000000000f',
        j: { a: 1 },
        m: 'good',
        d: '0.75',
        l: [1, 2],
        at: '1709202896.123456',
      },
    ]);
    expect(await call({ ...input, target_table: 'fresh', create: true, load_id: 'x' })).toMatchObject({
      created: true,
      rows: 1000,
    });
    expect(await call({ ...input, target_table: 'fresh', create: true, load_id: 'x' })).toMatchObject({
      already_loaded: true,
    });
    expect(await staging()).toEqual([]);
  });

  it('leave nothing behind when they fail, nor what a dead load left [bulk-load.jdbc] [bulk-load.all-or-nothing]', async () => {
    await server.run(
      "create domain short as text check (value <> 'bad'); create table t (id bigint primary key, name short); create unlogged table headgate_staging_0123456789abcdef (x int)",
    );
    const query = "select id, case when id = 900 then 'bad' else 'ok' end name from range(0, 1000, 1, 2)";
    const error = await refused(call({ query, target_table: 't', path_choice: 'jdbc' }));
    expect(error.message).toContain('short_check');
    expect(error.message).not.toContain(new URL(server.url()).password);
    const twice = await refused(
      call({ query: "select 1L id, 'a' name from range(2)", target_table: 't', path_choice: 'jdbc', mode: 'upsert' }),
    );
    expect(twice.code).toBe('invalid_argument');
    expect(
      (await refused(call({ query: 'select 1 id, 2 name', target_table: 't', path_choice: 'jdbc' }))).details?.problems,
    ).toHaveLength(1);
    expect(await server.run('select * from t')).toEqual([]);
    expect(await staging()).toEqual([]);
  });
});
