import { labelLog } from '../../../../kernel/log-text.ts';
import { formatCount, formatShare } from '../../../../kernel/units.ts';
import { type Advisory, figure } from '../advisory.ts';
import { addressOf, type PlanNode, relationOf } from '../plan/plan-nodes.ts';
import { type PlanFacts, type PlanRule, subtree } from './plan-rule.ts';

/** Loops below this are what nested loops are for. */
const MIN_LOOPS = 1_000;
/** The inner side has to matter: share of the statement's time. */
const MIN_TIME_SHARE = 0.2;

/** A nested loop or a sub-plan that runs its inner side very often and spends the statement's time there. */
export const nestedLoop: PlanRule = (facts) => {
  const { plan } = facts;
  if (plan.executionMs === null) return [];
  return plan.nodes.flatMap((node) => {
    const loops = node.loops ?? 0;
    const isInner = node.wire['Parent Relationship'] === 'Inner' && parentIs(facts, node, 'Nested Loop');
    const isSubPlan = node.wire['Parent Relationship'] === 'SubPlan';
    if (loops < MIN_LOOPS || !(isInner || isSubPlan)) return [];
    const ms = subtree(plan, node).reduce((sum, { selfMs }) => sum + (selfMs ?? 0), 0);
    const share = ms / Math.max(plan.executionMs ?? 0, 0.001);
    return share < MIN_TIME_SHARE ? [] : [describe(facts, node, { loops, share, isSubPlan })];
  });
};

function parentIs({ plan }: PlanFacts, node: PlanNode, type: string): boolean {
  return node.parent !== null && plan.nodes[node.parent - 1]?.wire['Node Type'] === type;
}

function describe(
  facts: PlanFacts,
  node: PlanNode,
  { loops, share, isSubPlan }: { loops: number; share: number; isSubPlan: boolean },
): Advisory {
  const scans = subtree(facts.plan, node);
  const relation = scans.map(relationOf).find((name) => name !== null) ?? null;
  const what = relation === null ? node.name : `${node.name} (${labelLog(relation)})`;
  const outer = facts.plan.nodes.find(({ parent, id }) => parent === node.parent && id !== node.id);
  const evidence = [
    figure(`${formatCount(loops)} loops, ${formatShare(share)} of the time`, addressOf(node), 'loops', loops, 'loops'),
  ];
  if (outer?.rowsActual !== null && outer !== undefined && !isSubPlan) {
    const planned = `the outer side was planned for ${formatCount(outer.rowsEstimated)} rows and gave ${formatCount(outer.rowsActual)}`;
    evidence.push(figure(planned, addressOf(outer), 'rows', outer.rowsActual, 'rows'));
  }
  return {
    rule: isSubPlan ? 'postgres/subplan-per-row' : 'postgres/nested-loop',
    title: `${what} ran ${formatCount(loops)} times, once for each outer row`,
    severity: share >= 0.5 ? 'critical' : 'warning',
    evidence,
    advice: isSubPlan ? subPlanAdvice() : loopAdvice(scans),
  };
}

function subPlanAdvice(): string[] {
  return [
    'Write the sub-query as a join with a grouped table, or as LEFT JOIN LATERAL over an index: it then runs once, or by index.',
  ];
}

function loopAdvice(scans: readonly PlanNode[]): string[] {
  const whole = scans.find(({ wire }) => wire['Node Type'] === 'Seq Scan');
  if (whole !== undefined) {
    return [
      `${labelLog(relationOf(whole) ?? 'The inner table')} is read whole in each loop: an index on its join column (recommend_indexes), or a hash join once the outer estimate is right.`,
    ];
  }
  return [
    'Correct the estimate of the outer side first (ANALYZE, CREATE STATISTICS): with the real number of rows the planner takes a hash or merge join.',
  ];
}
