import type { Executor } from '../../eventlog/index.ts';
import type { Evidence } from '../../kernel/evidence.ts';
import { labelLog, quoteLog } from '../../kernel/log-text.ts';
import { countNoun, formatDuration } from '../../kernel/units.ts';
import type { Run } from '../facts/run.ts';
import { describeSetting } from '../facts/settings.ts';
import { stageAddress } from '../facts/stage-facts.ts';
import { SAYS_MEMORY, SAYS_SIGKILL, SIGKILL_CONFIDENCE, SIGKILL_MEANING } from './exit-code.ts';
import { gradeOf, taskImpact } from './materiality.ts';
import { metric } from './metric.ts';
import { repeatedWork } from './repeated-work.ts';
import { defineRule } from './rule.ts';

/** Lost executors that are listed one by one. */
const MAX_LISTED = 4;

/** Removals that Spark or its user asked for: idle timeout, scale down, stop of the application. */
const ASKED_FOR =
  /killed by driver|idle|scale ?down|spark ?context (was )?(shut|stop)|shutting down|released|unregistered|exited normally|exit(ed with)? code:? 0\b/i;

const PREEMPTED = /preempt|spot|evict|decommission|node (was )?lost|host .*lost|worker lost/i;

/**
 * Executor loss: executors that went away though nobody asked for it.
 *
 * Input: removal reasons of executors; task attempts that died with them or were repeated for their lost output. Impact: the
 * task time of those attempts, or what a replay without them and the stages that ran again saves.
 */
export const executorLoss = defineRule({
  id: 'spark/executor-loss',
  thresholds: {
    min_lost: {
      value: 1,
      min: 1,
      max: 10_000,
      unit: 'executors',
      meaning: 'executors lost for a reason that nobody asked for',
      source: 'R27 of the rule survey: any loss with running tasks or blocks',
    },
  },
  evaluate: (run, limits) => {
    const lost = run.application.executors.filter((executor) => wasLost(run, executor));
    if (lost.length < limits.min_lost) return [];
    const waste = wasteOf(run);
    const impact = taskImpact(run, waste.taskMs);
    return [
      {
        title: `${lost.length} ${lost.length === 1 ? 'executor was' : 'executors were'} lost during the run`,
        severity: gradeOf(run, impact) === 'critical' ? 'critical' : 'warning',
        impact,
        changes: [{ kind: 'drop-attempts', rows: waste.rows }, ...repeatedWork(run)],
        confidence: lost.some(isUnexplainedKill) ? SIGKILL_CONFIDENCE : 0.95,
        evidence: [
          ...lost.slice(0, MAX_LISTED).map(toEvidence),
          ...(lost.length > MAX_LISTED
            ? [
                {
                  fact: `Also lost: ${countNoun(lost.length - MAX_LISTED, 'more executor')}.`,
                  address: `executors/${labelLog(lost[MAX_LISTED]?.executorId ?? '')}`,
                },
              ]
            : []),
          ...(waste.count > 0
            ? [
                metric(
                  [...waste.stages][0] ?? 'tasks',
                  `${countNoun(waste.count, 'task attempt')} died with an executor or had to be repeated for its lost output: ${formatDuration(waste.taskMs)} of task time.`,
                  'lost_task_time_ms',
                  waste.taskMs,
                  'ms',
                ),
              ]
            : []),
        ],
        advice: adviceOf(run, lost),
        stages: [...new Set([...waste.stages, ...retriedStages(run)])],
      },
    ];
  },
});

function wasLost(run: Run, executor: Executor): boolean {
  if (executor.executorId === 'driver' || executor.removeTime === null) return false;
  const end = run.application.endTime;
  if (end !== null && executor.removeTime >= end) return false;
  const reason = executor.removeReason ?? '';
  return !ASKED_FOR.test(reason) || SAYS_MEMORY.test(reason) || SAYS_SIGKILL.test(reason);
}

/** True for a SIGKILL of which the log does not say who sent it. */
function isUnexplainedKill({ removeReason }: Executor): boolean {
  return SAYS_SIGKILL.test(removeReason ?? '') && !SAYS_MEMORY.test(removeReason ?? '');
}

function toEvidence(executor: Executor): Evidence {
  return {
    fact: `Executor ${labelLog(executor.executorId)} on ${labelLog(executor.host)} was removed: ${quoteLog(executor.removeReason ?? 'no reason logged', 300)}.`,
    address: `executors/${labelLog(executor.executorId)}`,
  };
}

/** Attempts of stages that ran again. */
function retriedStages(run: Run): string[] {
  return run.stages.filter(({ stage }) => stage.attemptId > 0).map(({ address }) => address);
}

interface Waste {
  taskMs: number;
  count: number;
  readonly rows: number[];
  readonly stages: Set<string>;
}

/** Attempts that failed with their executor. */
function wasteOf(run: Run): Waste {
  const { tasks, stages } = run.application;
  const waste: Waste = { taskMs: 0, count: 0, rows: [], stages: new Set() };
  for (let row = 0; row < tasks.count; row++) {
    if (tasks.status(row) !== 'FAILED') continue;
    const error = tasks.error(row) ?? '';
    if (!/^(ExecutorLostFailure|Resubmitted|FetchFailed|resubmitted due to lost executor)/.test(error)) continue;
    waste.taskMs += tasks.durationMs(row);
    waste.count += 1;
    waste.rows.push(row);
    const stage = stages[tasks.columns.stageRow.at(row)];
    if (stage !== undefined) waste.stages.add(stageAddress(stage));
  }
  return { ...waste, stages: new Set(stages.map(stageAddress).filter((address) => waste.stages.has(address))) };
}

function adviceOf(run: Run, lost: readonly Executor[]): string[] {
  const reasons = lost.map((executor) => executor.removeReason ?? '').join('\n');
  const advice: string[] = [];
  const more = `raise spark.executor.memoryOverhead (${describeSetting(run, 'spark.executor.memoryOverhead', '10 % of the heap, at least 384 MB')}), lower spark.executor.cores, and for PySpark set spark.executor.pyspark.memory`;
  if (lost.some(isUnexplainedKill)) {
    advice.push(
      `${lost.length === 1 ? 'It was' : 'Some were'} ${SIGKILL_MEANING}. Ask the cluster manager which. If it was memory: ${more}.`,
    );
  } else if (SAYS_MEMORY.test(reasons)) {
    advice.push(`The operating system or the cluster killed it for memory: ${more}.`);
  }
  if (PREEMPTED.test(reasons)) {
    advice.push(
      'The node went away (spot, preemption, decommission): set spark.decommission.enabled=true and spark.storage.decommission.enabled=true, and keep the driver on a stable node.',
    );
  }
  if (/heartbeat/i.test(reasons)) {
    advice.push(
      'Heartbeats stopped, often in a long GC pause: see spark/gc-pressure before raising spark.network.timeout.',
    );
  }
  if (advice.length === 0) {
    advice.push(
      'Read the standard error of the executor at its cluster manager: an exit code of 137 is SIGKILL, 143 a stop from outside, 1 a crash of the JVM.',
    );
  }
  return advice;
}
