import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { describeRun } from '../facts/run.ts';
import { buildApplication, START, type TaskSketch } from '../fixtures/application-builder.ts';
import { driverMemory } from './driver-memory.ts';
import { dynamicAllocation } from './dynamic-allocation.ts';
import { executorShape } from './executor-shape.ts';
import { longStage } from './long-stage.ts';
import { lowCpu } from './low-cpu.ts';
import { memoryOverhead } from './memory-overhead.ts';
import { memoryOverprovisioned } from './memory-overprovisioned.ts';
import { memoryUnderprovisioned } from './memory-underprovisioned.ts';
import type { Suspicion } from './rule.ts';
import { schedulerDelay } from './scheduler-delay.ts';
import { serializer } from './serializer.ts';
import { shuffleWrite } from './shuffle-write.ts';
import { slowStart } from './slow-start.ts';
import { speculation } from './speculation.ts';
import { streamingLag } from './streaming-lag.ts';
import { taskSerialization } from './task-serialization.ts';

const RULES = [
  driverMemory,
  dynamicAllocation,
  executorShape,
  longStage,
  lowCpu,
  memoryOverhead,
  memoryOverprovisioned,
  memoryUnderprovisioned,
  schedulerDelay,
  serializer,
  shuffleWrite,
  slowStart,
  speculation,
  streamingLag,
  taskSerialization,
];

/** Every number of a rule at the end of its range at which most fires. */
const EAGER = new Map(
  RULES.map((rule) => [
    rule,
    Object.fromEntries(
      Object.entries(rule.thresholds).map(([name, { min, max }]) => [name, name.startsWith('max_') ? max : min]),
    ),
  ]),
);

const amount = fc.oneof(fc.integer({ min: -1000, max: 1e9 }), fc.constant(0));
const anyTask: fc.Arbitrary<TaskSketch> = fc.record({
  from: fc.integer({ min: -5000, max: 100_000 }),
  to: fc.integer({ min: -5000, max: 200_000 }),
  outcome: fc.constantFrom('RUNNING', 'SUCCESS', 'FAILED', 'KILLED'),
  executor: fc.constantFrom('1', '2'),
  error: fc.constantFrom(
    'java.lang.OutOfMemoryError: Java heap space',
    'ExecutorLostFailure (executor 1 exited)',
    'no',
  ),
  measured: fc.boolean(),
  executorCpuTimeNs: amount,
  executorDeserializeTimeMs: amount,
  executorDeserializeCpuTimeNs: amount,
  resultSerializationTimeMs: amount,
  resultSizeBytes: amount,
  shuffleWriteTimeNs: amount,
  shuffleWriteBytes: amount,
  jvmGcTimeMs: amount,
});
const anyBatch = fc.record({
  batchId: fc.nat(100),
  timestamp: fc.option(fc.integer({ min: START - 1000, max: START + 100_000 })),
  durationMs: amount,
  inputRows: amount,
  inputRowsPerSecond: fc.option(amount),
  processedRowsPerSecond: fc.option(amount),
  phaseMs: fc.constant({}),
  stateRows: amount,
  stateMemoryBytes: amount,
  lateRowsDropped: amount,
});
const anyTime = fc.option(fc.integer({ min: -10_000, max: 100_000 }));
const anyRun = fc.record({
  tasks: fc.array(anyTask, { maxLength: 20 }),
  batches: fc.array(anyBatch, { maxLength: 15 }),
  from: anyTime,
  to: anyTime,
  cores: fc.integer({ min: 0, max: 64 }),
  peak: fc.integer({ min: 0, max: 5e9 }),
  reason: fc.constantFrom('Executor killed by driver.', 'exceeding memory limits', 'exit code 137', null),
  spark: fc.dictionary(
    fc.constantFrom(
      'spark.executor.memory',
      'spark.dynamicAllocation.maxExecutors',
      'spark.dynamicAllocation.minExecutors',
      'spark.dynamicAllocation.schedulerBacklogTimeout',
      'spark.scheduler.minRegisteredResourcesRatio',
      'spark.driver.maxResultSize',
      'spark.speculation',
    ),
    fc.constantFrom('0', '1', '5', '4g', '12s', 'true', 'none of these'),
  ),
  dynamic: fc.boolean(),
  endTime: fc.constantFrom(null, 0, START + 60_000),
});

type AnyRun = typeof anyRun extends fc.Arbitrary<infer T> ? T : never;

function runOf({ tasks, batches, from, to, cores, peak, reason, spark, dynamic, endTime }: AnyRun) {
  return describeRun(
    buildApplication({
      endTime,
      jobs: [{ jobId: 0, from, to }],
      stages: [{ stageId: 0, jobIds: [0], from, to, tasks }],
      executors: [
        { executorId: '1', totalCores: cores, from, to, removeReason: reason, peakMetrics: { JVMHeapMemory: peak } },
        { executorId: '2', totalCores: cores },
      ],
      spark: { ...spark, 'spark.dynamicAllocation.enabled': String(dynamic) },
      streamingQueries: [{ id: 'q', runId: 'r', name: null, startTime: START, endTime: null, error: null, batches }],
    }),
  );
}

/** Everything in a suspicion that is a number must be one. */
function numbersOf(suspicion: Suspicion): number[] {
  const changes = Array.isArray(suspicion.changes) ? suspicion.changes : [];
  return [
    suspicion.impact.seconds,
    suspicion.impact.share,
    suspicion.confidence,
    ...suspicion.evidence.flatMap(({ value }) => value ?? []),
    ...changes.flatMap((change) =>
      'savedMs' in change ? [change.savedMs].flat() : 'count' in change ? [change.count] : [],
    ),
  ] as number[];
}

describe('the rules on resources and tasks', () => {
  it('name nothing that is no number, negative or without evidence, whatever the log says [insight-resource-rules.sane]', () => {
    fc.assert(
      fc.property(anyRun, (sketch) => {
        const run = runOf(sketch);
        for (const suspicion of RULES.flatMap((rule) => rule.evaluate(run, EAGER.get(rule)))) {
          expect(numbersOf(suspicion).filter((value) => !Number.isFinite(value) || value < 0)).toEqual([]);
          expect(suspicion.evidence.length).toBeGreaterThan(0);
          const text = JSON.stringify([suspicion.title, suspicion.evidence, suspicion.advice, suspicion.conf]);
          expect(text).not.toMatch(/NaN|Infinity|undefined/);
        }
      }),
    );
  });

  it('do not depend on the order in which tasks were logged', () => {
    fc.assert(
      fc.property(anyRun, (sketch) => {
        const titles = (tasks: readonly TaskSketch[]) =>
          RULES.flatMap((rule) => rule.evaluate(runOf({ ...sketch, tasks: [...tasks] }), EAGER.get(rule)))
            .map(({ title, impact }) => `${title} ${impact.seconds}`)
            .sort();
        expect(titles([...sketch.tasks].reverse())).toEqual(titles(sketch.tasks));
      }),
    );
  });
});
