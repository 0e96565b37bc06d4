import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Database } from '../../src/store/database.ts';
import { MIGRATIONS } from '../../src/store/migrations.ts';
import { openStore } from '../../src/store/open-store.ts';
import { openPostgres } from '../../src/store/postgres/open-postgres.ts';
import { auditEntry } from '../conformance/store/opened-store.ts';
import { type Postgres, startPostgres } from '../stack/postgres.ts';

type Login = Awaited<ReturnType<Postgres['createDatabase']>>;

let postgres: Postgres;

beforeAll(async () => {
  postgres = await startPostgres();
});

afterAll(() => postgres.stop());

const failureOf = (work: Promise<unknown>) =>
  work.then(
    () => null,
    (error: { code?: unknown; message?: unknown; hint?: unknown; details?: { sql?: string }; cause?: unknown }) =>
      error,
  );

/** A store with one audit row of each tenant, `one` and `two`. */
async function storeOfTwo(login: Login): Promise<void> {
  const store = await openStore({ url: postgres.url(login) });
  for (const tenant of ['one', 'two'])
    await store.audit.record(auditEntry({ tenant, subject: `subject of ${tenant}` }));
  await store.close();
}

const open = (login?: Parameters<Postgres['url']>[0], severalTenants = true): Promise<Database> =>
  openPostgres(postgres.url(login), { migrations: MIGRATIONS, severalTenants, report: () => {} });

describe('a database role that may not create roles', () => {
  it('is told the SQL that an administrator has to run, and works after it [store.administrator-sql]', async () => {
    const login = await postgres.createDatabase('nocreaterole');
    const refusal = await failureOf(open(login));
    expect(refusal).toMatchObject({
      code: 'failed_precondition',
      hint: expect.stringContaining('CREATE ROLE headgate_app'),
    });
    await postgres.run(refusal?.details?.sql ?? '');
    const database = await open(login);
    expect((await database.health()).ok).toBe(true);
    await database.close();
  });

  it('and may not create schemas is told so, and works in one that was made for it [store.administrator-sql]', async () => {
    const { database } = await postgres.createDatabase();
    await postgres.run(
      `create role guest login nocreaterole password 'guest'; grant headgate_app, headgate_upkeep to guest`,
    );
    const login = { user: 'guest', password: 'guest', database };
    expect(await failureOf(open(login))).toMatchObject({
      code: 'failed_precondition',
      details: { sql: `GRANT CREATE ON DATABASE "${database}" TO "guest";` },
    });
    await postgres.run('create schema headgate authorization guest', { database });
    await (await open(login)).close();
  });
});

describe('a role that owns nothing', () => {
  let owner: Login;
  let runtime: Login;
  let database: Database;

  beforeAll(async () => {
    owner = await postgres.createDatabase();
    await storeOfTwo(owner);
    await postgres.run(
      `create role runtime login noinherit password 'runtime'; grant headgate_app, headgate_upkeep to runtime`,
    );
    runtime = { user: 'runtime', password: 'runtime', database: owner.database };
    database = await open(runtime);
  });

  afterAll(() => database.close());

  it('serves every tenant its own rows [store.row-level-security]', async () => {
    const all = sql<{ tenant: string }>`select tenant from headgate.audit`;
    for (const tenant of ['one', 'two', 'three']) {
      const { rows } = await database.statement(tenant, (queries) => all.execute(queries));
      expect(rows).toEqual(tenant === 'three' ? [] : [{ tenant }]);
    }
  });

  it.each([
    ['reset role', 'select * from headgate.audit'],
    ['set local role none', 'select * from headgate.audit'],
    ['reset role', 'alter table headgate.audit disable row level security'],
    ['reset role', 'alter table headgate.audit no force row level security'],
    ['reset role', 'grant select on headgate.audit to runtime'],
    ['set local row_security = off', 'select * from headgate.audit'],
    ['set local role headgate_upkeep', 'select subject from headgate.audit'],
    ['set local role headgate_upkeep', 'delete from headgate.audit'],
    ['set local role headgate_upkeep', 'select record from headgate.run_history'],
    ['set local role headgate_upkeep', 'delete from headgate.run_history'],
    ['set local role postgres', 'select * from headgate.audit'],
    ['set local role owner_3', 'select * from headgate.audit'],
    ['set session authorization postgres', 'select * from headgate.audit'],
    ['reset session authorization', "insert into headgate.audit select 'one', 'x', 0, '', '', '', '', '', 0"],
    ['select 1', "insert into headgate.audit select 'two', 'x', 0, '', '', '', '', '', 0"],
    ['select 1', "update headgate.audit set tenant = 'two'"],
    ['select 1', 'create policy all_of_them on headgate.audit using (true)'],
    ['select 1', 'truncate headgate.audit'],
    ['select 1', 'create table headgate.mine (x int)'],
  ])(
    'is stopped by the database at "%s; %s" within a tenant’s transaction [store.reset-role]',
    async (first, second) => {
      const refusal = await failureOf(
        database.transaction('one', async (queries) => {
          await sql.raw(first).execute(queries);
          return sql.raw(second).execute(queries);
        }),
      );
      const cause = (refusal?.cause ?? refusal) as { code?: string };
      expect(['42501', '0LP01']).toContain(cause?.code);
    },
  );

  it('sees no row after RESET ALL, which takes the tenant away [store.reset-role]', async () => {
    const { rows } = await database.transaction('one', async (queries) => {
      await sql`reset all`.execute(queries);
      return sql`select * from headgate.audit`.execute(queries);
    });
    expect(rows).toEqual([]);
  });

  it('leaves neither tenant nor role on the connection when a transaction ends, well or badly [store.reset-role]', async () => {
    const left = sql<{ role: string; tenant: string | null }>`
      select current_setting('role') as role, current_setting('headgate.tenant', true) as tenant`;
    const single = await openPostgres(`${postgres.url(runtime)}?pool_max_size=1`, {
      migrations: MIGRATIONS,
      severalTenants: true,
      report: () => {},
    });
    await failureOf(single.statement('one', (queries) => sql`select 1 / 0`.execute(queries)));
    const { rows } = await single.statement('two', (queries) => left.execute(queries));
    expect(rows).toEqual([{ role: 'headgate_app', tenant: 'two' }]);
    await single.close();
    const outside = await postgres.run('select * from headgate.audit', owner);
    expect(outside).toEqual([]);
  });

  it('is told who has to migrate when the schema is older than Headgate [store.administrator-sql]', async () => {
    const newer = [...MIGRATIONS, { name: 'next', sql: 'create table next (tenant text primary key)' }];
    const refusal = await failureOf(
      openPostgres(postgres.url(runtime), { migrations: newer, severalTenants: true, report: () => {} }),
    );
    expect(refusal).toMatchObject({
      code: 'failed_precondition',
      hint: expect.stringContaining('the address of the owner'),
    });
  });
});

describe('a role that inherits the rights of the roles that it may become', () => {
  it('sees after RESET ROLE the rows of the tenant that is set, and no other [store.reset-role]', async () => {
    const { database: name, ...owner } = await postgres.createDatabase();
    await storeOfTwo({ ...owner, database: name });
    await postgres.run(`create role heir login inherit password 'heir'; grant headgate_app, headgate_upkeep to heir`);
    const database = await open({ user: 'heir', password: 'heir', database: name });
    const { rows } = await database.transaction('one', async (queries) => {
      await sql`reset role`.execute(queries);
      return sql<{ tenant: string }>`select tenant from headgate.audit`.execute(queries);
    });
    expect(rows).toEqual([{ tenant: 'one' }]);
    await database.close();
  });
});

describe('a role that owns the tables', () => {
  it('sees after RESET ROLE the rows of the tenant that is set, and no other [store.reset-role]', async () => {
    const owner = await postgres.createDatabase('nocreaterole');
    await postgres.run(`grant headgate_app, headgate_upkeep to ${owner.user}`);
    await storeOfTwo(owner);
    const told: string[] = [];
    const database = await openPostgres(postgres.url(owner), {
      migrations: MIGRATIONS,
      severalTenants: true,
      report: (message) => told.push(message),
    });
    expect(told).toEqual([expect.stringContaining('as a role that owns nothing')]);
    const { rows } = await database.transaction('one', async (queries) => {
      await sql`reset role`.execute(queries);
      return sql<{ tenant: string }>`select tenant from headgate.audit`.execute(queries);
    });
    expect(rows).toEqual([{ tenant: 'one' }]);
    await database.close();
  });
});

describe('a role that row-level security does not bind', () => {
  it.each(['superuser', 'bypassrls', 'createrole'])(
    '(%s) serves one tenant, and is refused for several [store.unbound-refused]',
    async (right) => {
      const login = await postgres.createDatabase(right);
      if (right === 'bypassrls') await postgres.run(`grant headgate_app, headgate_upkeep to ${login.user}`);
      expect(await failureOf(open(login))).toMatchObject({
        code: 'failed_precondition',
        message: expect.stringContaining('Several tenants are configured'),
        hint: expect.stringContaining('headgate_runtime'),
      });
      const database = await open(login, false);
      expect(await database.health()).toMatchObject({
        ok: true,
        message: expect.stringContaining('fit for one tenant only'),
      });
      await database.close();
    },
  );
});

describe('a schema that no longer keeps tenants apart', () => {
  it.each([
    ['alter table headgate.audit no force row level security', 'the table audit does not force row-level security'],
    ['create policy open on headgate.audit using (true)', 'the table audit has the foreign policy open'],
    ['alter policy tenant_only on headgate.audit using (true)', 'the table audit has no policy tenant_only'],
    ['drop policy tenant_only on headgate.audit', 'the table audit has no policy tenant_only'],
    ['alter table headgate.audit owner to headgate_app', 'the role headgate_app owns the table audit'],
  ])('by "%s" is refused at the start, and told by the probe [store.leaks-refused]', async (change, leak) => {
    const login = await postgres.createDatabase();
    const running = await open(login, false);
    await postgres.run(change, { database: login.database });
    const told = { code: 'failed_precondition', message: expect.stringContaining(leak) };
    expect(await failureOf(running.health())).toMatchObject(told);
    expect(await failureOf(open(login, false))).toMatchObject(told);
    await running.close();
  });
});
