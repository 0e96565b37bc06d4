import { describe, expect, it } from 'vitest';
import { readSql } from './sql-text.ts';

const tables = (sql: string) => [...readSql(sql).tables];

describe('the tables that SQL reads', () => {
  it.each([
    ['select * from a, b as x, "C d" join e on e.id = a.id', ['a', 'b', 'C d', 'e']],
    ['with w as (select * from a), v (x) as not materialized (select 1) select * from w, v', ['a']],
    ['select extract(year from day), trim(both from name) from a where x is distinct from y', ['a']],
    ['select * from main.a, generate_series(1, 3) as s, lateral (select * from b) as l', ['b']],
    ["select 'from nowhere', $$ from nowhere $$ -- from nowhere\n/* from nowhere */ from `a`", ['a']],
    ['select a, b from (select x, y from inner_one where z in (select z from other)) as q', ['inner_one', 'other']],
    ['select * from a where b > 1 group by c, d order by e, f', ['a']],
  ])('are those of %s', (sql, expected) => {
    expect(tables(sql)).toEqual(expected);
  });

  it('are found among names in any case and quotes', () => {
    expect([...readSql('SELECT "x y", `z` FROM A').words]).toEqual(['SELECT', 'x y', 'z', 'FROM', 'A']);
  });
});
