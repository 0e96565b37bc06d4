import type { Advisory } from '../advisory.ts';
import type { Plan, PlanNode } from '../plan/plan-nodes.ts';
import { relationOf } from '../plan/plan-nodes.ts';
import type { TableFacts } from '../table-facts.ts';

/** What the rules of plans look at. */
export interface PlanFacts {
  readonly plan: Plan;
  /** The tables of the plan, by `schema.table`; those that could not be looked up are missing. */
  readonly tables: ReadonlyMap<string, TableFacts>;
}

/** Facts in, findings out: no clock, no I/O. */
export type PlanRule = (facts: PlanFacts) => Advisory[];

/** The table that a node reads, when it is known. */
export function tableOf({ tables }: PlanFacts, node: PlanNode): TableFacts | undefined {
  const relation = relationOf(node);
  return relation === null ? undefined : tables.get(relation);
}

/** The nodes of a plan below one, itself first. */
export function subtree({ nodes }: Plan, root: PlanNode): PlanNode[] {
  const ids = new Set([root.id]);
  return nodes.filter((node) => {
    if (node.parent !== null && ids.has(node.parent)) ids.add(node.id);
    return ids.has(node.id);
  });
}
