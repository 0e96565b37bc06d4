import type { Evidence } from '../../kernel/evidence.ts';
import { countNoun, formatBytes, formatDuration } from '../../kernel/units.ts';
import { firstWave, reachedBy } from '../facts/first-wave.ts';
import { launchSpacing } from '../facts/launch-spacing.ts';
import { medianOf, sortedBy } from '../facts/quantiles.ts';
import type { Run } from '../facts/run.ts';
import type { StageFacts } from '../facts/stage-facts.ts';
import { byCallSite, type Observation } from './by-call-site.ts';
import { taskImpact } from './materiality.ts';
import { metric } from './metric.ts';
import { defineRule } from './rule.ts';
import { taskSavings } from './task-savings.ts';

/** Result of one task from which fetching it is a likely part of its delay, bytes. Source: spark.task.maxDirectResultSize, 1 MiB. */
const LARGE_RESULT_BYTES = 1024 ** 2;

/**
 * Scheduler delay: tasks of a stage spent long neither running nor reading their own code, but on the way to the executor and
 * back: a busy driver, a slow network, large task descriptions or results.
 *
 * Input: duration without run, deserialize, serialize and fetch-result time of successful tasks, without each executor's
 * first of the stage. The median decides, so that one late task is nothing. Saving: the delay beyond a normal one.
 */
export const schedulerDelay = defineRule({
  id: 'spark/scheduler-delay',
  thresholds: {
    min_median_ms: {
      value: 100,
      min: 1,
      max: 600_000,
      unit: 'ms',
      meaning: 'median scheduler delay of the tasks of a stage attempt',
      source: 'spark-advisor scheduler_delay_ms: 100; 3 to 60 ms measured on two cores, also busy ones',
    },
    min_ratio: {
      value: 0.1,
      min: 0.001,
      max: 1,
      unit: 'ratio',
      meaning: 'scheduler delay over the duration of the tasks of a stage attempt',
      source: 'as R31 of the rule survey for serialization; below it the tasks hardly notice, as on an overloaded host',
    },
    min_tasks: {
      value: 8,
      min: 2,
      max: 100_000,
      unit: 'tasks',
      meaning: 'tasks of the stage attempt that are no first ones of an executor',
      source: 'with fewer a median is an accident',
    },
    max_spacing_ms: {
      value: 20,
      min: 1,
      max: 600_000,
      unit: 'ms',
      meaning: "time between the launches of a stage's first tasks, from which packing them is what takes so long",
      source: 'same as min_spacing_ms of spark/task-serialization',
    },
    normal_ms: {
      value: 20,
      min: 0,
      max: 10_000,
      unit: 'ms',
      meaning: 'delay of a task that nothing holds up',
      source: 'median of 3 to 20 ms over the stages of sound recorded runs',
    },
  },
  evaluate: (run, limits) => {
    const { tasks } = run.application;
    const observations: Observation[] = [];
    for (const facts of run.measuredStages) {
      const delayed = (row: number): number => tasks.schedulerDelayMs(row);
      if (!reachedBy(facts.succeeded, limits.min_tasks / 2, limits.min_median_ms, delayed)) continue;
      // The driver packs the next task while this one waits: spark/task-serialization.
      if ((launchSpacing(run, facts) ?? 0) >= limits.max_spacing_ms) continue;
      const first = firstWave(tasks, facts.rows);
      const rows = facts.succeeded.filter((row) => tasks.hasMetrics(row) && !first.has(row));
      if (rows.length < limits.min_tasks) continue;
      const medianMs = medianOf(sortedBy(rows, (row) => tasks.schedulerDelayMs(row)));
      if (medianMs < limits.min_median_ms || delayShare(run, rows) < limits.min_ratio) continue;
      const savings = taskSavings(rows, (row) => tasks.schedulerDelayMs(row) - limits.normal_ms);
      observations.push(observe(run, facts, rows, medianMs, savings));
    }
    return byCallSite(run, observations, taskImpact);
  },
});

function delayShare({ application: { tasks } }: Run, rows: Uint32Array): number {
  let delayMs = 0;
  let taskMs = 0;
  for (let position = 0; position < rows.length; position++) {
    const row = rows[position] as number;
    delayMs += tasks.schedulerDelayMs(row);
    taskMs += tasks.durationMs(row);
  }
  return taskMs > 0 ? delayMs / taskMs : 0;
}

function observe(
  run: Run,
  facts: StageFacts,
  rows: Uint32Array,
  medianMs: number,
  savings: ReturnType<typeof taskSavings>,
): Observation {
  const { columns } = run.application.tasks;
  const resultBytes = medianOf(sortedBy(rows, (row) => columns.resultSizeBytes.at(row)));
  const runMs = medianOf(sortedBy(rows, (row) => columns.executorRunTimeMs.at(row)));
  const evidence: Evidence[] = [
    metric(
      facts.address,
      `Median scheduler delay ${formatDuration(medianMs)} of ${countNoun(rows.length, 'task')} that ran ${formatDuration(runMs)} in the median.`,
      'scheduler_delay_ms',
      medianMs,
      'ms',
    ),
  ];
  if (resultBytes >= LARGE_RESULT_BYTES) {
    evidence.push(
      metric(
        facts.address,
        `Each task sends ${formatBytes(resultBytes)} of result to the driver.`,
        'result_size_bytes',
        resultBytes,
        'bytes',
      ),
    );
  }
  return {
    stage: facts,
    coveredMs: savings.totalMs,
    title: `Tasks of stage ${facts.stage.stageId} (${facts.callSite}) waited ${formatDuration(medianMs)} each on their way between driver and executor`,
    confidence: 0.75,
    evidence,
    advice: adviceOf(resultBytes, runMs, medianMs),
    changes: savings.changes,
  };
}

function adviceOf(resultBytes: number, runMs: number, medianMs: number): string[] {
  const advice: string[] = [];
  if (resultBytes >= LARGE_RESULT_BYTES) {
    advice.push(
      'Send less to the driver: aggregate on the executors, write the result to storage, take() in place of collect().',
    );
  }
  if (runMs < 10 * medianMs) {
    advice.push('Make fewer and longer tasks: the driver hands out each of them one by one.');
  }
  advice.push(
    'Look at the driver in that time: collected data, many jobs at once, its own GC. Give it more cores (spark.driver.cores) and a place near the executors.',
    'Keep large objects out of the closures of the tasks: broadcast them.',
  );
  return advice;
}
