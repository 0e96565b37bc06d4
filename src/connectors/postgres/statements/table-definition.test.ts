import { describe, expect, it } from 'vitest';
import { buildCreateTable } from './table-definition.ts';

const build = (columns: Parameters<typeof buildCreateTable>[1], name = 't') =>
  buildCreateTable({ schema: 'public', name }, columns, false);

describe('the definition of a table', () => {
  it('quotes whatever is a name [postgres.create-table]', async () => {
    const columns = [
      { name: 'a"; drop table x; --', type: 'int', primary_key: true },
      { name: 'b', type: 'text', nullable: false, default: "'new'", references: { table: 'o"ther', column: 'id' } },
    ];
    expect(await build(columns, 'we"ird')).toBe(
      [
        'CREATE TABLE "public"."we""ird" (',
        '  "a""; drop table x; --" int,',
        '  "b" text NOT NULL DEFAULT (\'new\') REFERENCES "o""ther" ("id"),',
        '  PRIMARY KEY ("a""; drop table x; --")',
        ')',
      ].join('\n'),
    );
  });

  it.each([
    '1), (2',
    '1) from t where (true',
    '(select 1); drop table t',
    '1 --',
    '1 /*',

    '',
    '1) union (select 1',
    '1) as x, (2',
  ])('refuses a default that is no single expression: %s [postgres.create-table]', async (expression) => {
    await expect(build([{ name: 'a', type: 'int', default: expression }])).rejects.toMatchObject({
      code: 'invalid_argument',
    });
  });

  it.each([
    'int, b int',
    'int) tablespace x',
    'int check (true), c int',
    'int); drop table t; --',
    'int default 1, d text',
  ])('refuses a type that is more than one: %s [postgres.create-table]', async (type) => {
    await expect(build([{ name: 'a', type }])).rejects.toMatchObject({ code: 'invalid_argument' });
  });

  it('refuses denied functions in defaults [postgres.create-table]', async () => {
    await expect(build([{ name: 'a', type: 'text', default: "pg_read_file('/x')" }])).rejects.toMatchObject({
      code: 'permission_denied',
    });
  });

  it.each(['', 'a\u0000b', 'x'.repeat(64), '\ud800'])(
    'refuses what cannot be a name: %j [postgres.create-table]',
    async (name) => {
      await expect(build([{ name, type: 'int' }])).rejects.toMatchObject({ code: 'invalid_argument' });
    },
  );

  it('refuses a column that is there twice [postgres.create-table]', async () => {
    await expect(
      build([
        { name: 'a', type: 'int' },
        { name: 'a', type: 'int' },
      ]),
    ).rejects.toMatchObject({ details: { sql_state: '42701' } });
  });
});
