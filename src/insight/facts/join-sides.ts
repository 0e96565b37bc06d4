import { hasMetric, type PlanSite, rowsOut, underWrappers } from './plan-nodes.ts';

/** Rows that went into a join and came out of it. */
export interface JoinRows {
  readonly left: number;
  readonly right: number;
  readonly out: number;
}

/** Nodes whose rows come out of a filter below them uncounted. */
const MAX_DEPTH = 16;

/** Rows of a join; null where the log does not tell all of them. */
export function joinRows(site: PlanSite): JoinRows | null {
  const [left, right] = site.children.map(rowsInto);
  const out = rowsOut(site) ?? noRows(site);
  if (left === undefined || right === undefined || left === null || right === null || out === null) return null;
  return { left, right, out };
}

/**
 * 0 for a join of a query that completed, which counts its rows and has no count: Spark logs no metric that stayed 0. Null for
 * all others.
 */
function noRows(site: PlanSite): 0 | null {
  return site.execution.status === 'COMPLETED' && hasMetric(site, 'number of output rows') ? 0 : null;
}

/** Rows that a child gave its parent, else those of the nodes below it: an upper bound where a limit cuts them. */
export function rowsInto(child: PlanSite | undefined): number | null {
  let at = underWrappers(child);
  for (let steps = 0; at !== null && steps < MAX_DEPTH; steps++) {
    const rows = rowsOut(at);
    if (rows !== null) return rows;
    if (at.children.length !== 1) return null;
    at = underWrappers(at.children[0]);
  }
  return null;
}

/** True when a join has an expression that decides which rows meet: a filter that is no equality of keys. */
export function hasCondition(site: PlanSite): boolean {
  const text = site.node.simpleString.slice(0, 4000).replace(/^\w+\s*/, '');
  return /[<>=(]|\b(contains|startswith|rlike|like)\b/i.test(text.replace(/^Build(Left|Right),\s*\w+,?/, ''));
}
