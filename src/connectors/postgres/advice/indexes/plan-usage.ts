import type { Node } from 'libpg-query';
import { type Plan, type PlanNode, relationOf } from '../plan/plan-nodes.ts';
import { parseExpression, parseSortKeys } from '../statements/syntax.ts';
import type { NamedTable, TableFacts } from '../table-facts.ts';
import { collectPredicates } from './predicates.ts';
import { collectGroup, collectOrder } from './statement-usage.ts';
import { type Scope, type TableUsage, UsageCollector } from './table-usage.ts';

/** The tables that a plan reads: behind views, in partitions, inside functions that were inlined. */
export function tablesInPlan({ nodes }: Plan): NamedTable[] {
  const named = nodes.flatMap(({ wire }) =>
    wire['Relation Name'] === undefined ? [] : [{ schema: wire.Schema ?? null, name: wire['Relation Name'] }],
  );
  return [...new Map(named.map((table) => [JSON.stringify(table), table])).values()];
}

/**
 * How a plan uses the columns of its tables, read from its conditions and keys: what the statement itself does not show. The plan must
 * come from EXPLAIN VERBOSE, which names the table of each column. The parser must be loaded.
 */
export function usageInPlan(plan: Plan, tables: ReadonlyMap<string, TableFacts>): TableUsage[] {
  const uses = new UsageCollector();
  const scope: Scope = { outer: null, tables: aliasesOf(plan.nodes, tables) };
  for (const { wire } of plan.nodes) {
    for (const condition of [
      wire.Filter,
      wire['Index Cond'],
      wire['Hash Cond'],
      wire['Merge Cond'],
      wire['Join Filter'],
    ]) {
      if (condition !== undefined) collectPredicates(parseExpression(condition) ?? undefined, scope, uses);
    }
    if (wire['Sort Key'] !== undefined) collectOrder(parseSortKeys(wire['Sort Key']), scope, uses);
    if (wire['Group Key'] !== undefined) collectGroup(keysOf(wire['Group Key']), scope, uses);
  }
  return uses.all();
}

/** EXPLAIN gives each use of a table in one statement an alias of its own. */
function aliasesOf(nodes: readonly PlanNode[], tables: ReadonlyMap<string, TableFacts>): Map<string, TableFacts> {
  return new Map(
    nodes.flatMap((node): Array<[string, TableFacts]> => {
      const table = tables.get(relationOf(node) ?? '');
      return table === undefined ? [] : [[node.wire.Alias ?? table.name, table]];
    }),
  );
}

const keysOf = (keys: readonly string[]): Node[] =>
  parseSortKeys(keys).flatMap((key) => ('SortBy' in key && key.SortBy.node !== undefined ? [key.SortBy.node] : []));
