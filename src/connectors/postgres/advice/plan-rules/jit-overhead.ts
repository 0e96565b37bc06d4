import { formatDuration, formatShare } from '../../../../kernel/units.ts';
import { figure } from '../advisory.ts';
import type { PlanRule } from './plan-rule.ts';

/** Compilation is worth it when it is a small part of the run. */
const MAX_SHARE = 0.25;
const MIN_MS = 20;

/** JIT compilation that took a large part of the statement's time. */
export const jitOverhead: PlanRule = ({ plan }) => {
  const { jit, executionMs } = plan;
  if (jit === null || executionMs === null || jit.totalMs < MIN_MS) return [];
  const share = jit.totalMs / Math.max(executionMs, 0.001);
  if (share < MAX_SHARE) return [];
  return [
    {
      rule: 'postgres/jit-overhead',
      title: `JIT compilation took ${formatShare(share)} of the execution`,
      severity: share >= 0.5 ? 'critical' : 'warning',
      evidence: [
        figure(
          `${jit.functions} functions compiled in ${formatDuration(jit.totalMs)} of ${formatDuration(executionMs)}`,
          'plan/jit',
          'jit_ms',
          jit.totalMs,
          'ms',
        ),
      ],
      advice: [
        'SET LOCAL jit = off for this query, or raise jit_above_cost above its cost. Estimates that are far too high switch JIT on for nothing: look at those first.',
      ],
    },
  ];
};
