import { formatBytes } from '../../kernel/units.ts';
import { mayRunPython } from '../facts/python-work.ts';
import type { Run } from '../facts/run.ts';
import { settingOf } from '../facts/settings.ts';
import type { StageFacts } from '../facts/stage-facts.ts';
import { byCallSite, type Observation } from './by-call-site.ts';
import { taskImpact } from './materiality.ts';
import { metric } from './metric.ts';
import { defineRule } from './rule.ts';

const KRYO = 'org.apache.spark.serializer.KryoSerializer';

/**
 * Serializer: RDDs of JVM objects are shuffled with Java serialization. DataFrames have a format of their own and Python
 * RDDs are bytes already, so neither counts.
 *
 * Input: spark.serializer; shuffle bytes written by stages of no SQL execution and without Python. A note: what Kryo would
 * save depends on the classes and is not in the log, so there is no change to replay.
 */
export const serializer = defineRule({
  id: 'spark/serializer',
  thresholds: {
    min_shuffle_bytes: {
      value: 100 * 1024 ** 2,
      min: 1,
      max: 1e15,
      unit: 'bytes',
      meaning: 'shuffle bytes that a stage attempt wrote from RDDs of JVM objects',
      source: 'spark-advisor and dr-elephant ask for the setting alone; below this size no run is slow for it',
    },
  },
  evaluate: (run, limits) => {
    const set = settingOf(run, 'spark.serializer');
    if (set !== null && !/JavaSerializer$/.test(set)) return [];
    const observations: Observation[] = [];
    for (const facts of run.measuredStages) {
      if (facts.stage.sqlExecutionId !== null) continue;
      const bytes = writtenBytes(run, facts);
      if (bytes < limits.min_shuffle_bytes || mayRunPython(run, facts)) continue;
      observations.push(observe(facts, bytes, set));
    }
    return byCallSite(run, observations, taskImpact).map((suspicion) => ({ ...suspicion, severity: 'info' as const }));
  },
});

function writtenBytes(run: Run, facts: StageFacts): number {
  const { tasks } = run.application;
  let bytes = 0;
  for (let position = 0; position < facts.succeeded.length; position++) {
    const row = facts.succeeded[position] as number;
    bytes += Math.max(0, tasks.columns.shuffleWriteBytes.at(row));
  }
  return bytes;
}

function observe(facts: StageFacts, bytes: number, set: string | null): Observation {
  return {
    stage: facts,
    coveredMs: facts.taskMs,
    title: `Stage ${facts.stage.stageId} (${facts.callSite}) shuffles JVM objects with Java serialization`,
    confidence: 0.6,
    evidence: [
      metric(
        facts.address,
        `${formatBytes(bytes)} of shuffle written by an RDD; spark.serializer is ${set === null ? 'not set, which means Java' : 'JavaSerializer'}.`,
        'shuffle_write_bytes',
        bytes,
        'bytes',
      ),
    ],
    advice: [
      `Set spark.serializer=${KRYO} and register the classes: Spark's tuning guide has it smaller and faster than Java serialization, often many times. By how much here only a run can tell.`,
      'Or use DataFrames and Datasets, which need neither.',
    ],
    conf: { 'spark.serializer': KRYO },
  };
}
