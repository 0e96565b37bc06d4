import { describe, expect, it } from 'vitest';
import { cellReaderOf } from './cells.ts';
import { takePage } from './page.ts';
import { encodeParameters } from './parameters.ts';

const cell = (oid: number, text: string) => cellReaderOf(oid)(text);

describe('a cell', () => {
  it.each([
    ['boolean', 16, 't', true],
    ['bigint that JSON has', 20, '-9007199254740991', -9007199254740991],
    ['bigint beyond 2^53', 20, '9007199254740993', '9007199254740993'],
    ['numeric', 1700, '1.10', '1.10'],
    ['float', 701, '0.1', 0.1],
    ['NaN', 701, 'NaN', 'NaN'],
    ['infinity', 701, '-Infinity', '-Infinity'],
    ['minus zero', 701, '-0', '-0'],
    ['timestamp', 1114, '2024-01-02 03:04:05.678901', '2024-01-02T03:04:05.678901'],
    ['infinite timestamp', 1114, 'infinity', 'infinity'],
    ['timestamp before Christ', 1114, '0044-03-15 12:00:00 BC', '0044-03-15 12:00:00 BC'],
    ['timestamp in UTC', 1184, '2024-01-02 03:04:05.6+00', '2024-01-02T03:04:05.6Z'],
    ['timestamp with hours', 1184, '2024-01-02 03:04:05-08', '2024-01-02T03:04:05-08:00'],
    ['timestamp with minutes', 1184, '2024-01-02 03:04:05+05:30', '2024-01-02T03:04:05+05:30'],
    ['timestamp with seconds', 1184, '1850-01-01 00:53:28+00:53:28', '1850-01-01T00:53:28+00:53:28'],
    ['bytea', 17, '\\x00ff', '\\x00ff'],
    ['a type that is not known', 99_999, '(1,"a b")', '(1,"a b")'],
  ])('of type %s is exact [postgres.exact-values]', (_type, oid, text, expected) => {
    expect(cell(oid, text)).toBe(expected);
  });
});

describe('a page', () => {
  const fields = [{ name: 'a', dataTypeID: 25, dataTypeModifier: -1 }];

  it('takes rows up to its limit, or up to its tokens [postgres.page-fits]', () => {
    const rows = Array.from({ length: 1_000 }, () => ['lorem ipsum dolor sit amet']);
    expect(takePage(fields, ['text'], rows, { rows: 7, tokens: 4_000 }).taken).toBe(7);
    const full = takePage(fields, ['text'], rows, { rows: 1_000, tokens: 4_000 });
    expect(full.taken).toBeGreaterThan(100);
    expect(full.taken).toBeLessThan(600);
  });

  it('takes one row at least, and cuts what no result can hold [postgres.page-fits]', () => {
    const page = takePage(fields, ['text'], [['x'.repeat(30_000)], ['y']], { rows: 10, tokens: 4_000 });
    expect(page).toMatchObject({ taken: 1, cutCells: 1 });
    expect(page.rows[0]?.[0]).toBe(`${'x'.repeat(20_000)}… [10000 more characters]`);
  });
});

describe('parameters', () => {
  it('become text as PostgreSQL reads it [postgres.parameters]', () => {
    const values = ['a', 1.5, true, null, ['x"y', null, 'z\\'], { a: 1 }, [{ a: 1 }], [[1, 2], [3]], 1e21];
    expect(encodeParameters(values, 9)).toEqual([
      'a',
      '1.5',
      'true',
      null,
      '{"x\\"y",NULL,"z\\\\"}',
      '{"a":1}',
      '[{"a":1}]',
      '{{"1","2"},{"3"}}',
      '1e+21',
    ]);
  });

  it.each([
    [[], 1, '08P01'],
    [[1, 2], 1, '08P01'],
    [[1], 0, '08P01'],
    [['a\u0000b'], 1, '22021'],
    [['\udc00'], 1, '22021'],
  ])('of the wrong number or text are refused: %j for %i [postgres.parameters]', (values, expected, state) => {
    expect(() => encodeParameters(values, expected)).toThrow(
      expect.objectContaining({ details: expect.objectContaining({ sql_state: state }) }),
    );
  });
});
