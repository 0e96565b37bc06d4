import { labelLog } from '../../../../kernel/log-text.ts';
import { formatCount, formatDuration, formatShare } from '../../../../kernel/units.ts';
import { figure } from '../advisory.ts';
import { addressOf } from '../plan/plan-nodes.ts';
import type { PlanRule } from './plan-rule.ts';

const MIN_PLANNING_MS = 50;
const MIN_TRIGGER_SHARE = 0.2;

/** Parallel workers that were planned and not given: the server had none left. */
export const missingWorkers: PlanRule = ({ plan }) =>
  plan.nodes.flatMap((node) => {
    const planned = node.wire['Workers Planned'] ?? 0;
    const launched = node.wire['Workers Launched'];
    if (launched === undefined || launched >= planned) return [];
    return [
      {
        rule: 'postgres/missing-workers',
        title: `${launched} of ${planned} planned parallel workers ran`,
        severity: 'warning' as const,
        evidence: [
          figure(`${planned} planned, ${launched} launched`, addressOf(node), 'workers', launched, 'processes'),
        ],
        advice: [
          'Others used the workers at that time: raise max_parallel_workers and max_worker_processes where cores are free.',
        ],
      },
    ];
  });

/** Planning that takes longer than the execution. */
export const slowPlanning: PlanRule = ({ plan }) => {
  const { planningMs, executionMs } = plan;
  if (planningMs === null || executionMs === null) return [];
  if (planningMs < MIN_PLANNING_MS || planningMs < executionMs) return [];
  return [
    {
      rule: 'postgres/slow-planning',
      title: `Planning took ${formatDuration(planningMs)}, longer than the execution`,
      severity: 'warning',
      evidence: [figure(`execution ${formatDuration(executionMs)}`, 'plan/planning', 'planning_ms', planningMs, 'ms')],
      advice: [
        'Prepare the statement once and run it often; fewer partitions, indexes or joined tables make plans faster to find.',
      ],
    },
  ];
};

/** Triggers (foreign keys among them) that take a large part of the statement. */
export const slowTriggers: PlanRule = ({ plan }) =>
  plan.triggers.flatMap(({ name, ms, calls }) => {
    const share = plan.executionMs === null ? 0 : ms / Math.max(plan.executionMs, 0.001);
    if (share < MIN_TRIGGER_SHARE) return [];
    return [
      {
        rule: 'postgres/slow-trigger',
        title: `Trigger ${labelLog(name)} took ${formatShare(share)} of the time`,
        severity: 'warning' as const,
        evidence: [
          figure(`${formatCount(calls)} calls, ${formatDuration(ms)}`, 'plan/triggers', 'trigger_ms', ms, 'ms'),
        ],
        advice: ['For a foreign key: an index on the referencing columns. Else make it a statement-level trigger.'],
      },
    ];
  });
