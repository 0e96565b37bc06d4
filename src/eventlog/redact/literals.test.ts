import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { maskPlanLiterals } from './plan-literals.ts';
import { maskSqlLiterals } from './sql-literals.ts';

describe('literals of SQL', () => {
  it.each([
    ["SELECT name FROM t WHERE id = 17 AND city = 'Ghent'", 'SELECT name FROM t WHERE id = ? AND city = ?'],
    ["SELECT 1.5e3, -2, X'1F', r'raw\\d', \"dq\", 12L, 1.5BD", 'SELECT ?, -?, X?, ?, ?, ?, ?'],
    ["WHERE d >= DATE '2026-01-01' LIMIT 10", 'WHERE d >= DATE ? LIMIT ?'],
    ['SELECT `2nd column` FROM db.t_2026', 'SELECT `2nd column` FROM db.t_2026'],
    ["SELECT 1 -- for Alice, 'x'\nFROM t", 'SELECT ? \nFROM t'],
    ["SELECT '/*', r'\\', \"--\" /* for /* Bob */ and Alice */ FROM `--t`", 'SELECT ?, ?, ?   FROM `--t`'],
    ['SELECT /*+ BROADCAST(t) */ a FROM t /* Alice', 'SELECT /*+ BROADCAST(t) */ a FROM t  '],
    ['SELECT 1 /* for Alice */ FROM t', 'SELECT ?   FROM t'],
    ['collect at /jobs/orders.py:12', 'collect at /jobs/orders.py:12'],
    ["SELECT 'never closed, Alice", 'SELECT ?'],
    ['', ''],
  ])('are masked in %j [privacy.literals]', (sql, masked) => {
    expect(maskSqlLiterals(sql)).toBe(masked);
  });

  it('never come through, whatever they are [privacy.literals]', () => {
    const value = fc.string({ unit: fc.constantFrom(...'abc \n\t%_`"-/*;()é€😀'), minLength: 3 });
    fc.assert(
      fc.property(value, (text) => {
        const quoted = `'MARK${text}MARK'`;
        expect(maskSqlLiterals(`SELECT a FROM t WHERE b = ${quoted} AND c IN (${quoted}, 4711)`)).not.toMatch(
          /MARK|4711/,
        );
      }),
    );
  });
});

const NAMES = new Set(['Filter', 'Project', 'Scan', 'parquet', 'spark_catalog.default.orders', 'LocalTableScan']);

describe('literals of plans', () => {
  it.each([
    ['Filter (isnotnull(city#3) AND (city#3 = New York))', 'Filter (isnotnull(city#3) AND (city#3 = ? ?))'],
    ['Condition : ((id#0L % 17) IN (1,2) OR name#1 LIKE %Ali%)', 'Condition : ((id#0L % ?) IN (?,?) OR name#1 LIKE ?)'],
    ['PushedFilters: [IsNotNull(name), EqualTo(name,Alice)]', 'PushedFilters: [IsNotNull(?), EqualTo(?,?)]'],
    [
      'Arguments: hashpartitioning(item#1L, 140), [plan_id=441]',
      'Arguments: hashpartitioning(item#1L, 140), [plan_id=441]',
    ],
    ['(3) Filter [codegen id : 1]', '(3) Filter [codegen id : 1]'],
    ['Output [2]: [item#1L, price#3]', 'Output [2]: [item#1L, price#3]'],
    ['ReadSchema: struct<name:string,amount:decimal(10,2)>', 'ReadSchema: struct<name:string,amount:decimal(10,2)>'],
    ['Location: InMemoryFileIndex [s3://lake/orders]', 'Location: InMemoryFileIndex [s3://lake/orders]'],
    ['Scan parquet spark_catalog.default.orders', 'Scan parquet spark_catalog.default.orders'],
    ['Project [Alice AS who#7, 42 AS n#8]', 'Project [? AS who#7, ? AS n#8]'],
    ['Statistics(sizeInBytes=8.0 EiB, rowCount=5)', 'Statistics(sizeInBytes=8.0 ?, rowCount=5)'],
  ])('are masked in %j [privacy.literals]', (plan, masked) => {
    expect(maskPlanLiterals(plan, NAMES)).toBe(masked);
  });

  it.each([
    ['Filter (a#1 = upper(2))', 'Filter (a#1 = ?(?))'],
    ['Filter (a#1 = file:/Guineafowl/y)', 'Filter (a#1 = ?:?)'],
    ['Range (10, 98765, step=5, splits=2)', '?(?, ?, step=?, splits=2)'],
    ['Project [twice(a#1)#2, row_number() AS n#3]', 'Project [twice(a#1)#2, row_number() AS n#3]'],
    ['Arguments: file:/lake/out, false, Parquet', 'Arguments: file:/lake/out, false, Parquet'],
  ])(
    'stay masked where they look like calls and paths, which stay where they are some: %j [privacy.literals]',
    (plan, masked) => {
      expect(maskPlanLiterals(plan, NAMES).replace(/^\? /, '?')).toBe(masked);
    },
  );

  it('come through where nothing tells them from an attribute or a keyword, as the page says [privacy.literals]', () => {
    expect(maskPlanLiterals('Filter (a#1 = x#12) AND (b#2 = Parquet)', NAMES)).toBe(
      'Filter (a#1 = x#12) AND (b#2 = Parquet)',
    );
  });

  it.each(['(', '[', '<', 'a,', 'struct<a', 'Location: [', '#1(', "'", '( =', '(a#1'])(
    'are masked in one pass over a million characters of %j [privacy.linear]',
    (piece) => {
      const hostile = piece.repeat(1_000_000 / piece.length);
      expect(maskPlanLiterals(hostile, NAMES).length).toBeLessThanOrEqual(hostile.length);
    },
  );

  it('are masked in one pass over ten million characters of SQL that never closes what it opens [privacy.linear]', () => {
    for (const piece of ["'\\'", '/*', '/*+', '`', '"', '(', '1e', 'a1.', "r'\\' /*"])
      expect(maskSqlLiterals(`SELECT 4711 ${piece.repeat(10_000_000 / piece.length)}`)).not.toContain('4711');
  });

  it('never come through as words or numbers [privacy.literals]', () => {
    const word = fc.string({ unit: fc.constantFrom(...'abcxyz019.-_é€'), minLength: 1 });
    fc.assert(
      fc.property(word, fc.nat(), (text, number) => {
        const plan = `Filter ((a#1 = MARK${text}) AND (b#2L > ${number + 10_000}))`;
        const masked = maskPlanLiterals(plan, NAMES);
        expect(masked).not.toContain('MARK');
        expect(masked).not.toContain(String(number + 10_000));
      }),
    );
  });
});
