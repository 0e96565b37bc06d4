import { quoteLog } from '../../kernel/log-text.ts';
import { countNoun, formatDuration } from '../../kernel/units.ts';
import type { Run } from '../facts/run.ts';
import { describeSetting } from '../facts/settings.ts';
import type { StageFacts } from '../facts/stage-facts.ts';
import { severityOf, taskImpact } from './materiality.ts';
import { metric } from './metric.ts';
import { repeatedWork } from './repeated-work.ts';
import { defineRule } from './rule.ts';

/** Retried stages that are listed one by one. */
const MAX_LISTED = 4;

/**
 * Stage retries: stages that ran more than once because shuffle data was lost, or because their output was not repeatable.
 *
 * Input: stage attempts. Impact: task time of the attempts after the first, or what a replay without the repeated work saves
 * (`repeatedWork`).
 */
export const stageRetries = defineRule({
  id: 'spark/stage-retries',
  thresholds: {
    min_attempts: {
      value: 1,
      min: 1,
      max: 1000,
      unit: 'attempts',
      meaning: 'stage attempts beyond the first, in the whole run',
      source: 'any retry repeats work; spark.stage.maxConsecutiveAttempts is 4',
    },
  },
  evaluate: (run, limits) => {
    const retries = run.stages.filter((facts) => facts.stage.attemptId > 0);
    if (retries.length < limits.min_attempts) return [];
    const impact = taskImpact(
      run,
      retries.reduce((sum, facts) => sum + facts.taskMs, 0),
    );
    const stageIds = [...new Set(retries.map((facts) => facts.stage.stageId))];
    return [
      {
        title: `${stageIds.length === 1 ? `Stage ${stageIds[0]} ran` : `${stageIds.length} stages ran`} again: ${retries.length} extra ${retries.length === 1 ? 'attempt' : 'attempts'}`,
        severity: severityOf(run, impact) ?? 'info',
        impact,
        changes: repeatedWork(run),
        confidence: 1,
        evidence: [...retries]
          .sort((a, b) => b.taskMs - a.taskMs || a.stage.row - b.stage.row)
          .slice(0, MAX_LISTED)
          .map((facts) => toEvidence(run, facts)),
        advice: [
          'Keep shuffle data when executors go: an external shuffle service (spark.shuffle.service.enabled=true), or spark.decommission.enabled=true with spark.storage.decommission.shuffleBlocks.enabled=true.',
          `If fetches time out under load: spark.shuffle.io.maxRetries=10, spark.shuffle.io.retryWait=15s, spark.network.timeout=300s (${describeSetting(run, 'spark.network.timeout', '120s')}).`,
          'See spark/executor-loss for why executors went; a checkpoint before a long chain of shuffles bounds what is repeated.',
        ],
        stages: retries.map((facts) => facts.address),
      },
    ];
  },
});

function toEvidence(run: Run, facts: StageFacts) {
  const before = run.stages.find(
    (other) => other.stage.stageId === facts.stage.stageId && other.stage.attemptId === facts.stage.attemptId - 1,
  );
  const reason = before?.stage.failureReason;
  const took =
    facts.missingCount === 0
      ? `took ${formatDuration(facts.taskMs)} of task time`
      : `took an unknown task time, at least ${formatDuration(facts.taskMs)}: the log lacks the ends of ${facts.missingCount} of its ${countNoun(facts.expectedCount, 'task')}`;
  return metric(
    facts.address,
    `Attempt ${facts.stage.attemptId} of stage ${facts.stage.stageId} (${facts.callSite}) ${took}${reason ? `; the attempt before ended with ${quoteLog(reason.split('\n')[0] ?? '', 240)}` : ''}.`,
    'repeated_task_time_ms',
    facts.taskMs,
    'ms',
  );
}
