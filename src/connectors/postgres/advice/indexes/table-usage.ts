import type { ColumnRef, Node } from 'libpg-query';
import { columnName } from '../statements/syntax.ts';
import { quoteName, type TableFacts, tableKey } from '../table-facts.ts';

/** How one statement uses the columns of one table where an index could help. Keys are written as CREATE INDEX takes them. */
export interface TableUsage {
  readonly table: TableFacts;
  /** Compared with `=`, `IN` or `IS NULL` to something that is no column. */
  readonly equality: Set<string>;
  /** Compared with `=` to a column of another table. */
  readonly join: Set<string>;
  /** Compared with `<`, `>`, `BETWEEN` or `LIKE 'x%'`. */
  readonly range: Set<string>;
  /** Searched with operators of GIN: arrays, jsonb, full text. */
  readonly contains: Set<string>;
  /** Keys of one ORDER BY that is all of this table, in order, `DESC` where it is so. */
  order: string[];
  /** Keys of one GROUP BY or DISTINCT that is all of this table. */
  group: string[];
}

/** An index key and the table that it is of. */
export interface UsedKey {
  readonly table: TableFacts;
  readonly key: string;
  /** The column alone; null for an expression. */
  readonly column: string | null;
}

/** The tables that the names of one query level mean, and those of the levels around it. */
export interface Scope {
  readonly outer: Scope | null;
  /** By alias, or by name where there is none. Null: a name that is no table (CTE, sub-query, function). */
  readonly tables: ReadonlyMap<string, TableFacts | null>;
}

/** Immutable functions of one argument whose result queries filter by. Source: `pg_proc.provolatile` = i. */
const INDEXABLE_FUNCTIONS = new Set(['lower', 'upper', 'length', 'abs', 'md5', 'btrim', 'trim', 'reverse']);

/** Gathers uses by table. */
export class UsageCollector {
  readonly #byTable = new Map<string, TableUsage>();

  of(table: TableFacts): TableUsage {
    const key = tableKey(table);
    const known = this.#byTable.get(key);
    if (known !== undefined) return known;
    const made: TableUsage = {
      table,
      equality: new Set(),
      join: new Set(),
      range: new Set(),
      contains: new Set(),
      order: [],
      group: [],
    };
    this.#byTable.set(key, made);
    return made;
  }

  all(): TableUsage[] {
    return [...this.#byTable.values()];
  }
}

/** The table of a column reference in a scope; null when the name is none of a known table, or of several. */
function resolveColumn(scope: Scope, reference: ColumnRef): UsedKey | null {
  const name = columnName(reference);
  if (name === null) return null;
  for (let level: Scope | null = scope; level !== null; level = level.outer) {
    const qualified = name.qualifier === null ? undefined : level.tables.get(name.qualifier);
    if (qualified === null) return null;
    const candidates = name.qualifier === null ? [...level.tables.values()] : [qualified];
    const owners = candidates.filter((table) => table?.columns.some((column) => column.name === name.column));
    const [table] = owners;
    if (table) return owners.length === 1 ? { table, key: quoteName(name.column), column: name.column } : null;
  }
  return null;
}

/** Reads an expression as an index key: a column, a column whose cast changes nothing, or `lower(column)`. Null: neither. */
export function keyOf(scope: Scope, node: Node | undefined): UsedKey | null {
  if (node === undefined) return null;
  if ('ColumnRef' in node) return resolveColumn(scope, node.ColumnRef);
  if ('TypeCast' in node) {
    const inner = keyOf(scope, node.TypeCast.arg);
    return inner !== null && isHarmlessCast(inner, castName(node.TypeCast.typeName?.names)) ? inner : null;
  }
  if ('FuncCall' in node) return functionKey(scope, node.FuncCall);
  return null;
}

function functionKey(scope: Scope, call: { funcname?: Node[]; args?: Node[] }): UsedKey | null {
  const name = castName(call.funcname);
  const [argument] = call.args ?? [];
  if (!INDEXABLE_FUNCTIONS.has(name) || call.args?.length !== 1) return null;
  const inner = keyOf(scope, argument);
  return inner === null ? null : { table: inner.table, key: `${name}(${inner.key})`, column: null };
}

const castName = (names: readonly Node[] | undefined): string => {
  const last = names?.at(-1);
  return last !== undefined && 'String' in last ? (last.String.sval ?? '') : '';
};

/** varchar and text share their bytes: an index on the one serves the other. Source: `pg_cast.castmethod` = b. */
function isHarmlessCast({ table, column }: UsedKey, to: string): boolean {
  const type = table.columns.find(({ name }) => name === column)?.type ?? '';
  return (to === 'text' || to === 'varchar') && /^(?:character varying|text)/.test(type);
}
