import { formatCount } from '../../kernel/units.ts';
import { hasCondition, type JoinRows, joinRows } from '../facts/join-sides.ts';
import { fragmentOf } from '../facts/plan-fragments.ts';
import { type PlanSite, siteAddress, sitesNamed } from '../facts/plan-nodes.ts';
import type { Run } from '../facts/run.ts';
import { bySubject, type PlanObservation, taskTimeOf } from './by-subject.ts';
import { metric } from './metric.ts';
import { defineRule, type ThresholdValues } from './rule.ts';

const THRESHOLDS = {
  min_pairs: {
    value: 1e6,
    min: 1,
    max: 1e18,
    unit: 'pairs',
    meaning: 'rows of one side times rows of the other',
    source:
      'a core compares 10 million pairs a second, and ten times fewer where the comparison is dear (edit distance); DataFlint: 10,000 million, which hides small clusters',
  },
  min_smaller_rows: {
    value: 10,
    min: 1,
    max: 1e12,
    unit: 'rows',
    meaning: 'rows of the smaller side',
    source: 'a side of one row, such as a total or a date, is joined this way on purpose',
  },
} as const;

/**
 * Cartesian product or nested loop: every row of one side met every row of the other.
 *
 * Input: final plan, rows of both sides and of the result. Change: the joining stage scaled to the rows that a join by key would
 * handle: both sides and the result, or as many as the larger side where the join has no condition at all.
 */
export const cartesianJoin = defineRule({
  id: 'spark/cartesian-join',
  thresholds: THRESHOLDS,
  evaluate: (run, limits) =>
    bySubject(
      run,
      sitesNamed(run.application.sqlExecutions, /^(CartesianProduct|BroadcastNestedLoopJoin)/).flatMap(
        (site) => observe(run, site, limits) ?? [],
      ),
    ),
});

function observe(run: Run, site: PlanSite, limits: ThresholdValues<typeof THRESHOLDS>): PlanObservation | null {
  const rows = joinRows(site);
  if (rows === null) return null;
  const pairs = rows.left * rows.right;
  if (pairs < limits.min_pairs || Math.min(rows.left, rows.right) < limits.min_smaller_rows) return null;
  const conditioned = hasCondition(site);
  const factor = Math.min(1, needed(rows, conditioned) / pairs);
  const stages = fragmentOf(run, site)?.stages ?? [];
  return {
    subject: `${site.name} ${site.node.simpleString.slice(0, 200).replace(/#\d+L?/g, '')}`,
    coveredMs: taskTimeOf(stages) * (1 - factor),
    title: `${conditioned ? 'A join without an equality' : 'A join without a condition'} compared ${formatCount(rows.left)} × ${formatCount(rows.right)} rows`,
    confidence: conditioned ? 0.7 : 0.75,
    evidence: [
      metric(
        siteAddress(site),
        `${site.name}: ${formatCount(rows.left)} × ${formatCount(rows.right)} rows make ${formatCount(pairs)} pairs; ${formatCount(rows.out)} rows came out.`,
        'pairs',
        pairs,
        'pairs',
      ),
    ],
    advice: conditioned
      ? [
          'Add an equality to the join: a key, or for ranges a bucket of both sides (floor(value / width)) that the range is checked within.',
          'A join ON a = b OR c = d is two joins by key and a union.',
        ]
      : ['Join by a key: the ON clause is missing, or compares columns of one side only.'],
    ...(stages.length > 0 && factor < 1
      ? { changes: stages.map((facts) => ({ kind: 'scale-tasks' as const, stageRow: facts.stage.row, factor })) }
      : {}),
    stages,
  };
}

/** Rows that a join by key would handle. */
function needed({ left, right, out }: JoinRows, conditioned: boolean): number {
  return left + right + (conditioned ? out : Math.max(left, right));
}
