import type { DeleteStmt, Node, RangeVar, SelectStmt, SortBy, UpdateStmt } from 'libpg-query';
import { walk } from '../statements/syntax.ts';
import type { NamedTable, TableFacts } from '../table-facts.ts';
import { collectPredicates } from './predicates.ts';
import { keyOf, type Scope, type TableUsage, UsageCollector } from './table-usage.ts';

/** Finds the table that a name means; null: none, or not one that can be looked up. */
export type FindTable = (table: NamedTable) => TableFacts | null;

/** Every table that a statement names, CTEs left out. */
export function tablesIn(statement: Node): NamedTable[] {
  const ctes = new Set<string>();
  const tables: NamedTable[] = [];
  walk(statement, (kind, node) => {
    if (kind === 'CommonTableExpr') ctes.add(String(node.ctename));
    if (kind === 'RangeVar' || kind === 'relation') {
      if (typeof node.relname !== 'string') return undefined;
      tables.push({ schema: typeof node.schemaname === 'string' ? node.schemaname : null, name: node.relname });
    }
    return undefined;
  });
  const wanted = tables.filter(({ schema, name }) => schema !== null || !ctes.has(name));
  return [...new Map(wanted.map((table) => [`${table.schema ?? ''}.${table.name}`, table])).values()];
}

/** How a statement and all of its sub-queries use the columns of known tables. */
export function usageOf(statement: Node, find: FindTable): TableUsage[] {
  const uses = new UsageCollector();
  collectLevel(statement, { find, uses, ctes: new Set() }, null);
  return uses.all();
}

interface Collection {
  readonly find: FindTable;
  readonly uses: UsageCollector;
  readonly ctes: ReadonlySet<string>;
}

/** One query level: its tables make a scope, its conditions and keys are uses, its sub-queries are levels inside. */
function collectLevel(node: Node, around: Collection, outer: Scope | null): void {
  if ('SelectStmt' in node) collectSelect(node.SelectStmt, around, outer);
  else if ('UpdateStmt' in node) collectChange(node.UpdateStmt, node.UpdateStmt.fromClause, around, outer);
  else if ('DeleteStmt' in node) collectChange(node.DeleteStmt, node.DeleteStmt.usingClause, around, outer);
  else collectInside(node, around, outer);
}

function collectSelect(select: SelectStmt, around: Collection, outer: Scope | null): void {
  const collection = withCtes(select.withClause?.ctes, around);
  const scope = scopeOf(select.fromClause ?? [], null, collection, outer);
  for (const item of select.fromClause ?? []) collectJoins(item, scope, collection.uses);
  collectPredicates(select.whereClause, scope, collection.uses);
  collectOrder(select.sortClause ?? [], scope, collection.uses);
  collectGroup([...(select.groupClause ?? []), ...distinctKeys(select)], scope, collection.uses);
  for (const side of [select.larg, select.rarg]) {
    if (side !== undefined) collectSelect(side, collection, outer);
  }
  const inside = [select.withClause, select.targetList, select.fromClause, select.whereClause, select.havingClause];
  for (const part of inside) collectInside(part, collection, scope);
}

function collectChange(
  change: UpdateStmt | DeleteStmt,
  others: readonly Node[] | undefined,
  around: Collection,
  outer: Scope | null,
): void {
  const collection = withCtes(change.withClause?.ctes, around);
  const scope = scopeOf(others ?? [], change.relation ?? null, collection, outer);
  for (const item of others ?? []) collectJoins(item, scope, collection.uses);
  collectPredicates(change.whereClause, scope, collection.uses);
  for (const part of [change.withClause, others, change.whereClause]) collectInside(part, collection, scope);
}

/** Looks for queries inside a part of a statement; each is a level of its own. */
function collectInside(part: unknown, collection: Collection, scope: Scope | null): void {
  walk(part, (kind, node) => {
    if (!['SelectStmt', 'UpdateStmt', 'DeleteStmt'].includes(kind)) return undefined;
    collectLevel({ [kind]: node } as unknown as Node, collection, scope);
    return false;
  });
}

function withCtes(ctes: readonly Node[] | undefined, around: Collection): Collection {
  const names = (ctes ?? []).flatMap((cte) => ('CommonTableExpr' in cte ? [cte.CommonTableExpr.ctename ?? ''] : []));
  return names.length === 0 ? around : { ...around, ctes: new Set([...around.ctes, ...names]) };
}

/** The tables of one FROM. */
function scopeOf(from: readonly Node[], target: RangeVar | null, collection: Collection, outer: Scope | null): Scope {
  const tables = new Map<string, TableFacts | null>();
  const add = (range: RangeVar) => {
    const name = range.relname ?? '';
    const schema = range.schemaname ?? null;
    const isCte = schema === null && collection.ctes.has(name);
    tables.set(range.alias?.aliasname ?? name, isCte ? null : collection.find({ schema, name }));
  };
  if (target !== null) add(target);
  walk(from, (kind, node) => {
    if (kind === 'RangeVar') add(node as RangeVar);
    if (kind === 'RangeSubselect' || kind === 'RangeFunction') tables.set(aliasOf(node), null);
    return !['RangeSubselect', 'RangeFunction', 'SubLink'].includes(kind);
  });
  return { outer, tables };
}

const aliasOf = (node: Record<string, unknown>): string =>
  String((node.alias as { aliasname?: string } | undefined)?.aliasname ?? '');

/** ON and USING of the joins of a FROM item. */
function collectJoins(item: Node, scope: Scope, uses: UsageCollector): void {
  walk(item, (kind, node) => {
    if (kind === 'JoinExpr') {
      collectPredicates(node.quals as Node | undefined, scope, uses);
      for (const column of (node.usingClause as Node[] | undefined) ?? []) noteUsing(column, scope, uses);
    }
    return kind !== 'RangeSubselect' && kind !== 'SubLink';
  });
}

function noteUsing(column: Node, { tables }: Scope, uses: UsageCollector): void {
  const name = 'String' in column ? (column.String.sval ?? '') : '';
  for (const alias of tables.keys()) {
    const key = keyOf({ outer: null, tables }, referenceTo(alias, name));
    if (key !== null) uses.of(key.table).join.add(key.key);
  }
}

const referenceTo = (alias: string, column: string): Node => ({
  ColumnRef: { fields: [{ String: { sval: alias } }, { String: { sval: column } }] },
});

function distinctKeys({ distinctClause, targetList }: SelectStmt): Node[] {
  if (distinctClause === undefined) return [];
  const on = distinctClause.filter((node) => Object.keys(node).length > 0);
  if (on.length > 0) return on;
  return (targetList ?? []).flatMap((node) => ('ResTarget' in node && node.ResTarget.val ? [node.ResTarget.val] : []));
}

/** Notes the keys of an ORDER BY. It helps an index only when all of them are of one table. */
export function collectOrder(sort: readonly Node[], scope: Scope, uses: UsageCollector): void {
  const keys = sort.map((node) => ('SortBy' in node ? sortKey(node.SortBy, scope) : null));
  const [first] = keys;
  if (!first || !keys.every((key) => key?.table === first.table)) return;
  uses.of(first.table).order = keys.flatMap((key) => (key === null ? [] : [key.key]));
}

function sortKey(sort: SortBy, scope: Scope): { table: TableFacts; key: string } | null {
  const key = keyOf(scope, sort.node);
  if (key === null) return null;
  const direction = sort.sortby_dir === 'SORTBY_DESC' ? ' DESC' : '';
  const nulls: Readonly<Record<string, string>> = {
    SORTBY_NULLS_FIRST: direction === '' ? ' NULLS FIRST' : '',
    SORTBY_NULLS_LAST: direction === '' ? '' : ' NULLS LAST',
  };
  return { table: key.table, key: key.key + direction + (nulls[sort.sortby_nulls ?? ''] ?? '') };
}

/** Notes the keys of a GROUP BY when all of them are of one table. */
export function collectGroup(nodes: readonly Node[], scope: Scope, uses: UsageCollector): void {
  const keys = nodes.map((node) => keyOf(scope, node));
  const [first] = keys;
  if (!first || !keys.every((key) => key?.table === first.table)) return;
  uses.of(first.table).group = keys.flatMap((key) => (key === null ? [] : [key.key]));
}
