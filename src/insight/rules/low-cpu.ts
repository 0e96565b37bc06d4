import { countNoun, formatDuration, formatShare } from '../../kernel/units.ts';
import { firstWave } from '../facts/first-wave.ts';
import { mayRunPython } from '../facts/python-work.ts';
import type { Run } from '../facts/run.ts';
import type { StageFacts } from '../facts/stage-facts.ts';
import { byCallSite, type Observation } from './by-call-site.ts';
import { taskImpact } from './materiality.ts';
import { metric } from './metric.ts';
import { defineRule } from './rule.ts';

/**
 * Low CPU use: tasks waited for most of their run time, and neither GC nor shuffle explains it: slow storage, a service that
 * is called, a lock, or a host with more threads than cores. More or faster cores would not help.
 *
 * Input: CPU, run, GC, fetch wait and shuffle write time of successful tasks, without each executor's first of the stage. Stages that may
 * run Python are left out: Spark does not count the CPU time of Python processes. A note: how much of a wait can be avoided
 * is not in the log, so there is no change to replay.
 */
export const lowCpu = defineRule({
  id: 'spark/low-cpu',
  thresholds: {
    max_cpu_ratio: {
      value: 0.3,
      min: 0.01,
      max: 1,
      unit: 'ratio',
      meaning: 'CPU time over executor run time of a stage attempt',
      source: 'R32 of the rule survey: 30 %; 31 to 73 % measured for SQL on a busy two-core machine',
    },
    min_unexplained_ratio: {
      value: 0.5,
      min: 0.01,
      max: 1,
      unit: 'ratio',
      meaning: 'run time that is neither CPU, GC, fetch wait nor shuffle write',
      source: 'other rules are about those; from half on this is what decides',
    },
    min_run_ms: {
      value: 10_000,
      min: 0,
      max: 3_600_000,
      unit: 'ms',
      meaning: 'run time of the tasks of a stage attempt',
      source: 'class loading and compilation look the same in shorter ones',
    },
  },
  evaluate: (run, limits) => {
    const observations: Observation[] = [];
    for (const facts of run.measuredStages) {
      if (facts.taskMs < limits.min_run_ms) continue;
      const times = sumTimes(run, facts);
      if (times.runMs < limits.min_run_ms || times.runMs <= 0 || times.cpuMs <= 0) continue;
      if (times.cpuMs / times.runMs >= limits.max_cpu_ratio) continue;
      if (times.waitMs / times.runMs < limits.min_unexplained_ratio || mayRunPython(run, facts)) continue;
      observations.push(observe(facts, times));
    }
    return byCallSite(run, observations, taskImpact).map((suspicion) => ({ ...suspicion, severity: 'info' as const }));
  },
});

interface Times {
  runMs: number;
  cpuMs: number;
  /** Run time that nothing measured explains. */
  waitMs: number;
  taskCount: number;
}

function sumTimes(run: Run, facts: StageFacts): Times {
  const { tasks } = run.application;
  const { columns } = tasks;
  const first = firstWave(tasks, facts.rows);
  const times: Times = { runMs: 0, cpuMs: 0, waitMs: 0, taskCount: 0 };
  for (let position = 0; position < facts.succeeded.length; position++) {
    const row = facts.succeeded[position] as number;
    const cpuMs = columns.executorCpuTimeNs.at(row) / 1e6;
    if (first.has(row) || !tasks.hasMetrics(row) || !(cpuMs > 0)) continue;
    const runMs = Math.max(0, columns.executorRunTimeMs.at(row));
    const explainedMs =
      cpuMs +
      Math.max(0, columns.jvmGcTimeMs.at(row)) +
      Math.max(0, columns.shuffleFetchWaitTimeMs.at(row)) +
      Math.max(0, columns.shuffleWriteTimeNs.at(row) / 1e6);
    times.runMs += runMs;
    times.cpuMs += Math.min(runMs, cpuMs);
    times.waitMs += Math.max(0, runMs - explainedMs);
    times.taskCount += 1;
  }
  return times;
}

function observe(facts: StageFacts, times: Times): Observation {
  const share = times.cpuMs / times.runMs;
  return {
    stage: facts,
    coveredMs: times.waitMs,
    title: `Tasks of stage ${facts.stage.stageId} (${facts.callSite}) used the CPU for ${formatShare(share)} of their run time`,
    confidence: 0.6,
    evidence: [
      metric(
        facts.address,
        `CPU ${formatDuration(times.cpuMs)} of ${formatDuration(times.runMs)} run time of ${countNoun(times.taskCount, 'task')}; ${formatDuration(times.waitMs)} is neither CPU nor GC nor shuffle.`,
        'cpu_share',
        Number(share.toFixed(4)),
        'ratio',
      ),
    ],
    advice: [
      'More or faster cores will not help. Find what the tasks wait for: object storage or JDBC reads, calls to a service, locks.',
      'Reads: fewer columns and partitions, larger row groups, a cache near the executors. Calls: batch them with mapPartitions, keep connections open, several at a time.',
      'If the host runs more threads than it has cores, the tasks wait for each other: then fewer executor cores per host.',
    ],
  };
}
