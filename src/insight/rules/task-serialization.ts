import { countNoun, formatDuration, formatShare } from '../../kernel/units.ts';
import { firstWave, reachedBy } from '../facts/first-wave.ts';
import { launchSpacing } from '../facts/launch-spacing.ts';
import { medianOf, sortedBy } from '../facts/quantiles.ts';
import type { Run } from '../facts/run.ts';
import type { StageFacts } from '../facts/stage-facts.ts';
import { byCallSite, type Observation } from './by-call-site.ts';
import { taskImpact } from './materiality.ts';
import { metric } from './metric.ts';
import { defineRule, type ThresholdValues } from './rule.ts';
import { taskSavings } from './task-savings.ts';

/** Time over CPU time up to which reading a closure may have waited for its own data. */
const WAIT_FACTOR = 2;

const THRESHOLDS = {
  min_ratio: {
    value: 0.1,
    min: 0.01,
    max: 1,
    unit: 'ratio',
    meaning: '(de)serialization over the duration of the tasks of a stage attempt',
    source: 'R31 of the rule survey: 10 %',
  },
  min_median_ms: {
    value: 100,
    min: 1,
    max: 600_000,
    unit: 'ms',
    meaning: 'median (de)serialization time of a task',
    source: '1 to 30 ms measured for small closures on two cores; Spark itself warns of tasks above 1,000 KiB',
  },
  min_tasks: {
    value: 4,
    min: 1,
    max: 100_000,
    unit: 'tasks',
    meaning: 'tasks of the stage attempt that are no first ones of an executor',
    source: 'with fewer there is no majority',
  },
  min_spacing_ms: {
    value: 20,
    min: 1,
    max: 600_000,
    unit: 'ms',
    meaning: "time between the launches of a stage's first tasks on free slots, median",
    source: '0 to 1 ms measured for tasks without data, also on a busy host; 30 to 160 ms for tasks of 10 MB',
  },
  normal_ms: {
    value: 10,
    min: 0,
    max: 10_000,
    unit: 'ms',
    meaning: '(de)serialization of a task with a small closure and result',
    source: 'median over the stages of sound recorded runs',
  },
} as const;

/**
 * Task serialization: tasks spent a large part of their time reading their own code and closure, or packing their result.
 *
 * Input: deserialize and result serialization time of successful tasks, without each executor's first of the stage, which load
 * its classes; or, for tasks that carry data, the spacing of the launches and the scheduler delay.
 * Saving: what is beyond a normal task's.
 */
export const taskSerialization = defineRule({
  id: 'spark/task-serialization',
  thresholds: THRESHOLDS,
  evaluate: (run, limits) => {
    const observations: Observation[] = [];
    for (const facts of run.measuredStages) {
      const observation = readLong(run, facts, limits) ?? packedLong(run, facts, limits);
      if (observation !== null) observations.push(observation);
    }
    return byCallSite(run, observations, taskImpact);
  },
});

type Limits = ThresholdValues<typeof THRESHOLDS>;

/** Executors read the code and closure of each task for long, or pack its result for long. */
function readLong(run: Run, facts: StageFacts, limits: Limits): Observation | null {
  const { tasks } = run.application;
  const serialized = (row: number): number => serializationMs(run, row);
  if (!reachedBy(facts.succeeded, limits.min_tasks / 2, limits.min_median_ms, serialized)) return null;
  const first = firstWave(tasks, facts.rows);
  const rows = facts.succeeded.filter((row) => tasks.hasMetrics(row) && !first.has(row));
  if (rows.length < limits.min_tasks) return null;
  const times = sumTimes(run, rows);
  const medianMs = medianOf(sortedBy(rows, serialized));
  if (medianMs < limits.min_median_ms || times.taskMs <= 0) return null;
  if ((times.readMs + times.packMs) / times.taskMs < limits.min_ratio) return null;
  const savings = taskSavings(rows, (row) => serializationMs(run, row) - limits.normal_ms);
  return observe(facts, rows.length, times, medianMs, savings);
}

/** The driver packs each task for long: it launches them one after the other though slots are free, and they wait meanwhile. */
function packedLong(run: Run, facts: StageFacts, limits: Limits): Observation | null {
  const { tasks } = run.application;
  const delayed = (row: number): number => tasks.schedulerDelayMs(row);
  if (!reachedBy(facts.succeeded, limits.min_tasks / 2, limits.min_median_ms, delayed)) return null;
  const rows = facts.succeeded.filter((row) => tasks.hasMetrics(row));
  const medianMs = medianOf(sortedBy(rows, delayed));
  const spacingMs = launchSpacing(run, facts) ?? 0;
  if (rows.length < limits.min_tasks || medianMs < limits.min_median_ms || spacingMs < limits.min_spacing_ms)
    return null;
  const lost = (row: number): number => delayed(row) + serializationMs(run, row);
  const lostMs = rows.reduce((sum, row) => sum + lost(row), 0);
  const taskMs = rows.reduce((sum, row) => sum + tasks.durationMs(row), 0);
  if (taskMs <= 0 || lostMs / taskMs < limits.min_ratio) return null;
  const savings = taskSavings(rows, (row) => lost(row) - limits.normal_ms);
  return {
    stage: facts,
    coveredMs: savings.totalMs,
    title: `Tasks of stage ${facts.stage.stageId} (${facts.callSite}) carry so much that packing and sending them takes ${formatShare(lostMs / taskMs)} of their time`,
    confidence: 0.7,
    evidence: [
      metric(
        facts.address,
        `The driver launched the first tasks ${formatDuration(spacingMs)} apart though slots were free; each of ${countNoun(rows.length, 'task')} waited ${formatDuration(medianMs)} in the median before and after its run.`,
        'launch_spacing_ms',
        spacingMs,
        'ms',
      ),
    ],
    advice: [
      'Do not send data inside the tasks: parallelize() and createDataFrame() of a list put its rows into them. Write the rows to a file or a table and read that, or broadcast them.',
      'Broadcast large objects that the code of this stage refers to: each task now carries its own copy.',
    ],
    changes: savings.changes,
  };
}

interface Times {
  readonly readMs: number;
  readonly packMs: number;
  readonly taskMs: number;
}

/**
 * Both parts of one task, at most its duration. Reading is work of the CPU: where its CPU time is known, time far beyond it
 * was spent waiting for a core, by this task as by any other, and does not count.
 */
function serializationMs(run: Run, row: number): number {
  return Math.min(readMs(run, row) + packMs(run, row), run.application.tasks.durationMs(row));
}

function readMs({ application: { tasks } }: Run, row: number): number {
  const wallMs = Math.max(0, tasks.columns.executorDeserializeTimeMs.at(row));
  const cpuMs = tasks.columns.executorDeserializeCpuTimeNs.at(row) / 1e6;
  return cpuMs > 0 ? Math.min(wallMs, WAIT_FACTOR * cpuMs) : wallMs;
}

function packMs({ application: { tasks } }: Run, row: number): number {
  return Math.max(0, tasks.columns.resultSerializationTimeMs.at(row));
}

function sumTimes(run: Run, rows: Uint32Array): Times {
  const times = { readMs: 0, packMs: 0, taskMs: 0 };
  for (let position = 0; position < rows.length; position++) {
    const row = rows[position] as number;
    const both = serializationMs(run, row);
    const packed = Math.min(both, packMs(run, row));
    times.packMs += packed;
    times.readMs += both - packed;
    times.taskMs += run.application.tasks.durationMs(row);
  }
  return times;
}

function observe(
  facts: StageFacts,
  taskCount: number,
  times: Times,
  medianMs: number,
  savings: ReturnType<typeof taskSavings>,
): Observation {
  const share = (times.readMs + times.packMs) / times.taskMs;
  return {
    stage: facts,
    coveredMs: savings.totalMs,
    title: `Stage ${facts.stage.stageId} (${facts.callSite}) spent ${formatShare(share)} of its task time on serialization`,
    confidence: 0.8,
    evidence: [
      metric(
        facts.address,
        `${formatDuration(medianMs)} in the median of ${countNoun(taskCount, 'task')}: ${formatDuration(times.readMs)} to read code and closure, ${formatDuration(times.packMs)} to pack results.`,
        'serialization_ms',
        times.readMs + times.packMs,
        'ms',
      ),
    ],
    advice:
      times.readMs >= times.packMs
        ? [
            'Broadcast the large object that the code of this stage refers to (sc.broadcast(value), then value.value in the function): each task now carries and reads its own copy.',
            'Take only what is needed into the function: a field of an object takes the whole object along, a list of partitions or paths goes into each task.',
          ]
        : [
            'Return less from the tasks: aggregate on the executors, write to storage in place of collect(), treeAggregate for large vectors.',
          ],
    changes: savings.changes,
  };
}
