import type { ExplainedWire, PlanNodeWire } from './plan-wire.ts';

/** A node of a plan in the order of EXPLAIN, parents before children. */
export interface PlanNode {
  /** 1 is the root. */
  readonly id: number;
  readonly parent: number | null;
  readonly wire: PlanNodeWire;
  /** `Nested Loop Left Join`, `Parallel Seq Scan`. */
  readonly name: string;
  /** Ms in this node alone; null without ANALYZE. Below a Gather the share of one process. */
  readonly selfMs: number | null;
  /** Rows of one loop as planned. */
  readonly rowsEstimated: number;
  /** Rows of one loop as seen; null without ANALYZE, or when the node never ran. */
  readonly rowsActual: number | null;
  /** How often it ran; null without ANALYZE. */
  readonly loops: number | null;
}

/** A plan of one statement. */
export interface Plan {
  readonly nodes: readonly PlanNode[];
  /** Of the root, in the planner's unit. */
  readonly cost: number;
  readonly planningMs: number | null;
  /** Null without ANALYZE. */
  readonly executionMs: number | null;
  /** Compilation by JIT; null when there was none, or without ANALYZE. */
  readonly jit: { readonly functions: number; readonly totalMs: number } | null;
  /** Of foreign keys by the name of the constraint. */
  readonly triggers: ReadonlyArray<{ readonly name: string; readonly ms: number; readonly calls: number }>;
  /** Settings that differ from their defaults and change plans. */
  readonly settings: Readonly<Record<string, string>>;
}

/** Flattens a plan and works out what each node took by itself. */
export function buildPlan(explained: ExplainedWire): Plan {
  const nodes: PlanNode[] = [];
  const cteMs = new Map<string, number>();
  visit(explained.Plan, null, 1, nodes, cteMs);
  const timing = explained.JIT?.Timing?.Total;
  return {
    nodes: chargeCteScans(nodes, cteMs),
    cost: explained.Plan['Total Cost'],
    planningMs: explained['Planning Time'] ?? null,
    executionMs: explained['Execution Time'] ?? null,
    jit: timing === undefined ? null : { functions: explained.JIT?.Functions ?? 0, totalMs: timing },
    triggers: (explained.Triggers ?? []).map((trigger) => ({
      name: trigger['Constraint Name'] ?? trigger['Trigger Name'],
      ms: trigger.Time ?? 0,
      calls: trigger.Calls,
    })),
    settings: explained.Settings ?? {},
  };
}

/** Adds the node and those below it; returns the ms that it and they took. `processes` run it side by side. */
function visit(
  wire: PlanNodeWire,
  parent: number | null,
  processes: number,
  nodes: PlanNode[],
  cteMs: Map<string, number>,
): number | null {
  const id = nodes.length + 1;
  const loops = wire['Actual Loops'] ?? null;
  const time = wire['Actual Total Time'];
  const totalMs = time === undefined || loops === null ? null : (time * loops) / processes;
  const below = wire['Workers Launched'] === undefined ? processes : wire['Workers Launched'] + 1;
  nodes.push({ id, parent, wire, name: nameOf(wire), selfMs: null, ...rowsOf(wire, loops) });
  let childrenMs = 0;
  for (const child of wire.Plans ?? []) {
    const childMs = visit(child, id, below, nodes, cteMs) ?? 0;
    const cte = /^CTE (.+)$/.exec(child['Subplan Name'] ?? '')?.[1];
    // A CTE runs when its scan asks for rows: its time stands in the scan, not in the node that it hangs on.
    if (cte !== undefined) cteMs.set(cte, childMs);
    else childrenMs += childMs;
  }
  const node = nodes[id - 1];
  if (node !== undefined && totalMs !== null) nodes[id - 1] = { ...node, selfMs: Math.max(0, totalMs - childrenMs) };
  return totalMs;
}

/** The first scan of a CTE waits for it: what the CTE took is not the scan's own. */
function chargeCteScans(nodes: readonly PlanNode[], cteMs: ReadonlyMap<string, number>): PlanNode[] {
  const charged = new Set<string>();
  return nodes.map((node) => {
    const cte = node.wire['Node Type'] === 'CTE Scan' ? (node.wire['CTE Name'] ?? '') : '';
    const ms = cteMs.get(cte);
    if (ms === undefined || node.selfMs === null || charged.has(cte)) return node;
    charged.add(cte);
    return { ...node, selfMs: Math.max(0, node.selfMs - ms) };
  });
}

function rowsOf(wire: PlanNodeWire, loops: number | null) {
  const ran = loops !== null && loops > 0;
  return { rowsEstimated: wire['Plan Rows'], rowsActual: ran ? (wire['Actual Rows'] ?? null) : null, loops };
}

const STRATEGIES: Readonly<Record<string, string>> = { Hashed: 'Hash', Sorted: 'Group', Mixed: 'Mixed' };

/** The node as EXPLAIN's text form names it. */
function nameOf(wire: PlanNodeWire): string {
  const type = wire['Node Type'];
  const parallel = wire['Parallel Aware'] === true ? 'Parallel ' : '';
  if (type === 'Aggregate') return `${parallel}${STRATEGIES[wire.Strategy ?? ''] ?? ''}Aggregate`;
  if (type === 'ModifyTable') return wire.Operation ?? type;
  const join = wire['Join Type'];
  if (join === undefined) return parallel + type;
  if (type === 'Nested Loop') return `${parallel}Nested Loop${join === 'Inner' ? '' : ` ${join} Join`}`;
  return `${parallel}${type.replace(/ Join$/, '')}${join === 'Inner' ? '' : ` ${join}`} Join`;
}

/** `public.orders`; null for a node without a table. */
export function relationOf({ wire }: PlanNode): string | null {
  const name = wire['Relation Name'];
  if (name === undefined) return null;
  return wire.Schema === undefined ? name : `${wire.Schema}.${name}`;
}

/** All conditions of a node, in the server's words. */
export function conditionsOf({ wire }: PlanNode): string[] {
  const named = (['Index Cond', 'Hash Cond', 'Merge Cond', 'Join Filter', 'Filter'] as const).flatMap((kind) => {
    const condition = wire[kind];
    return condition === undefined ? [] : [`${kind}: ${condition}`];
  });
  const keys = (['Sort Key', 'Group Key'] as const).flatMap((kind) => {
    const key = wire[kind];
    return key === undefined ? [] : [`${kind}: ${key.join(', ')}`];
  });
  return [...named, ...keys];
}

/** `plan/nodes/3`. */
export const addressOf = (node: PlanNode): string => `plan/nodes/${node.id}`;
