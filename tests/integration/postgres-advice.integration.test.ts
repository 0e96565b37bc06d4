import { encode } from 'gpt-tokenizer/encoding/o200k_base';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { z } from 'zod';
import { createPostgres, type PostgresConnector } from '../../src/connectors/postgres/connector.ts';
import { describeTool } from '../../src/gateway/calls/describe-tool.ts';
import type { PostgresDatabaseConfiguration } from '../../src/kernel/config.ts';
import type { Tool, ToolContext } from '../../src/kernel/tool.ts';
import type { Postgres } from '../stack/postgres.ts';
import { startPostgresWithExtensions } from '../stack/postgres-extensions.ts';

/** The app's login, with the rights that docs/postgres-advice.md asks for. */
const APP = { user: 'app', password: 'app-secret', database: 'shop' };
/** A role that may read the tables and nothing else. */
const READER = { user: 'reader', password: 'reader-secret', database: 'shop' };
const SHOP = `
  create table customers (id int primary key, email text not null, country text not null);
  create table orders (
    id bigint primary key, customer_id int not null, status text not null, amount numeric not null, note text, placed_at timestamptz not null);
  create view open_orders as select * from orders where status = 'open';
  insert into customers select g, 'user' || g || '@example.com', 'c' || g % 50 from generate_series(1, 20000) g;
  insert into orders select g, 1 + (g::bigint * 7919) % 20000, case when g % 100 = 0 then 'open' else 'done' end, g % 1000, md5(g::text),
    timestamptz '2026-01-01' + g * interval '10 seconds' from generate_series(1, 120000) g;
  create index orders_placed on orders (placed_at);
  analyze;`;

let postgres: Postgres;
let connector: PostgresConnector;
const open: PostgresConnector[] = [];

beforeAll(async () => {
  // The server of a test may lose its rows: and there is something harmful to find.
  postgres = await startPostgresWithExtensions({ settings: { fsync: 'off', wal_level: 'logical', autovacuum: 'off' } });
  await postgres.run(`create role app login password '${APP.password}'`);
  await postgres.run(`create role reader login password '${READER.password}'`);
  await postgres.run('grant pg_read_all_stats, pg_signal_backend to app');
  await postgres.run('create database shop owner app');
  await postgres.run('create database bare owner app');
  await postgres.run('create extension hypopg; create extension pg_stat_statements', { database: 'shop' });
  await postgres.run(SHOP, APP);
  await postgres.run('grant select on customers to reader', APP);
  connector = connect(APP);
});

afterAll(async () => {
  await Promise.all(open.map((one) => one.close()));
  await postgres?.stop();
});

/** A connector with one connection, so that what is left on it would be seen. */
function connect(login: typeof APP): PostgresConnector {
  const database: PostgresDatabaseConfiguration = {
    name: 'main',
    url: null,
    host: '127.0.0.1',
    port: postgres.port,
    database: login.database,
    user: login.user,
    password: { env: 'PASSWORD' } as PostgresDatabaseConfiguration['password'],
    readRole: null,
    poolMin: 0,
    poolMax: 1,
    statementTimeoutMs: 30_000,
    applicationName: 'headgate',
    tenants: null,
  };
  const made = createPostgres(
    { databases: [database], default: 'main' },
    {
      clock: Date.now,
      resolveSecret: async () => login.password,
      spark: () => null,
      report: (message, error) => {
        throw new Error(message, { cause: error });
      },
    },
  );
  open.push(made);
  return made;
}

const context = {
  caller: {
    subject: 'tester',
    tenant: 'local',
    scopes: new Set(['read', 'write']),
    via: 'cli',
    abilities: { elicitation: false, progress: false, tasks: false },
  },
  signal: new AbortController().signal,
  progress: () => undefined,
} as unknown as ToolContext;

function toolNamed(name: string, of = connector): Tool {
  const tool = of.tools.find((one) => one.name === name);
  if (tool === undefined) throw new Error(`there is no tool ${name}`);
  return tool;
}

/** Calls a tool as the gateway does. */
// biome-ignore lint/suspicious/noExplicitAny: results are read by their own fields
async function call(name: string, input: Record<string, unknown>, of = connector): Promise<any> {
  const tool = toolNamed(name, of);
  const output = (tool.output as z.ZodObject).parse(await tool.call(tool.input.parse(input), context));
  expect(tool.renderText?.(output)).not.toBe('');
  return output;
}

interface Rows {
  columns: string[];
  rows: unknown[][];
}
const rowsOf = ({ columns, rows }: Rows): Array<Record<string, unknown>> =>
  rows.map((row) => Object.fromEntries(columns.map((column, index) => [column, row[index]])));

async function costOf(sql: string): Promise<number> {
  const [row = {}] = await postgres.run(`explain (format json) ${sql}`, APP);
  const [explained] = row['QUERY PLAN'] as Array<{ Plan: { 'Total Cost': number } }>;
  return explained?.Plan['Total Cost'] ?? 0;
}

/** A session beside Headgate's. */
async function session(login: { user?: string; password?: string; database?: string }, application = 'the app') {
  const client = new pg.Client({ connectionString: postgres.url(login), application_name: application });
  client.on('error', () => {});
  await client.connect();
  const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
  return { client, pid: rows[0]?.pid ?? 0 };
}

describe('explain_query', () => {
  const SQL = "select * from orders where customer_id = 77 and status = 'open'";

  it('shows the plan as a table and finds what is wrong [postgres-advice.plan-tree] [postgres-advice.plan-findings]', async () => {
    const result = await call('explain_query', { sql: SQL, analyze: true });
    const scan = rowsOf(result.nodes).at(-1);
    expect(scan).toMatchObject({ relation: 'public.orders', node: expect.stringContaining('Seq Scan') });
    expect(scan?.detail).toMatch(/^«Filter: .*»$/);
    expect(result.execution_ms).toBeGreaterThan(0);
    expect(result.findings[0]).toMatchObject({ rule: 'postgres/selective-seq-scan' });
  });

  it('runs no write, and shows its plan [postgres-advice.analyze-reads-only]', async () => {
    const sql = 'delete from orders where customer_id = 77';
    await expect(call('explain_query', { sql, analyze: true })).rejects.toMatchObject({ code: 'invalid_argument' });
    const planned = await call('explain_query', { sql });
    expect(rowsOf(planned.nodes)[0]).toMatchObject({ node: 'Delete' });
    const hidden = 'with gone as (delete from orders returning 1) select * from gone';
    await expect(call('explain_query', { sql: hidden, analyze: true })).rejects.toMatchObject({
      code: 'invalid_argument',
    });
    expect(await postgres.run('select count(*)::int as count from orders', APP)).toEqual([{ count: 120_000 }]);
  });

  it('explains $n with values, and without them by the generic plan [postgres-advice.generic-plan]', async () => {
    const sql = 'select * from orders where placed_at < $1';
    const all = await call('explain_query', { sql, parameters: ['2027-01-01'] });
    const generic = await call('explain_query', { sql });
    expect(rowsOf(all.nodes)[0]?.rows_estimated).toBeGreaterThan(100_000);
    expect(rowsOf(generic.nodes)[0]?.rows_estimated).toBe(40_000);
    expect(generic.gaps).toContain('The plan is the generic one: no values for $1 to $1 were given.');
    await expect(call('explain_query', { sql, analyze: true })).rejects.toMatchObject({
      details: { sql_state: '08P01' },
    });
  });

  it('measures hypothetical indexes and leaves none behind, also after an error [postgres-advice.hypothetical-indexes]', async () => {
    const wanted = [
      { table: 'orders', columns: ['customer_id', 'status'] },
      { table: 'public.orders', columns: ['amount DESC'] },
    ];
    const { hypothetical, nodes } = await call('explain_query', { sql: SQL, hypothetical_indexes: wanted });
    expect(hypothetical.cost_after).toBeLessThan(hypothetical.cost_before / 10);
    expect(hypothetical.indexes).toEqual([
      { statement: 'CREATE INDEX ON public.orders (customer_id, status)', size_bytes: expect.any(Number), used: true },
      { statement: 'CREATE INDEX ON public.orders (amount DESC)', size_bytes: expect.any(Number), used: false },
    ]);
    expect(JSON.stringify(nodes)).toContain('btree_orders_customer_id_status');
    const failing = [wanted[0], { table: 'orders', columns: ['note'], using: 'nonsense' }];
    await expect(call('explain_query', { sql: SQL, hypothetical_indexes: failing })).rejects.toThrow();
    const plain = await call('explain_query', { sql: SQL });
    expect(plain.cost).toBe(hypothetical.cost_before);
  });

  it('says where there is no hypopg, and what to do [postgres-advice.no-hypopg]', async () => {
    const bare = connect({ ...APP, database: 'bare' });
    await postgres.run('create table if not exists t as select g as a from generate_series(1, 5000) g; analyze t', {
      database: 'bare',
      user: APP.user,
      password: APP.password,
    });
    const explained = await call(
      'explain_query',
      { sql: 'select * from t where a = 1', hypothetical_indexes: [{ table: 't', columns: ['a'] }] },
      bare,
    );
    expect(explained.hypothetical).toMatchObject({
      error: { code: 'failed_precondition', hint: expect.stringContaining('CREATE EXTENSION hypopg') },
    });
    expect(explained.hypothetical.cost_after).toBeUndefined();
    const recommended = await call('recommend_indexes', { queries: ['select * from t where a = 1'] }, bare);
    expect(recommended).toMatchObject({ measured: false, saves_share: null });
    expect(rowsOf(recommended.indexes)).toMatchObject([
      { statement: 'CREATE INDEX CONCURRENTLY ON public.t (a)', saves_share: null, why: 'compared with =' },
    ]);
    await expect(call('list_top_queries', {}, bare)).rejects.toMatchObject({ code: 'failed_precondition' });
    await expect(call('recommend_indexes', {}, bare)).rejects.toMatchObject({ code: 'failed_precondition' });
  });

  it.each([
    ['selec 1', { code: 'invalid_argument', details: { sql_state: '42601' } }],
    ['select 1; drop table orders', { code: 'invalid_argument' }],
    ["select pg_read_file('/etc/passwd')", { code: 'permission_denied' }],
    ['select * from ordres', { code: 'not_found', details: { sql_state: '42P01', position: 15, nearest: ['orders'] } }],
    [
      'select custmer_id from orders',
      { code: 'not_found', details: { sql_state: '42703', nearest: expect.arrayContaining(['customer_id']) } },
    ],
    ['vacuum orders', { code: 'invalid_argument' }],
    ['explain select 1', { code: 'invalid_argument' }],
  ])('refuses %j clearly [postgres-advice.bad-input]', async (sql, error) => {
    await expect(call('explain_query', { sql })).rejects.toMatchObject(error);
    await expect(call('recommend_indexes', { queries: [sql] })).rejects.toMatchObject({ code: error.code });
  });
});

describe('recommend_indexes', () => {
  const QUERIES = [
    'select * from open_orders where customer_id = 77',
    "select o.id from orders o join customers c on c.id = o.customer_id where c.email = 'user5@example.com'",
    "select * from customers where lower(email) = 'user9@example.com'",
    'select * from orders order by amount desc limit 20',
  ];

  it('names indexes that really make the queries cheaper, by about what it said [postgres-advice.recommended-index-pays] [postgres-advice.candidates]', async () => {
    const before = await Promise.all(QUERIES.map(costOf));
    const found = await call('recommend_indexes', { queries: QUERIES });
    expect(found.measured).toBe(true);
    const indexes = rowsOf(found.indexes);
    expect(indexes.map(({ statement }) => statement)).toEqual(
      expect.arrayContaining([expect.stringContaining('(lower(email))'), expect.stringContaining('(amount')]),
    );
    const names: string[] = [];
    for (const [position, { statement }] of indexes.entries()) {
      names.push(`recommended_${position}`);
      await postgres.run(String(statement).replace('INDEX CONCURRENTLY', `INDEX recommended_${position}`), APP);
    }
    await postgres.run('analyze', APP);
    const after = await Promise.all(QUERIES.map(costOf));
    for (const { id, cost_before: was, cost_after: said } of rowsOf(found.queries)) {
      const position = Number(id) - 1;
      expect(Number(was)).toBeCloseTo(before[position] ?? 0, 0);
      expect(after[position]).toBeLessThan((before[position] ?? 0) / 2);
      expect((after[position] ?? 0) / Number(said)).toBeLessThan(2);
      // An index on an expression gets statistics that a hypothetical one has not.
      if (position !== 2) expect((after[position] ?? 0) / Number(said)).toBeGreaterThan(0.5);
    }
    expect(rowsOf((await call('recommend_indexes', { queries: QUERIES })).indexes)).toEqual([]);
    for (const name of names) await postgres.run(`drop index ${name}`, APP);
  });

  it('keeps to the size allowed [postgres-advice.recommend-limits]', async () => {
    const found = await call('recommend_indexes', { queries: QUERIES, max_index_size_mb: 2 });
    const bytes = rowsOf(found.indexes).reduce((sum, { size_bytes: size }) => sum + Number(size), 0);
    expect(bytes).toBeLessThanOrEqual(2 * 1024 * 1024);
  });

  it('weighs what the server counted, and not what Headgate asked itself [postgres-advice.recommend-workload] [postgres-advice.top-queries]', async () => {
    await postgres.run('select pg_stat_statements_reset()', { database: 'shop' });
    const { client } = await session(APP);
    for (let round = 0; round < 30; round += 1)
      await client.query('select * from orders where customer_id = $1', [round]);
    for (let round = 0; round < 2; round += 1)
      await client.query("select count(*) from customers where country = 'c1'");
    await client.end();
    await call('get_database_health', {});
    const found = await call('recommend_indexes', {});
    expect(rowsOf(found.indexes)[0]).toMatchObject({
      statement: 'CREATE INDEX CONCURRENTLY ON public.orders (customer_id)',
    });
    expect(rowsOf(found.queries).map(({ calls }) => calls)).toEqual([30, 2]);
    const top = await call('list_top_queries', { sort_by: 'calls', limit: 100 });
    const [first] = rowsOf(top.queries);
    expect(first).toMatchObject({ calls: 30, query: '«select * from orders where customer_id = $1»', user: 'app' });
    expect(JSON.stringify(top)).not.toContain('/* headgate */');
  });

  it('tells the indexes that can go [postgres-advice.indexes-to-drop]', async () => {
    await postgres.run('create index orders_placed_again on orders (placed_at)', APP);
    const found = await call('recommend_indexes', { queries: ["select * from orders where placed_at > '2026-01-02'"] });
    expect(rowsOf(found.drop)).toMatchObject([
      { reason: 'duplicate', statement: 'DROP INDEX CONCURRENTLY public.orders_placed;' },
    ]);
    await postgres.run('drop index orders_placed_again', APP);
  });
});

describe('get_database_health', () => {
  it('finds what is wrong, worst first, with evidence and advice [postgres-advice.health-findings]', async () => {
    await postgres.run(
      `create table sick (id int, ref int, label text);
       insert into sick select g, g % 10, repeat('x', 500) from generate_series(1, 30000) g;
       create index sick_a on sick (ref); create index sick_b on sick (ref, id);
       alter table sick add constraint positive check (id > 0) not valid;
       create sequence nearly as int; alter sequence nearly owned by sick.id; select setval('nearly', 2000000000);
       create table parent (id int primary key);
       insert into parent select generate_series(0, 9);
       update sick set label = repeat('y', 500) where id <= 25000`,
      APP,
    );
    await postgres.run('alter table sick add constraint of_parent foreign key (id) references parent not valid', APP);
    await postgres.run('drop index sick_a; create index sick_a on sick (ref)', APP);
    await postgres.run('create unique index concurrently sick_unique on sick (ref)', APP).catch(() => undefined);
    await postgres.run(`select pg_create_logical_replication_slot('left_over', 'pgoutput')`, { database: 'shop' });
    await postgres.run('insert into parent select generate_series(100, 20000)', APP);
    await vi.waitFor(async () => {
      const { findings } = await call('get_database_health', {});
      const rules = findings.map(({ rule }: { rule: string }) => rule.replace('postgres/', ''));
      expect(rules).toEqual(
        expect.arrayContaining([
          'invalid-index',
          'redundant-index',
          'constraint-not-validated',
          'foreign-key-without-index',
          'sequence-near-end',
          'dead-rows',
          'never-analyzed',
          'inactive-slot',
          'harmful-setting',
        ]),
      );
      const severities = findings.map(({ severity }: { severity: string }) =>
        ['critical', 'warning', 'info'].indexOf(severity),
      );
      expect(severities).toEqual([...severities].sort());
      for (const { evidence, advice } of findings) expect([evidence.length, advice.length]).not.toContain(0);
    }, 20_000);
    await postgres.run(`select pg_drop_replication_slot('left_over')`, { database: 'shop' });
  });

  it('runs only the checks that were asked for', async () => {
    const { findings, checked } = await call('get_database_health', { checks: ['settings'] });
    expect(checked).toEqual(['settings']);
    expect(findings.map(({ title }: { title: string }) => title)).toEqual([
      expect.stringContaining('autovacuum is off'),
      expect.stringContaining('fsync is off'),
    ]);
  });

  it('tells a role with few rights what it could not see [postgres-advice.health-gaps]', async () => {
    const { findings, gaps } = await call('get_database_health', {}, connect(READER));
    expect(gaps).toContain(
      'connections: sessions of other users are hidden; GRANT pg_read_all_stats to the role shows them.',
    );
    expect(findings.map(({ rule }: { rule: string }) => rule)).toContain('postgres/harmful-setting');
  });
});

describe('sessions', () => {
  const [SECRET] = ['sk-proj-0123456789abcdefghij'];

  it('lists who blocks whom, blockers first, quoted and masked; cancels and terminates what was meant [postgres-advice.active-queries] [postgres-advice.text-quoted] [postgres-advice.cancel]', async () => {
    const holder = await session(APP);
    const waiter = await session(APP);
    await holder.client.query('begin');
    await holder.client.query(`update customers set country = 'x' where id = 1 /* token = '${SECRET}' */`);
    const waiting = waiter.client
      .query("update customers set country = 'y' where id = 1")
      .catch((error: unknown) => error);
    const seen = await vi.waitFor(async () => {
      const result = await call('list_active_queries', {});
      expect(result.blocking.total).toBe(1);
      return result;
    }, 10_000);
    const [first, second] = rowsOf(seen.sessions);
    expect(first).toMatchObject({
      pid: holder.pid,
      state: '«idle in transaction»',
      application: '«the app»',
      blocked_by: null,
    });
    expect(second).toMatchObject({ pid: waiter.pid, state: 'active', blocked_by: String(holder.pid) });
    expect(rowsOf(seen.blocking)).toMatchObject([{ root_pid: holder.pid, pid: waiter.pid, depth: 1 }]);
    expect(JSON.stringify(seen)).not.toContain(SECRET);
    expect(JSON.stringify(seen)).not.toContain('/* headgate */');

    await expect(
      call('cancel_query', { pid: waiter.pid, started_at: '2026-01-01T00:00:00.000000Z' }),
    ).rejects.toMatchObject({ code: 'aborted' });
    const cancelled = await call('cancel_query', { pid: waiter.pid, started_at: second?.started_at });
    expect(cancelled).toMatchObject({ pid: waiter.pid, cancelled: 'statement', user: 'app', state: 'active' });
    expect(await waiting).toMatchObject({ code: '57014' });
    await expect(call('cancel_query', { pid: waiter.pid })).rejects.toMatchObject({ code: 'aborted' });

    const tool = toolNamed('cancel_query');
    expect(await tool.approval?.({ pid: holder.pid, terminate: false }, context)).toBeNull();
    const need = await tool.approval?.({ pid: holder.pid, terminate: true }, context);
    expect(need?.summary).toBe(`Terminate session ${holder.pid} of app in database main.`);
    expect(need?.plan[0]).toContain('«update customers');
    expect(JSON.stringify(need)).not.toContain(SECRET);
    const ended = new Promise((resolve) => holder.client.once('error', resolve));
    await call('cancel_query', { pid: holder.pid, terminate: true });
    expect(await ended).toBeInstanceOf(Error);
    expect(await postgres.run('select country from customers where id = 1', APP)).toEqual([{ country: 'c1' }]);
    await waiter.client.end();
  });

  it('refuses sessions of superusers, of Headgate and of the server [postgres-advice.cancel-refuses]', async () => {
    const superuser = await session({});
    const store = await session(APP, 'headgate');
    const [server] = await postgres.run(`select pid from pg_stat_activity where backend_type = 'checkpointer'`);
    for (const pid of [superuser.pid, store.pid, Number(server?.pid)]) {
      for (const terminate of [false, true]) {
        await expect(call('cancel_query', { pid, terminate })).rejects.toMatchObject({ code: 'permission_denied' });
      }
    }
    await expect(call('cancel_query', { pid: 2_000_000_000 })).rejects.toMatchObject({ code: 'not_found' });
    expect((await superuser.client.query('select 1')).rowCount).toBe(1);
    expect((await store.client.query('select 1')).rowCount).toBe(1);
    await Promise.all([superuser.client.end(), store.client.end()]);
  });

  it('does not end what the role cannot see [postgres-advice.cancel-refuses]', async () => {
    const other = await session(APP);
    await expect(call('cancel_query', { pid: other.pid }, connect(READER))).rejects.toMatchObject({
      code: 'permission_denied',
    });
    await other.client.end();
  });
});

describe('the prompts', () => {
  const render = async (name: string, values: Record<string, string>) =>
    String(await connector.prompts.find((one) => one.name === name)?.render(values, context));

  it('hold the real schema and plan [postgres-advice.prompts-hold-facts]', async () => {
    const text = await render('sql_best_practices', {
      sql: "select * from orders where placed_at::date = '2026-01-05'",
    });
    expect(text).toContain('- public.orders: about 120,000 rows');
    expect(text).toContain('Index orders_placed cannot serve the filter on placed_at of orders as it is written');
  });

  it('find what exists near the names of an error [postgres-advice.prompts-hold-facts]', async () => {
    const text = await render('error_troubleshooting', {
      error: 'ERROR: column "custmer_id" does not exist',
      sql: 'select custmer_id from orders',
    });
    expect(text).toContain('Columns with such names: public.orders.customer_id');
    expect(text).toContain('get_table_schema(table="orders", schema="public")');
  });
});

it('the tools of advice cost at most 1,900 tokens to list [postgres-advice.token-cost]', () => {
  const names = [
    'explain_query',
    'recommend_indexes',
    'get_database_health',
    'list_top_queries',
    'list_active_queries',
    'cancel_query',
  ];
  const listed = names.map((name) => {
    const { risk: _risk, toolsets: _toolsets, ...form } = describeTool(toolNamed(name));
    return form;
  });
  expect(encode(JSON.stringify(listed)).length).toBeLessThanOrEqual(1_900);
});
