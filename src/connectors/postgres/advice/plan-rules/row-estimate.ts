import { labelLog } from '../../../../kernel/log-text.ts';
import { formatCount } from '../../../../kernel/units.ts';
import { type Advisory, figure } from '../advisory.ts';
import { addressOf, type PlanNode, relationOf } from '../plan/plan-nodes.ts';
import { quoteTable } from '../table-facts.ts';
import { type PlanFacts, type PlanRule, tableOf } from './plan-rule.ts';

/** Estimate and reality apart by this factor make joins go wrong. Source: pganalyze and pev2 mark 10 ×. */
const MIN_RATIO = 10;
/** Fewer rows than this decide nothing. */
const MIN_ROWS = 100;
/** Findings of one plan: the deepest nodes, where the error begins. */
const MAX_FINDINGS = 3;

/** Rows that were planned against rows that came, where the error begins: a node whose children were estimated well. */
export const rowEstimate: PlanRule = (facts) => {
  const wrong = facts.plan.nodes.filter((node) => ratioOf(node) >= MIN_RATIO);
  const wrongIds = new Set(wrong.map(({ id }) => id));
  const origins = wrong.filter(
    (node) => !facts.plan.nodes.some((child) => child.parent === node.id && wrongIds.has(child.id)),
  );
  return origins
    .sort((a, b) => ratioOf(b) - ratioOf(a))
    .slice(0, MAX_FINDINGS)
    .map((node) => describe(facts, node));
};

/** How far apart they are, at least 1; 1 when nothing was measured, or too little. */
function ratioOf({ rowsActual, rowsEstimated, loops, wire }: PlanNode): number {
  if (rowsActual === null || loops === null || wire['Node Type'] === 'Limit') return 1;
  if (Math.max(rowsActual, rowsEstimated) * loops < MIN_ROWS) return 1;
  const [small, large] = [Math.max(1, Math.min(rowsActual, rowsEstimated)), Math.max(rowsActual, rowsEstimated)];
  return large / small;
}

function describe(facts: PlanFacts, node: PlanNode): Advisory {
  const actual = node.rowsActual ?? 0;
  const few = node.rowsEstimated < actual;
  const ratio = ratioOf(node);
  const relation = relationOf(node);
  const where = relation === null ? node.name : `${node.name} of ${labelLog(relation)}`;
  return {
    rule: 'postgres/row-estimate',
    title: `${where} was planned for ${few ? 'too few' : 'too many'} rows, by ${formatCount(ratio)} ×`,
    // Too many costs a slower plan; too few lets a nested loop run for hours.
    severity: few && ratio >= MIN_RATIO * 10 ? 'critical' : 'warning',
    evidence: [
      figure(
        `planned ${formatCount(node.rowsEstimated)}, came ${formatCount(actual)} a loop`,
        addressOf(node),
        'estimate_ratio',
        Math.round(ratio * 10) / 10,
        '×',
      ),
    ],
    advice: adviceFor(facts, node),
  };
}

function adviceFor(facts: PlanFacts, node: PlanNode): string[] {
  const table = tableOf(facts, node);
  if (table === undefined) {
    return [
      'The tables below it were estimated well: the join or the grouping itself is not. CREATE STATISTICS on the columns that are grouped together, or split the query at this step.',
    ];
  }
  const name = quoteTable(table);
  if (EXPRESSION.test(conditionOf(node))) {
    return [
      `The filter is on an expression, of which ANALYZE knows nothing: CREATE STATISTICS … ON (the expression) FROM ${name}, or an index on it, then ANALYZE.`,
    ];
  }
  const columns = table.columns.filter((column) => mentions(node, column.name)).map((column) => column.name);
  const analyze = `ANALYZE ${name};`;
  if (columns.length < 2)
    return [
      `${analyze} If that does not help, raise the column's statistics target (ALTER TABLE … ALTER COLUMN … SET STATISTICS 1000).`,
    ];
  return [
    analyze,
    `The columns ${columns.map(labelLog).join(', ')} may depend on each other: CREATE STATISTICS (dependencies, mcv) ON them FROM ${name}, then ANALYZE.`,
  ];
}

/** A function of a column, or a column cast to a type that is not text. */
const EXPRESSION = /\w\([\w."]+[),]|\([\w."]+\)::(?!text|character varying|varchar)/;

const conditionOf = ({ wire }: PlanNode): string =>
  `${wire.Filter ?? ''} ${wire['Index Cond'] ?? ''} ${wire['Recheck Cond'] ?? ''}`;

function mentions(node: PlanNode, column: string): boolean {
  return new RegExp(`(?<![\\w"])"?${column.replace(/[^\w]/g, '\\$&')}"?(?![\\w"(])`).test(conditionOf(node));
}
