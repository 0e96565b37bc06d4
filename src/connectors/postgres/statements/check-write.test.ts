import { describe, expect, it } from 'vitest';
import { checkWrite } from './check-write.ts';

describe('a change', () => {
  it.each([
    ["insert into t values (1, 'a') returning id", 'INSERT'],
    ['insert into t select * from u on conflict (id) do update set a = excluded.a', 'INSERT'],
    ['update t set a = 1 where id = $1', 'UPDATE'],
    ['update t set a = u.a from u where u.id = t.id', 'UPDATE'],
    ['delete from t where id in (select id from u)', 'DELETE'],
    ['delete from t using u where u.id = t.id', 'DELETE'],
    ['delete from t where a is null and true', 'DELETE'],
    ['delete from s.t where s.t.id = 3', 'DELETE'],
    ['delete from s.t as x where x.id = 3', 'DELETE'],
    ['delete from t where (t).id = 3', 'DELETE'],
    ['delete from t where exists (select 1 from u where u.id = t.id)', 'DELETE'],
    [
      'merge into t using u on t.id = u.id when matched then update set a = u.a when not matched then insert values (1)',
      'MERGE',
    ],
    ['merge into t using u on t.id = u.id when not matched by source and t.a > 9 then delete', 'MERGE'],
    ["update s.pg_of_mine set a = 'x' where id = 1", 'UPDATE'],
    ['with gone as (delete from t where id < 10 returning *) insert into archive select * from gone', 'INSERT'],
    ["insert into t values (nextval('numbers'))", 'INSERT'],
  ])('runs without approval: %s [postgres.write-statements]', async (sql, command) => {
    expect(await checkWrite(sql)).toMatchObject({ command, changesRows: true, dangers: [] });
  });

  it.each([
    'delete from t',
    'delete from t where true',
    'delete from t where 1 = 1',
    "delete from t where 'a' = 'a'",
    'delete from t where not false',
    'delete from t where id = id',
    'delete from t where id = 3 or true',
    'delete from t where $1',
    "delete from t where now() > '2000-01-01'",
    'delete from t where exists (select 1)',
    'delete from t where 1 = 1 and 2 = 2',
    'update t set a = 1',
    'update t set a = 1 where 1 < 2',
    'with x as (delete from t returning *) insert into u select * from x',
    'merge into t using u on true when matched then delete',
    'delete from t where exists (select 1 from u where u.id = 1)',
    'delete from t using u where u.id = 3',
    'delete from s.t as x using t where t.id = 3',
    'update t set a = u.a from u where u.id = 3',
    'merge into t using u on u.id = 3 when matched then delete',
    'merge into t using u on t.id = u.id when not matched by source then delete',
    'merge into t using u on t.id = u.id when matched then do nothing when not matched by source and true then update set a = 1',
  ])('needs approval when no condition limits it: %s [postgres.approval]', async (sql) => {
    expect((await checkWrite(sql)).dangers).toMatchObject([{ kind: 'every-row', targets: [{ name: 't' }] }]);
  });

  it.each([
    [
      'truncate s.t, u cascade',
      'rows',
      'TRUNCATE',
      [
        { schema: 's', name: 't' },
        { schema: null, name: 'u' },
      ],
    ],
    ['drop table if exists s.t', 'rows', 'DROP TABLE', [{ schema: 's', name: 't' }]],
    ['drop view v', 'object', 'DROP VIEW', [{ schema: null, name: 'v' }]],
    ['drop schema s cascade', 'object', 'DROP SCHEMA', [{ schema: null, name: 's' }]],
    ['drop index concurrently i', 'object', 'DROP INDEX', [{ schema: null, name: 'i' }]],
    [
      'alter table t drop column a, drop constraint c',
      'part',
      'ALTER TABLE DROP COLUMN a, DROP CONSTRAINT c',
      [{ schema: null, name: 't' }],
    ],
  ] as const)('needs approval when it removes something: %s [postgres.approval]', async (sql, kind, what, targets) => {
    expect((await checkWrite(sql)).dangers).toMatchObject([{ kind, what, targets }]);
  });

  it.each([
    'select 1',
    'with x as (delete from t where id = 1 returning *) select * from x',
    'create table t (id int)',
    'alter table t add column a int',
    'alter table t drop column a, add column b int',
    'alter table t owner to evil',
    'drop role r',
    'drop database d',
    'drop extension e',
    'drop owned by r',
    'grant all on t to public',
    "copy t from program 'x'",
    'do $$ begin end $$',
    'call p()',
    'vacuum',
    'begin',
    'set role none',
    'delete from t where id = 1; delete from t where id = 2',
    "insert into t values (pg_read_file('/etc/passwd'))",
    "update t set a = set_config('role', 'none', false) where id = 1",
    "insert into t select * from dblink('x', 'y') as d(a int)",
    'delete from t where id = 1 and pg_terminate_backend(1)',
    "update pg_authid set rolsuper = true where rolname = 'x'",
    "update pg_settings set setting = 'off' where name = 'standard_conforming_strings'",
    "update pg_catalog.pg_settings set setting = '0' where name = 'statement_timeout'",
    "with x as (update pg_settings set setting = 'r' where name = 'role') insert into t values (1)",
    'insert into pg_auth_members values (1, 2, 3, true)',
    'delete from information_schema.sql_features where feature_id is null',
    'merge into pg_class using u on oid = u.id when matched then delete',
    'truncate t, pg_statistic',
    '',
  ])('is refused when it is something else: %s [postgres.write-statements]', async (sql) => {
    await expect(checkWrite(sql)).rejects.toMatchObject({ name: 'HeadgateError' });
  });
});
