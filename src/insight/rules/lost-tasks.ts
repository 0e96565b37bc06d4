import type { Evidence } from '../../kernel/evidence.ts';
import { countNoun, formatCount, formatShare } from '../../kernel/units.ts';
import type { Run } from '../facts/run.ts';
import { isOutcome } from './catalog.ts';
import type { RuledSuspicion } from './fold.ts';

/** The evidence that tasks are missing under a suspicion which rests on them; null when none is, or it is a failure. */
export function lostTasksUnder(run: Run, suspicion: RuledSuspicion): Evidence | null {
  if (isOutcome(suspicion.rule)) return null;
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

/** The evidence that a finding rests on a log that is not whole. */
export function incompleteLogUnder(run: Run): Evidence {
  const { gaps } = run.application.log;
  return {
    fact: `Less sure than it looks: the log is not complete${gaps.length === 0 ? '' : ` (${countNoun(gaps.length, 'gap')}, see spark/incomplete-log)`}.`,
    address: 'log',
  };
}
