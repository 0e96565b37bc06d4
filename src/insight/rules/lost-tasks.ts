import type { Evidence } from '../../kernel/evidence.ts';
import { countNoun, formatCount, formatShare } from '../../kernel/units.ts';
import type { Run } from '../facts/run.ts';
import type { RuledSuspicion } from './fold.ts';

/** Rules that compare or add up the tasks of stages; the others cite events that are there. */
const TASK_RULES: ReadonlySet<string> = new Set([
  'spark/task-skew',
  'spark/straggler',
  'spark/disk-spill',
  'spark/gc-pressure',
  'spark/shuffle-fetch-wait',
  'spark/tiny-partitions',
  'spark/huge-partitions',
  'spark/idle-cores',
]);

/** The evidence that tasks are missing under a suspicion which rests on them; null when none is, or it does not. */
export function lostTasksUnder(run: Run, suspicion: RuledSuspicion): Evidence | null {
  if (!TASK_RULES.has(suspicion.rule)) return null;
  if (suspicion.rule === 'spark/idle-cores') {
    const { lostShare } = run.coverage;
    if (lostShare <= 0) return null;
    return {
      fact: `Less sure than it looks: about ${formatShare(lostShare)} of the task events is not in the log.`,
      address: 'log',
      metric: 'lost_task_event_share',
      value: Number(lostShare.toFixed(4)),
      unit: 'ratio',
    };
  }
  const stages = run.stages.filter((facts) => facts.missingCount > 0 && suspicion.stages.includes(facts.address));
  const missing = stages.reduce((sum, facts) => sum + facts.missingCount, 0);
  if (missing === 0) return null;
  const expected = stages.reduce((sum, facts) => sum + facts.expectedCount, 0);
  return {
    fact: `Less sure than it looks: the log lacks ${formatCount(missing)} of ${countNoun(expected, 'task end')} of ${countNoun(stages.length, 'stage attempt')}.`,
    address: stages[0]?.address ?? 'log',
    metric: 'missing_task_ends',
    value: missing,
    unit: 'tasks',
  };
}
