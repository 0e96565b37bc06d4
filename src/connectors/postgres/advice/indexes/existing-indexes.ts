import { type IndexFacts, quoteName, type TableFacts, tableKey } from '../table-facts.ts';

/** Why an existing index can go. */
export interface DroppableIndex {
  readonly table: string;
  readonly index: IndexFacts;
  readonly reason: 'duplicate' | 'prefix' | 'unused' | 'invalid';
  /** The index that does its work; null where none has to. */
  readonly coveredBy: string | null;
}

/** An unused index below this size costs next to nothing. Bytes. */
const MIN_UNUSED_BYTES = 1024 * 1024;

/**
 * Indexes that can be dropped: invalid ones, those that another one does the work of, and those that nothing scanned. Indexes
 * behind constraints and unique ones are left: they guard rows. Worst first, one reason an index.
 */
export function droppableIndexes(tables: readonly TableFacts[]): DroppableIndex[] {
  return tables.flatMap((table) => {
    const gone = new Set<IndexFacts>();
    return table.indexes.flatMap((index) => {
      const found = judge(table, index, gone);
      if (found !== null) gone.add(index);
      return found === null ? [] : [found];
    });
  });
}

function judge(table: TableFacts, index: IndexFacts, gone: ReadonlySet<IndexFacts>): DroppableIndex | null {
  const about = { table: tableKey(table), index };
  if (!index.valid) return { ...about, reason: 'invalid', coveredBy: null };
  if (index.required) return null;
  const others = table.indexes.filter((other) => other !== index && other.valid && !gone.has(other));
  const twin = others.find((other) => isSame(index, other) && (!index.unique || other.unique));
  if (twin !== undefined) return { ...about, reason: 'duplicate', coveredBy: twin.name };
  if (index.unique) return null;
  const longer = others.find((other) => isPrefix(index, other));
  if (longer !== undefined) return { ...about, reason: 'prefix', coveredBy: longer.name };
  const unused = index.scans === 0 && index.bytes >= MIN_UNUSED_BYTES;
  return unused ? { ...about, reason: 'unused', coveredBy: null } : null;
}

function isSame(a: IndexFacts, b: IndexFacts): boolean {
  return (
    a.method === b.method &&
    a.predicate === b.predicate &&
    a.keys.join() === b.keys.join() &&
    a.included.every((column) => b.included.includes(column))
  );
}

/** The keys of one B-tree begin the other: it answers the same searches, a little larger. */
function isPrefix(index: IndexFacts, other: IndexFacts): boolean {
  if (index.method !== 'btree' || other.method !== 'btree' || index.predicate !== other.predicate) return false;
  if (other.keys.length <= index.keys.length || index.included.length > 0) return false;
  return index.keys.every((key, position) => other.keys[position] === key);
}

/** The statement that drops it without stopping writers. */
export const dropStatement = ({ schema, name }: IndexFacts): string =>
  `DROP INDEX CONCURRENTLY ${quoteName(schema)}.${quoteName(name)};`;
