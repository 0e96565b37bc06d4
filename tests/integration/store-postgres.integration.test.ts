import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MIGRATIONS, type Migration } from '../../src/store/migrations.ts';
import { openStore } from '../../src/store/open-store.ts';
import { describeApprovals } from '../conformance/store/approvals.suite.ts';
import { describeAuditLog } from '../conformance/store/audit.suite.ts';
import { describeControlPlane } from '../conformance/store/control-plane.suite.ts';
import { auditEntry } from '../conformance/store/opened-store.ts';
import { describeOperations } from '../conformance/store/operations.suite.ts';
import { describePipelines } from '../conformance/store/pipelines.suite.ts';
import { describeRunHistory } from '../conformance/store/run-history.suite.ts';
import { describeSparkJobs } from '../conformance/store/spark-jobs.suite.ts';
import { describeLogSummaries } from '../conformance/store/summaries.suite.ts';
import { type Postgres, startPostgres } from '../stack/postgres.ts';

const OLDER: Migration[] = [
  { name: 'first', sql: "create table kept (tenant text, value text); insert into kept values ('local', 'mine')" },
];
const NEWER: Migration[] = [...OLDER, { name: 'second', sql: "alter table kept add column note text default 'new'" }];

let postgres: Postgres;

beforeAll(async () => {
  postgres = await startPostgres();
});

afterAll(() => postgres.stop());

/** A store in a database of its own. */
async function newStore() {
  const login = await postgres.createDatabase();
  const url = postgres.url(login);
  return {
    url,
    login,
    open: (options = {}) => openStore({ ...options, url, path: undefined }),
    run: (sql: string) => postgres.run(sql, { database: login.database }),
  };
}

/** Everything that a dump would hold of the schema: tables with columns, their rows, and the mark. */
async function contentOf({ run }: { run: (sql: string) => Promise<unknown> }): Promise<unknown> {
  return [
    await run(
      `select table_name, column_name from information_schema.columns where table_schema = 'headgate' order by 1, 2`,
    ),
    await run(`select obj_description(oid, 'pg_namespace') as mark from pg_namespace where nspname = 'headgate'`),
    await run('select * from headgate.kept'),
  ];
}

/** As many as the steps of the schema create. */
const TABLES =
  MIGRATIONS.map(({ sql }) => (typeof sql === 'string' ? sql : sql.postgres))
    .join('\n')
    .split('create table ').length - 1;

describe('the store on PostgreSQL', () => {
  let shared: Awaited<ReturnType<typeof newStore>>;

  beforeAll(async () => {
    shared = await newStore();
  });

  const store = { open: (options = {}) => shared.open(options) };
  describeAuditLog(store);
  describeLogSummaries(store);
  describeRunHistory(store);
  describeOperations(store);
  describeApprovals(store);
  describeSparkJobs(store);
  describePipelines(store);
  describeControlPlane(store);
});

describe('opening a store on PostgreSQL', () => {
  it('creates the schema headgate, and names the place without user and password', async () => {
    const { open, login, run } = await newStore();
    const store = await open();
    expect(store.schemaVersion).toBe(MIGRATIONS.length);
    expect(store.address).toBe(`postgres://127.0.0.1:${postgres.port}/${login.database}`);
    expect((await store.health()).ok).toBe(true);
    await store.close();
    expect(await run(`select count(*)::int as found from pg_tables where schemaname = 'headgate'`)).toEqual([
      { found: TABLES },
    ]);
  });

  it('has the tenant first in every key, and forced row-level security on every table [store.tenant-in-every-key] [store.row-level-security]', async () => {
    const { open, run } = await newStore();
    await (await open()).close();
    const tables = await run(
      `select relname, relrowsecurity and relforcerowsecurity as forced,
         (select attname from pg_index join pg_attribute on attrelid = indrelid and attnum = indkey[0]
          where indrelid = pg_class.oid and indisprimary) as first
       from pg_class where relnamespace = 'headgate'::regnamespace and relkind = 'r'`,
    );
    expect(tables).toHaveLength(TABLES);
    for (const { first, forced } of tables) expect([first, forced]).toEqual(['tenant', true]);
  });

  it('migrates an older store and keeps what is in it [store.older-migrates]', async () => {
    const { open, run } = await newStore();
    await (await open({ migrations: OLDER })).close();
    const store = await open({ migrations: NEWER });
    expect(store.schemaVersion).toBe(2);
    await store.close();
    expect(await run('select * from headgate.kept')).toEqual([{ tenant: 'local', value: 'mine', note: 'new' }]);
  });

  it('refuses a newer store and changes nothing of it [store.newer-refused]', async () => {
    const place = await newStore();
    await (await place.open({ migrations: NEWER })).close();
    const before = await contentOf(place);
    await expect(place.open({ migrations: OLDER })).rejects.toMatchObject({
      code: 'failed_precondition',
      message: expect.stringContaining('was written by a newer Headgate (schema 2, this one knows 1).'),
    });
    expect(await contentOf(place)).toEqual(before);
  });

  it('leaves the old store when a migration fails, also after steps that worked [store.failed-migration-leaves-old]', async () => {
    const place = await newStore();
    await (await place.open({ migrations: OLDER })).close();
    const before = await contentOf(place);
    const failing = [...NEWER, { name: 'third', sql: "insert into kept values ('a'); insert into absent values (1)" }];
    await expect(place.open({ migrations: failing })).rejects.toMatchObject({
      code: 'internal',
      message: expect.stringContaining('could not be brought to schema 3 (third).'),
    });
    expect(await contentOf(place)).toEqual(before);
    await (await place.open({ migrations: OLDER })).close();
  });

  it('refuses a schema headgate of another program, and changes nothing of it [store.foreign-refused]', async () => {
    const { open, run } = await newStore();
    await run('create schema headgate; create table headgate.theirs (x int); insert into headgate.theirs values (1)');
    await expect(open()).rejects.toMatchObject({
      code: 'failed_precondition',
      message: expect.stringContaining('is of another program'),
    });
    expect(await run('select * from headgate.theirs')).toEqual([{ x: 1 }]);
    expect(await run(`select count(*)::int as found from pg_tables where schemaname = 'headgate'`)).toEqual([
      { found: 1 },
    ]);
  });

  it('leaves tables of other programs in other schemas alone', async () => {
    const { open, run } = await newStore();
    await run('create table public.audit (x int); insert into public.audit values (7)');
    const store = await open();
    await store.audit.record(auditEntry());
    await store.close();
    expect(await run('select * from public.audit')).toEqual([{ x: 7 }]);
  });

  it('lets four processes create and write one store at once [store.many-processes]', async () => {
    const { url, open } = await newStore();
    const program = join(import.meta.dirname, '../../src/store/fixtures/open-and-record.ts');
    const subjects = ['a', 'b', 'c', 'd'];
    const runs = await Promise.all(
      subjects.map((subject) => promisify(execFile)(process.execPath, [program, url, subject, '25'])),
    );
    expect(runs.map(({ stdout }) => stdout)).toEqual(subjects.map(() => String(MIGRATIONS.length)));
    const store = await open();
    const entries = await store.audit.recent({ tenant: 'local', limit: 1000 });
    await store.close();
    expect(subjects.map((subject) => entries.filter((entry) => entry.subject === subject).length)).toEqual([
      25, 25, 25, 25,
    ]);
  });

  it('tells wrong password, database, host and address apart, and repeats no password [store.no-password]', async () => {
    const { login } = await newStore();
    const secret = 'hush-hush-9';
    const refused: Array<[string, string]> = [
      [postgres.url({ ...login, password: secret }), 'permission_denied'],
      [postgres.url({ ...login, database: 'nowhere' }), 'failed_precondition'],
      [`postgres://me:${secret}@127.0.0.1:1/db`, 'unavailable'],
      [`postgres://me:${secret}@no-such-host.invalid/db`, 'unavailable'],
      [`postgres://me:${secret}@[/db`, 'invalid_argument'],
      [`mysql://me:${secret}@127.0.0.1/db`, 'invalid_argument'],
      [`postgres://me:${secret}@127.0.0.1:${postgres.port}/db?sslmode=require`, 'failed_precondition'],
    ];
    for (const [url, code] of refused) {
      const error = await openStore({ url }).then(
        () => null,
        (thrown: Error) => thrown,
      );
      expect(error, url).toMatchObject({ name: 'HeadgateError', code });
      expect(`${error?.message} ${error?.stack} ${JSON.stringify(error)} ${String(error?.cause)}`).not.toContain(
        secret,
      );
    }
  });
});
