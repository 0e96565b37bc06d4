import { existsSync, readdirSync, realpathSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createApp } from '../../src/app.ts';
import { loadConfiguration } from '../../src/configuration/index.ts';
import { createDuckdb, type DuckdbConnector } from '../../src/connectors/duckdb/connector.ts';
import { callTool } from '../../src/connectors/duckdb/fixtures/open-local.ts';

/** Stands in everything that SQL must not reach. */
const SECRET = 'HEADGATE-SECRET-4711';

let folder: string;
let home: string;
let root: string;
let connector: DuckdbConnector;
const open = (roots: string[], kept = [home]) =>
  createDuckdb(
    { path: join(home, 'local.duckdb'), roots, memoryLimitMb: 200, threads: 2 },
    { clock: Date.now, tools: true, kept, report: () => undefined },
  );

beforeAll(async () => {
  folder = realpathSync(await mkdtemp(join(tmpdir(), 'headgate-confined-')));
  [home, root] = [join(folder, 'home'), join(folder, 'root')];
  await mkdir(join(home, 'spark-jobs'), { recursive: true });
  await mkdir(join(root, 'inner'), { recursive: true });
  await makeStore();
  await writeFile(join(home, 'headgate.yaml'), `postgres: {databases: {main: {password: ${SECRET}}}}\n`);
  await writeFile(join(home, 'spark-jobs', 'job.json'), `{"secret": "${SECRET}"}\n`);
  await writeFile(join(root, 'orders.csv'), 'id,status\n1,paid\n');
  await symlink(home, join(root, 'link'));
  await symlink(join(home, 'headgate.yaml'), join(root, 'inner', 'config.csv'));
  connector = open([root]);
});
afterAll(async () => {
  await connector.close();
  await rm(folder, { recursive: true, force: true });
});

/** A real store with an audit log in which the secret stands. */
async function makeStore(): Promise<void> {
  const env = { HEADGATE_HOME: home, HEADGATE_EVENT_LOGS: root };
  const configuration = await loadConfiguration({}, { env, workingDirectory: folder });
  const app = await createApp(configuration);
  await app.close();
}

const read = (sql: string, parameters: unknown[] = []) => callTool(connector, 'execute_query', { sql, parameters });
const write = (sql: string, parameters: unknown[] = []) => callTool(connector, 'execute_dml', { sql, parameters });

const REFUSED = { code: expect.stringMatching(/^(permission_denied|not_found|invalid_argument|failed_precondition)$/) };

it('reads files under its roots', async () => {
  expect((await read(`SELECT * FROM '${join(root, 'orders.csv')}'`)).rows).toEqual([[1, 'paid']]);
});

it('reaches no file elsewhere, by whatever way it is named [local.confined] [local.store-unreachable]', async () => {
  const store = join(home, 'headgate.db');
  expect(existsSync(store)).toBe(true);
  const paths = [
    store,
    `${store}-wal`,
    join(home, 'headgate.yaml'),
    join(home, '*'),
    join(home, 'spark-jobs', 'job.json'),
    join(root, 'link', 'headgate.yaml'),
    join(root, '*', 'headgate.yaml'),
    join(root, '**', '*.yaml'),
    join(root, 'inner', 'config.csv'),
    `${root}/../home/headgate.yaml`,
    `${root}/inner/../../home/headgate.yaml`,
    `${root}//..//home//headgate.yaml`,
    'headgate.yaml',
    `file://${home}/headgate.yaml`,
    `file:${home}/headgate.yaml`,
    '/proc/self/environ',
    '/proc/self/root/etc/passwd',
    '/dev/stdin',
    '/etc/passwd',
    join(home, 'local.duckdb'),
    join(home, 'local.duckdb.wal'),
    join(home, 'local.duckdb.d', 'socket'),
  ];
  const readers = ['read_text', 'read_blob', 'read_csv', 'read_json', 'read_parquet', 'parquet_metadata', 'sniff_csv'];
  for (const path of paths) {
    for (const reader of readers) await refusedOrEmpty(`SELECT * FROM ${reader}('${path}')`);
    await refusedOrEmpty(`SELECT * FROM '${path}'`);
    await refusedOrEmpty('SELECT * FROM read_text($1)', [path]);
    await refusedOrEmpty(`SELECT * FROM "${path}"`);
    // A pattern that matches nothing makes an empty table.
    const stolen = await write(`CREATE OR REPLACE TABLE stolen AS SELECT * FROM read_text('${path}')`).catch(
      (error: { code: string }) => error,
    );
    expect(stolen, path).toMatchObject('code' in stolen ? REFUSED : { affected_rows: 0 });
  }
});

/** A pattern may match nothing. What comes back must not hold what is kept. */
async function refusedOrEmpty(sql: string, parameters: unknown[] = []): Promise<void> {
  const outcome = await read(sql, parameters).catch((error: { code: string }) => error);
  if ('code' in outcome) expect(outcome, sql).toMatchObject(REFUSED);
  else expect(outcome.rows, sql).toEqual([]);
}

it('reaches no other database, no address, no extension and no setting [local.confined]', async () => {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url ?? '');
    response.end('a\n1\n');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/x.csv`;
  const tricks = [
    `ATTACH '${join(home, 'headgate.db')}' (TYPE sqlite)`,
    `ATTACH '${join(root, 'other.duckdb')}'`,
    "ATTACH ':memory:' AS m",
    `SELECT * FROM sqlite_scan('${join(home, 'headgate.db')}', 'audit')`,
    `SELECT * FROM read_duckdb('${join(home, 'local.duckdb')}')`,
    'INSTALL httpfs',
    'INSTALL sqlite FROM community',
    'LOAD httpfs',
    `LOAD '${join(root, 'x.duckdb_extension')}'`,
    'UPDATE EXTENSIONS',
    `SELECT * FROM '${url}'`,
    `SELECT * FROM read_csv('${url}')`,
    "SELECT * FROM 's3://bucket/key.parquet'",
    'SET enable_external_access = true',
    'SET lock_configuration = false',
    `SET allowed_directories = ['/']`,
    "SET GLOBAL temp_directory = '/'",
    'RESET lock_configuration',
    "PRAGMA enable_profiling = 'json'",
    `PRAGMA profiling_output = '${join(home, 'profile')}'`,
    `SET log_query_path = '${join(home, 'queries')}'`,
    "CALL enable_logging(storage = 'file')",
    'SELECT * FROM enable_logging()',
    'SELECT * FROM "enable_logging" /**/ ()',
    'SELECT * FROM system.main.enable_logging()',
    'SELECT * FROM duckdb_logs',
    'SELECT * FROM duckdb_secrets()',
    "CREATE SECRET s (TYPE http, BEARER_TOKEN 'x')",
    'SELECT * FROM duckdb_settings()',
    'SELECT * FROM pg_settings',
    "SELECT current_setting('temp_directory')",
    'SELECT * FROM duckdb_temporary_files()',
    "SELECT * FROM query('SELECT * FROM en' || 'able_logging()')",
    "SELECT * FROM query/**/('SELECT 1')",
    "SELECT * FROM query_table(['duckdb' || '_settings'])",
    "SELECT * FROM json_execute_serialized_sql('{}')",
    "SELECT json_serialize_plan('FROM en' || 'able_logging()')",
    'SELECT "json_serialize_plan"/**/(\'SELECT 1\')',
    'SELECT * FROM arrow_scan(0, 0, 0)',
    `COPY (SELECT 1) TO '${join(root, 'copied.csv')}'`,
    `COPY (SELECT 1) TO '${join(home, 'local.duckdb')}'`,
    `EXPLAIN ANALYZE COPY (SELECT 1) TO '${join(root, 'copied.csv')}'`,
    `/* */ EXPLAIN EXPORT DATABASE '${join(root, 'exported')}'`,
    `EXPORT DATABASE '${join(root, 'exported')}'`,
    `IMPORT DATABASE '${join(root, 'exported')}'`,
    "SELECT getenv('HOME')",
    'PREPARE p AS SELECT 1',
    'CREATE MACRO m() AS TABLE SELECT * FROM enable_logging()',
    'CREATE MACRO m(path) AS TABLE SELECT * FROM read_text(path)',
    'CREATE VIEW v AS SELECT * FROM duckdb_settings()',
  ];
  for (const sql of tricks) {
    await expect(read(sql), sql).rejects.toMatchObject(REFUSED);
    await expect(write(sql), sql).rejects.toMatchObject(REFUSED);
  }
  expect(asked).toEqual([]);
  server.close();
  expect(readdirSync(root).sort()).toEqual(['inner', 'link', 'orders.csv']);
  expect(readdirSync(home).filter((name) => /profile|queries/.test(name))).toEqual([]);
});

it('does not open its own file by names that are put together [local.own-file]', async () => {
  const file = join(home, 'local.duckdb');
  const [start, rest] = [file.slice(0, -9), file.slice(-9)];
  const tricks = [
    `SELECT * FROM read_blob('${start}' || '${rest}')`,
    `SELECT * FROM read_blob(concat('${start}', '${rest}'))`,
    `SELECT * FROM read_blob/* */('${start}' || '${rest}')`,
    `SELECT * FROM "read_blob"('${start}' || '${rest}')`,
    `SELECT * FROM read_blob(['${start}' || '${rest}'])`,
    `SELECT * FROM read_csv(replace('${start}x${rest}', 'x', ''))`,
    `SELECT * FROM read_text(getvariable('path'))`,
    `SELECT json_serialize_plan('FROM read_bl' || 'ob(''${start}' || '${rest}'')')`,
    `SELECT * FROM read_blob('${file.toUpperCase()}')`,
    `SELECT * FROM '${file}'`,
  ];
  for (const sql of tricks) await expect(read(sql), sql).rejects.toMatchObject(REFUSED);
  await expect(read('SELECT * FROM read_blob($1)', [file])).rejects.toMatchObject({ code: 'permission_denied' });
  await expect(read('SELECT * FROM read_blob($1 || $2)', [start, rest])).rejects.toMatchObject({
    code: 'permission_denied',
  });
});

it("does not see another session's temporary tables, also when they are on disk [local.sessions-apart]", async () => {
  const signal = new AbortController().signal;
  const session = await connector.engine.session();
  await session.viewQuery(
    'mine',
    `SELECT '${SECRET}' || i AS secret, repeat('x', 200) AS pad FROM range(2000000) t(i)`,
    true,
    {
      signal,
    },
  );
  const spills = readdirSync(join(home, 'local.duckdb.d')).filter((name) => name.startsWith('spill-'));
  expect(spills).toHaveLength(1);
  await expect(read('SELECT * FROM mine')).rejects.toMatchObject({ code: 'not_found' });
  await expect(read('SELECT * FROM temp.main.mine')).rejects.toMatchObject(REFUSED);
  for (const name of ['duckdb_tables()', 'duckdb_columns()', 'information_schema.tables', 'sqlite_master'])
    expect(JSON.stringify((await read(`SELECT * FROM ${name}`, [])).rows)).not.toContain('"mine"');
  for (const pattern of ['spill-*', '*', 'spill-*/*'])
    await refusedOrEmpty(`SELECT * FROM read_blob('${join(home, 'local.duckdb.d', pattern)}')`);
  for (const name of ['duckdb_databases()', 'pragma_database_size()', 'duckdb_memory()', 'duckdb_variables()'])
    expect(JSON.stringify((await read(`SELECT * FROM ${name}`)).rows)).not.toContain('spill-');
  await session.close();
});

it('fails a query that needs more memory than it may have, and goes on [local.memory-full]', async () => {
  const small = createDuckdb(
    { path: join(root, '..', 'small', 'local.duckdb'), roots: [root], memoryLimitMb: 64, threads: 1 },
    { clock: Date.now, tools: true, kept: [home], report: () => undefined },
  );
  const sql = 'SELECT list(i), list(i), list(i), list(i) FROM range(30000000) t(i)';
  const outcome = await callTool(small, 'execute_query', { sql }).catch((error: unknown) => error);
  expect(outcome).toMatchObject({ code: 'resource_exhausted', details: { error_type: 'Out of Memory Error' } });
  expect(JSON.stringify(outcome)).not.toContain('spill-');
  expect((await callTool(small, 'execute_query', { sql: 'SELECT 1' })).rows).toEqual([[1]]);
  await small.close();
});

it('refuses roots through which SQL would reach what Headgate keeps [local.store-unreachable]', async () => {
  const linked = join(folder, 'elsewhere');
  await symlink(home, linked);
  const yaml = join(folder, 'project', 'headgate.yaml');
  await mkdir(join(folder, 'project'));
  await writeFile(yaml, SECRET);
  for (const bad of [home, folder, '/', join(home, 'spark-jobs'), linked, join(folder, 'project'), `${root}/../home`]) {
    const unsafe = open([bad], [home, yaml]);
    await expect(callTool(unsafe, 'execute_query', { sql: 'SELECT 1' }), bad).rejects.toMatchObject({
      code: 'failed_precondition',
      details: { reached: expect.any(String) },
    });
    expect(await unsafe.health(new AbortController().signal)).toMatchObject([{ ok: false }]);
    await unsafe.close();
  }
});

it('writes files of pipelines nowhere else [local.confined]', async () => {
  const signal = new AbortController().signal;
  const session = await connector.engine.session();
  const before = await readFile(join(home, 'headgate.yaml'), 'utf8');
  for (const path of [
    join(home, 'headgate.yaml'),
    join(root, 'link', 'headgate.yaml'),
    join(root, 'link', 'new.csv'),
    join(root, 'inner', 'config.csv'),
    `${root}/../home/new.csv`,
    '../../headgate.yaml',
    root,
  ])
    await expect(
      session.writeFiles('SELECT 1', { format: 'csv', path }, 'replace', { signal }),
      path,
    ).rejects.toMatchObject({
      code: 'permission_denied',
    });
  await session.close();
  expect(await readFile(join(home, 'headgate.yaml'), 'utf8')).toBe(before);
});
