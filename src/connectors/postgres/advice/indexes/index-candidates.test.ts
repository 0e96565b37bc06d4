import { expect, it } from 'vitest';
import { buildIndex, buildTable } from '../fixtures/table-builder.ts';
import { candidatesFor, createStatement, serves } from './index-candidates.ts';
import type { TableUsage } from './table-usage.ts';

const columns = {
  status: 'text',
  customer_id: 'integer',
  placed_at: 'timestamp with time zone',
  tags: 'text[]',
  doc: 'json',
};
const orders = buildTable('orders', columns);

function use(
  fields: Partial<Record<'equality' | 'join' | 'range' | 'contains' | 'order' | 'group', string[]>>,
  table = orders,
): TableUsage {
  const { equality = [], join = [], range = [], contains = [], order = [], group = [] } = fields;
  return {
    table,
    equality: new Set(equality),
    join: new Set(join),
    range: new Set(range),
    contains: new Set(contains),
    order,
    group,
  };
}
const keysOf = (usage: TableUsage) => candidatesFor([usage]).map(({ keys }) => keys.join(', '));

it('puts compared columns first, the one with most values in front, then a range or the order [postgres-advice.candidates]', () => {
  expect(keysOf(use({ equality: ['status', 'customer_id'], range: ['placed_at'] }))).toEqual([
    'customer_id',
    'status',
    'placed_at',
    'customer_id, status',
    'customer_id, status, placed_at',
  ]);
  expect(keysOf(use({ equality: ['status'], order: ['placed_at DESC'] }))).toEqual([
    'status',
    'placed_at DESC',
    'status, placed_at DESC',
  ]);
  expect(keysOf(use({ equality: ['status'], join: ['customer_id'] }))).toEqual([
    'status',
    'customer_id',
    'status, customer_id',
    'customer_id, status',
  ]);
});

it('offers GIN for searches inside, and nothing for types that no B-tree orders [postgres-advice.candidates]', () => {
  const [gin] = candidatesFor([use({ contains: ['tags'], equality: ['doc'] })]);
  expect(gin && createStatement(gin)).toBe('CREATE INDEX CONCURRENTLY ON public.orders USING gin (tags)');
  expect(keysOf(use({ equality: ['doc'] }))).toEqual([]);
});

it('leaves out what exists and small tables [postgres-advice.recommend-limits]', () => {
  const indexed = buildTable('orders', columns, { indexes: [buildIndex('by_status', ['status', 'placed_at'])] });
  expect(keysOf(use({ equality: ['status'], range: ['placed_at'] }, indexed))).toEqual(['placed_at']);
  const small = buildTable('orders', columns, { rows: 999 });
  expect(keysOf(use({ equality: ['status'] }, small))).toEqual([]);
});

it('quotes names that SQL would take for something else', () => {
  const odd = buildTable('Order"s', { select: 'text' }, { schema: 'My Shop' });
  const [candidate] = candidatesFor([use({ equality: ['"select"'] }, odd)]);
  expect(candidate && createStatement(candidate)).toBe('CREATE INDEX CONCURRENTLY ON "My Shop"."Order""s" ("select")');
});

it('knows when an existing index serves: same beginning, either direction, whole and valid', () => {
  const wanted = { method: 'btree', keys: ['a', 'b'] };
  const index = (keys: string[], facts = {}) => buildIndex('i', keys, facts);
  expect(serves(index(['a', 'b', 'c']), wanted)).toBe(true);
  expect(serves(index(['a DESC', 'b DESC']), wanted)).toBe(true);
  expect(serves(index(['a DESC', 'b']), wanted)).toBe(false);
  expect(serves(index(['a']), wanted)).toBe(false);
  expect(serves(index(['a', 'b'], { valid: false }), wanted)).toBe(false);
  expect(serves(index(['a', 'b'], { predicate: 'c > 0' }), wanted)).toBe(false);
  expect(serves(index(['a', 'b'], { method: 'hash' }), wanted)).toBe(false);
  expect(serves(index(['a text_pattern_ops']), { method: 'btree', keys: ['a'] })).toBe(false);
  expect(serves(index(['a DESC NULLS LAST']), { method: 'btree', keys: ['a NULLS FIRST'] })).toBe(true);
});
