import { describe, expect, it } from 'vitest';
import { renderOutput } from './render-text.ts';

const table = {
  columns: ['id', 'note'],
  rows: [
    [1, 'a|b'],
    [2, null],
    [3, 'two\n lines'],
  ],
  total: 9,
  truncated: true,
};

describe('renderOutput', () => {
  it('writes scalars, lists, nested objects and tables, a line each [gateway.structured-and-text]', () => {
    const text = renderOutput({
      app_id: 'app-1',
      absent: undefined,
      tags: ['x', 'y'],
      none: [],
      range: { from: 1, to: { ms: 2 } },
      findings: [{ rule: 'spark/skew', evidence: [{ fact: '«slow»' }] }],
      stages: { ...table, cursor: 'bzM' },
    });
    expect(text.split('\n')).toEqual([
      'app_id: app-1',
      'tags: x, y',
      'none: none',
      'range.from: 1',
      'range.to.ms: 2',
      'findings:',
      '- rule: spark/skew; evidence: fact: «slow»',
      'stages: 3 of 9; for more pass cursor=bzM',
      'id|note',
      '1|a¦b',
      '2|',
      '3|two lines',
    ]);
  });

  it('writes a result that is itself a table, other fields first [gateway.structured-and-text]', () => {
    expect(
      renderOutput({ ...table, source: 'x' })
        .split('\n')
        .slice(0, 3),
    ).toEqual(['source: x', 'rows: 3 of 9 (truncated)', 'id|note']);
  });
});
