import { type Advisory, rankAdvisories } from '../advisory.ts';
import { diskSpill } from './disk-spill.ts';
import { heapFetches, lossyBitmap } from './heap-access.ts';
import { indexNotUsable } from './index-not-usable.ts';
import { jitOverhead } from './jit-overhead.ts';
import { missingStatistics } from './missing-statistics.ts';
import { nestedLoop } from './nested-loop.ts';
import type { PlanFacts, PlanRule } from './plan-rule.ts';
import { rowEstimate } from './row-estimate.ts';
import { selectiveSeqScan } from './selective-seq-scan.ts';
import { missingWorkers, slowPlanning, slowTriggers } from './side-work.ts';

const RULES: readonly PlanRule[] = [
  indexNotUsable,
  selectiveSeqScan,
  nestedLoop,
  diskSpill,
  rowEstimate,
  missingStatistics,
  jitOverhead,
  heapFetches,
  lossyBitmap,
  missingWorkers,
  slowPlanning,
  slowTriggers,
];

const placeOf = ({ evidence }: Advisory): string | undefined => evidence[0]?.address;

/** What is wrong with a plan, worst first. The parser must be loaded. */
export function findInPlan(facts: PlanFacts): Advisory[] {
  const found = RULES.flatMap((rule) => rule(facts));
  const explained = new Set(found.filter(({ rule }) => rule === 'postgres/index-not-usable').map(placeOf));
  // Why the table is read whole says more than that it is.
  return rankAdvisories(
    found.filter((one) => one.rule !== 'postgres/selective-seq-scan' || !explained.has(placeOf(one))),
  );
}
