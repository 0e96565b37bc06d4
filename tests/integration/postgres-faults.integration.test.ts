import { connect, createServer, type Server } from 'node:net';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Output } from '../../src/kernel/tool.ts';
import { databaseAt, openConnector } from '../fixtures/postgres-connector.ts';
import { type Postgres, startPostgres } from '../stack/postgres.ts';

const START_TIMEOUT_MS = 300_000;

let server: Postgres;
let opened: ReturnType<typeof openConnector>;

const query = (sql: string, more: Output = {}) => opened.call('execute_query', { sql, ...more });
const change = (sql: string, more: Output = {}) => opened.call('execute_dml', { sql, ...more });
const failureOf = (work: Promise<unknown>) =>
  work.then(
    () => null,
    (error: unknown) => error,
  );

beforeAll(async () => {
  server = await startPostgres({ settings: { temp_file_limit: '1MB', deadlock_timeout: '500ms' } });
  await server.run(`
    create table accounts (id int primary key, amount int not null);
    insert into accounts select i, 100 from generate_series(1, 5000) i;
    create role careful login superuser password 'careful';
    alter role careful set default_transaction_isolation = 'repeatable read';
    create table full_disk (id int);
    create function no_space() returns trigger language plpgsql as
      $f$ begin raise exception 'could not extend file: No space left on device' using errcode = '53100'; end $f$;
    create trigger no_space before insert on full_disk for each row when (new.id > 2) execute function no_space();`);
  opened = openConnector([
    databaseAt('main', server.url(), { statementTimeoutMs: 60_000 }),
    databaseAt('careful', server.url({ user: 'careful', password: 'careful' })),
  ]);
}, START_TIMEOUT_MS);

afterAll(async () => {
  await opened?.connector.close();
  await server?.stop();
});

/** A session of somebody else, in a transaction of its own. */
async function somebodyElse(work: (client: pg.Client) => Promise<void>): Promise<void> {
  const client = new pg.Client({ connectionString: server.url() });
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}

async function untilWaiting(sql: string): Promise<void> {
  const waiting = `select 1 from pg_stat_activity where wait_event_type = 'Lock' and query = '${sql}'`;
  while ((await server.run(waiting)).length === 0);
}

async function untilActive(sql: string): Promise<void> {
  const active = `select 1 from pg_stat_activity where state = 'active' and query = '${sql}'`;
  while ((await server.run(active)).length === 0);
}

describe('transactions that meet', () => {
  it('in a deadlock: the one that is ended was undone and can be run again [postgres.conflicts]', async () => {
    const sql = 'update accounts set amount = amount + 1 where id in (1, 2)';
    await somebodyElse(async (client) => {
      await client.query("set deadlock_timeout = '60s'");
      await client.query('begin');
      await client.query('update accounts set amount = 0 where id = 2');
      const failed = failureOf(change(sql));
      await untilWaiting(sql);
      const theirs = client.query('update accounts set amount = 0 where id = 1');
      expect(await failed).toMatchObject({ code: 'aborted', retryable: true, details: { sql_state: '40P01' } });
      await theirs;
      await client.query('rollback');
    });
    expect(await change(sql)).toMatchObject({ affected_rows: 2 });
    expect((await query('select amount from accounts where id in (1, 2)')).rows).toEqual([[101], [101]]);
  });

  it('and cannot be put in order: it can be run again [postgres.conflicts]', async () => {
    const sql = 'update accounts set amount = amount + 1 where id = 3';
    await somebodyElse(async (client) => {
      await client.query('begin');
      await client.query('update accounts set amount = 7 where id = 3');
      const failed = failureOf(change(sql, { database: 'careful' }));
      await untilWaiting(sql);
      await client.query('commit');
      expect(await failed).toMatchObject({ code: 'aborted', retryable: true, details: { sql_state: '40001' } });
    });
    expect(await change(sql, { database: 'careful' })).toMatchObject({ affected_rows: 1 });
  });
});

describe('a full disk', () => {
  it('is told with its SQLSTATE, and nothing was changed [postgres.disk-full]', async () => {
    await expect(change('insert into full_disk select i from generate_series(1, 3) i')).rejects.toMatchObject({
      code: 'resource_exhausted',
      retryable: true,
      details: { sql_state: '53100' },
    });
    expect((await query('select count(*) from full_disk')).rows).toEqual([[0]]);
  });

  it('of temporary files ends the query alone [postgres.disk-full]', async () => {
    const user = new pg.Client({ connectionString: server.url() });
    await user.connect();
    await user.end();
    const sorted = "select i, repeat('x', 100) from generate_series(1, 200000) i order by random()";
    await server.run('create role limited login password $p$limited$p$');
    const limited = openConnector([databaseAt('limited', server.url({ user: 'limited', password: 'limited' }))]);
    await expect(limited.call('execute_query', { sql: sorted })).rejects.toMatchObject({
      code: 'resource_exhausted',
      details: { sql_state: '53400' },
    });
    expect(await limited.call('execute_query', { sql: 'select 1' })).toMatchObject({ rows: [[1]] });
    await limited.connector.close();
  });
});

describe('a server that goes away', () => {
  it('between pages and in the middle of statements is told, and the pool works when it is back [postgres.server-gone]', async () => {
    const paged = 'select id from accounts order by id';
    const { cursor } = await query(paged, { limit: 10 });
    const reading = 'select pg_sleep(61)';
    const writing = 'update accounts set amount = -1 where id = 4 and pg_sleep(62) is not null';
    const running = [failureOf(query(reading)), failureOf(change(writing))];
    await Promise.all([untilActive(reading), untilActive(writing)]);
    await server.halt('immediate');
    for (const error of await Promise.all(running))
      expect(error).toMatchObject({ code: 'unavailable', retryable: true });
    expect(await failureOf(query(paged, { cursor, limit: 1_000 }))).toMatchObject({ code: 'unavailable' });
    expect(await failureOf(query('select 1'))).toMatchObject({
      code: 'unavailable',
      hint: expect.stringContaining('by itself'),
    });
    expect(await opened.connector.health(new AbortController().signal)).toMatchObject([{ ok: false }, { ok: false }]);
    await server.start();
    expect((await query('select amount from accounts where id = 4')).rows).toEqual([[100]]);
    await Promise.all(Array.from({ length: 12 }, () => query('select 1')));
    expect(await opened.connector.health(new AbortController().signal)).toMatchObject([{ ok: true }, { ok: true }]);
  });

  it('politely is told with its SQLSTATE [postgres.server-gone]', async () => {
    const sql = 'select pg_sleep(63)';
    const running = failureOf(query(sql));
    await untilActive(sql);
    await server.run(`select pg_terminate_backend(pid) from pg_stat_activity where query = '${sql}'`);
    expect(await running).toMatchObject({ code: 'unavailable', details: { sql_state: '57P01' } });
    expect((await query('select 1')).rows).toEqual([[1]]);
  });

  it('while a result waits for its next page does not disturb others [postgres.server-gone]', async () => {
    const { cursor } = await query('select id from accounts', { limit: 1 });
    await server.run("select pg_terminate_backend(pid) from pg_stat_activity where state = 'idle in transaction'");
    expect(await failureOf(query('select id from accounts', { cursor, limit: 1_000 }))).toMatchObject({
      code: 'unavailable',
    });
    expect((await query('select 1')).rows).toEqual([[1]]);
  });
});

describe('a connection that breaks while the server commits', () => {
  it('says that nobody knows whether the change was made, and that it must not be repeated blindly [postgres.server-gone]', async () => {
    const proxy = await cutAtCommit();
    const address = proxy.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const url = server.url().replace(`:${server.port}/`, `:${port}/`);
    const behind = openConnector([databaseAt('behind', url)]);
    const failed = failureOf(behind.call('execute_dml', { sql: 'update accounts set amount = 5 where id = 5' }));
    expect(await failed).toMatchObject({
      code: 'failed_precondition',
      retryable: false,
      details: { sql_state: '08007' },
    });
    await behind.connector.close();
    proxy.close();
  });
});

/** Passes everything on to the server but COMMIT: then it cuts the connection. */
async function cutAtCommit(): Promise<Server> {
  const proxy = createServer((client) => {
    const upstream = connect(server.port, '127.0.0.1');
    client.on('data', (chunk) => {
      if (chunk.includes('commit')) client.destroy();
      else upstream.write(chunk);
    });
    client.on('close', () => upstream.destroy());
    client.on('error', () => undefined);
    upstream.on('error', () => undefined);
    upstream.pipe(client);
  });
  proxy.listen(0, '127.0.0.1');
  await new Promise((resolve) => proxy.once('listening', resolve));
  return proxy;
}
