import { formatDuration, formatShare } from '../../kernel/units.ts';
import type { Run } from '../facts/run.ts';
import { describeSetting, doubledMemory, memoryKey } from '../facts/settings.ts';
import type { StageFacts } from '../facts/stage-facts.ts';
import { byCallSite, type Observation } from './by-call-site.ts';
import { taskImpact } from './materiality.ts';
import { metric } from './metric.ts';
import { defineRule } from './rule.ts';
import { taskSavings } from './task-savings.ts';

/** Part of the run time that GC takes in a healthy JVM. Source: R6 of the rule survey, the lowest warning of any tool, 5 %. */
const HEALTHY_GC_SHARE = 0.05;

/**
 * GC pressure: a large part of the run time of a stage's tasks was garbage collection.
 *
 * Input: JVM GC time and run time of task attempts with metrics. Replayed: each task without the GC time beyond a healthy
 * share of its run time. JVM GC time is of the whole JVM, so
 * tasks that ran beside each other each count the same pause; as a share of task time it stays right.
 */
export const gcPressure = defineRule({
  id: 'spark/gc-pressure',
  thresholds: {
    min_gc_ratio: {
      value: 0.1,
      min: 0.01,
      max: 1,
      unit: 'ratio',
      meaning: 'GC time over executor run time of a stage attempt',
      source: 'mcp-apache-spark-history-server and dr-elephant: 10 %',
    },
    min_gc_ms: {
      value: 2000,
      min: 0,
      max: 3_600_000,
      unit: 'ms',
      meaning: 'GC time of a stage attempt',
      source: 'a young JVM grows its heap in the first seconds; dr-elephant skips short runs too',
    },
  },
  evaluate: (run, limits) => {
    const observations: Observation[] = [];
    for (const facts of run.measuredStages) {
      const time = sumTimes(run, facts);
      if (time.gcMs < limits.min_gc_ms || time.runMs <= 0 || time.gcMs / time.runMs < limits.min_gc_ratio) continue;
      observations.push(observe(run, facts, time));
    }
    return byCallSite(run, observations, taskImpact);
  },
});

interface Times {
  readonly gcMs: number;
  readonly runMs: number;
  readonly largestMs: number;
}

function sumTimes(run: Run, facts: StageFacts): Times {
  const { tasks } = run.application;
  let gcMs = 0;
  let runMs = 0;
  let largestMs = 0;
  for (let position = 0; position < facts.rows.length; position++) {
    const row = facts.rows[position] as number;
    if (!tasks.hasMetrics(row)) continue;
    const taskRun = Math.max(0, tasks.columns.executorRunTimeMs.at(row));
    runMs += taskRun;
    const taskGc = Math.min(taskRun, Math.max(0, tasks.columns.jvmGcTimeMs.at(row)));
    gcMs += taskGc;
    largestMs = Math.max(largestMs, taskGc);
  }
  return { gcMs, runMs, largestMs };
}

/** GC time of a task beyond a healthy share, ms. */
function avoidableGc(run: Run, row: number): number {
  const { tasks } = run.application;
  if (!tasks.hasMetrics(row)) return 0;
  const runMs = Math.max(0, tasks.columns.executorRunTimeMs.at(row));
  return Math.min(runMs, tasks.columns.jvmGcTimeMs.at(row)) - HEALTHY_GC_SHARE * runMs;
}

function observe(run: Run, facts: StageFacts, time: Times): Observation {
  const share = time.gcMs / time.runMs;
  return {
    stage: facts,
    coveredMs: time.gcMs,
    concentrated: time.largestMs * 2 >= time.gcMs,
    title: `Stage ${facts.stage.stageId} (${facts.callSite}) spent ${formatShare(share)} of its run time in garbage collection`,
    confidence: 0.9,
    evidence: [
      metric(
        facts.address,
        `GC ${formatDuration(time.gcMs)} of ${formatDuration(time.runMs)} executor run time.`,
        'gc_share',
        Number(share.toFixed(4)),
        'ratio',
      ),
    ],
    changes: taskSavings(facts.rows, (row) => avoidableGc(run, row)).changes,
    conf: { [memoryKey(run)]: doubledMemory(run) },
    advice: [
      `Raise ${memoryKey(run)} to ${doubledMemory(run)} (${describeSetting(run, memoryKey(run), '1g')}), or lower spark.executor.cores so that fewer tasks share a heap.`,
      'Make less garbage: DataFrame operations in place of RDD lambdas and groupByKey, MEMORY_AND_DISK_SER or fewer cached tables, smaller partitions, no large objects collected per key.',
      'With heaps above 32 GB use -XX:+UseG1GC -XX:InitiatingHeapOccupancyPercent=35 in spark.executor.extraJavaOptions.',
    ],
  };
}
