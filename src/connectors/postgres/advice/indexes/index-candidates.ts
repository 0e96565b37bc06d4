import { type ColumnFacts, type IndexFacts, quoteName, quoteTable, type TableFacts, tableKey } from '../table-facts.ts';
import type { TableUsage } from './table-usage.ts';

/** An index that may help. */
export interface IndexCandidate {
  readonly table: TableFacts;
  readonly method: 'btree' | 'gin';
  /** As CREATE INDEX takes them. */
  readonly keys: readonly string[];
  /** What in the queries asks for it, in words. */
  readonly reasons: readonly string[];
}

/** Wider B-trees rarely pay: each further column only helps queries that fix all before it. */
const MAX_KEYS = 3;
/** Smaller tables are read whole whatever there is. Rows. */
const MIN_TABLE_ROWS = 1_000;
/** Types that B-trees cannot order. */
const NO_BTREE = /^(?:json|xml|point|polygon|box|circle|line|lseg|path|aclitem|tsvector|tsquery)$|^json$/;
const GIN_TYPES = /^(?:jsonb|tsvector)$|\[\]$/;

/** `public.orders(customer_id,status)`: the same index has the same text. */
export const candidateKey = ({ table, method, keys }: Pick<IndexCandidate, 'table' | 'method' | 'keys'>): string =>
  `${tableKey(table)} ${method} (${keys.join(', ')})`;

/** The statement that creates it. Names are quoted; `concurrently` keeps the table writable. */
export function createStatement({ table, method, keys }: Omit<IndexCandidate, 'reasons'>, concurrently = true): string {
  const using = method === 'btree' ? '' : ` USING ${method}`;
  return `CREATE INDEX ${concurrently ? 'CONCURRENTLY ' : ''}ON ${quoteTable(table)}${using} (${keys.join(', ')})`;
}

/**
 * Indexes that the uses of tables ask for and that no existing one already serves, equal ones once. Columns compared with `=` stand
 * first, the one with most different values in front; then one range, or the order of the result.
 */
export function candidatesFor(usages: readonly TableUsage[]): IndexCandidate[] {
  const byKey = new Map<string, IndexCandidate>();
  for (const usage of usages) {
    if ((usage.table.rows ?? MIN_TABLE_ROWS) < MIN_TABLE_ROWS) continue;
    for (const { keys, method, reason } of [...btreesOf(usage), ...ginsOf(usage)]) {
      if (keys.length === 0 || usage.table.indexes.some((index) => serves(index, { method, keys }))) continue;
      const candidate: IndexCandidate = { table: usage.table, method, keys, reasons: [reason] };
      const known = byKey.get(candidateKey(candidate));
      const reasons = [...new Set([...(known?.reasons ?? []), reason])];
      byKey.set(candidateKey(candidate), { ...candidate, reasons });
    }
  }
  return [...byKey.values()];
}

interface Shape {
  readonly method: 'btree' | 'gin';
  readonly keys: readonly string[];
  readonly reason: string;
}

function btreesOf(usage: TableUsage): Shape[] {
  const { table } = usage;
  const sortable = (keys: Iterable<string>) => [...keys].filter((key) => isSortable(table, key));
  const equality = mostDistinctFirst(table, sortable(usage.equality));
  const join = mostDistinctFirst(table, sortable(usage.join));
  const range = sortable(usage.range);
  const order = sortable(usage.order);
  const group = sortable(usage.group);
  const both = (left: readonly string[], right: readonly string[], reason: string): Array<[string[], string]> =>
    left.length === 0 || right.length === 0 ? [] : [[[...left, ...right], reason]];
  const shapes: Array<[readonly string[], string]> = [
    ...equality.map((key): [string[], string] => [[key], 'compared with =']),
    ...join.map((key): [string[], string] => [[key], 'joined on']),
    ...range.map((key): [string[], string] => [[key], 'a range']),
    [order, 'the order of the result'],
    [group, 'grouped by'],
    ...(equality.length > 1 ? both(equality.slice(0, 1), equality.slice(1), 'compared with = together') : []),
    ...both(equality, join, 'compared with = and joined on'),
    ...both(join, equality, 'joined on and compared with ='),
    ...range.flatMap((key) => [
      ...both(equality.slice(0, MAX_KEYS - 1), [key], '= and a range'),
      ...join.flatMap((one) => both([one], [key], 'joined on and a range')),
    ]),
    ...both(equality, order, '= and the order of the result'),
    ...both(equality, group, '= and grouped by'),
  ];
  return shapes.map(([keys, reason]) => ({ method: 'btree', keys: withoutRepeats(keys).slice(0, MAX_KEYS), reason }));
}

function ginsOf({ table, contains }: TableUsage): Shape[] {
  return [...contains]
    .filter((key) => GIN_TYPES.test(columnOf(table, key)?.type ?? ''))
    .map((key) => ({ method: 'gin', keys: [key], reason: 'searched inside' }));
}

/** A column stands once in a key; the first place counts. */
function withoutRepeats(keys: readonly string[]): string[] {
  const seen = new Set<string>();
  return keys.filter((key) => {
    const column = bareKey(key);
    if (seen.has(column)) return false;
    seen.add(column);
    return true;
  });
}

/** A key without direction and operator class. */
const bareKey = (key: string): string => key.replace(/ (?:DESC|NULLS FIRST|NULLS LAST|text_pattern_ops)\b/g, '');

function columnOf(table: TableFacts, key: string): ColumnFacts | undefined {
  const bare = bareKey(key);
  return table.columns.find(({ name }) => quoteName(name) === bare);
}

function isSortable(table: TableFacts, key: string): boolean {
  return !NO_BTREE.test(columnOf(table, key)?.type ?? '');
}

function mostDistinctFirst(table: TableFacts, keys: readonly string[]): string[] {
  const distinct = (key: string) => columnOf(table, key)?.distinct ?? 0;
  return [...keys].sort((a, b) => distinct(b) - distinct(a) || a.localeCompare(b));
}

/**
 * Whether an existing index does what another would: it is whole, valid, of the same method, and begins with the same keys. An
 * index in the opposite direction throughout is read backwards.
 */
export function serves(
  { method, keys, predicate, valid }: Pick<IndexFacts, 'method' | 'keys' | 'predicate' | 'valid'>,
  wanted: { readonly method: string; readonly keys: readonly string[] },
): boolean {
  if (!valid || predicate !== null || method !== wanted.method || keys.length < wanted.keys.length) return false;
  const begins = (turned: (key: string) => string) => wanted.keys.every((key, index) => keys[index] === turned(key));
  return (
    begins((key) => key) ||
    begins(turnAround) ||
    (wanted.keys.length === 1 &&
      bareKey(keys[0] ?? '') === bareKey(wanted.keys[0] ?? '') &&
      !/text_pattern_ops/.test(`${keys[0]} ${wanted.keys[0]}`))
  );
}

/** The same key in the opposite direction. */
function turnAround(key: string): string {
  if (key.endsWith(' DESC NULLS LAST')) return key.replace(' DESC NULLS LAST', ' NULLS FIRST');
  if (key.endsWith(' NULLS FIRST')) return key.replace(' NULLS FIRST', ' DESC NULLS LAST');
  return key.endsWith(' DESC') ? key.slice(0, -5) : `${key} DESC`;
}
