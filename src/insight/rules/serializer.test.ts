import { describe, expect, it } from 'vitest';
import { describeRun } from '../facts/run.ts';
import { buildApplication } from '../fixtures/application-builder.ts';
import { readRecorded } from '../fixtures/recorded.ts';
import { serializer } from './serializer.ts';

const MIB = 1024 ** 2;

const found = (bytes: number, stage = {}, spark: Record<string, string> = {}) =>
  serializer.evaluate(
    describeRun(
      buildApplication({
        spark,
        jobs: [{ jobId: 0, stageIds: [0] }],
        stages: [{ stageId: 0, jobIds: [0], tasks: [{ shuffleWriteBytes: bytes }], ...stage }],
      }),
    ),
  );

describe('spark/serializer', () => {
  it('notes JVM objects that are shuffled with Java serialization [insight-resource-rules.notes]', () => {
    const [finding] = found(200 * MIB);
    expect(finding).toMatchObject({
      severity: 'info',
      title: 'Stage 0 (count at orders.py:0) shuffles JVM objects with Java serialization',
      conf: { 'spark.serializer': 'org.apache.spark.serializer.KryoSerializer' },
    });
    expect(finding?.evidence[0]?.fact).toBe(
      '200 MiB of shuffle written by an RDD; spark.serializer is not set, which means Java.',
    );
    expect(finding?.changes).toBeUndefined();
  });

  it('fires at 100 MiB and not below it', () => {
    expect([found(100 * MIB).length, found(100 * MIB - 1).length]).toEqual([1, 0]);
  });

  it('does not mind DataFrames, Python RDDs and Kryo [insight-resource-rules.near-misses]', () => {
    expect(found(200 * MIB, { sqlExecutionId: 0 })).toEqual([]);
    expect(
      found(200 * MIB, { details: 'org.apache.spark.api.python.PairwiseRDD.<init>(PythonRDD.scala:163)' }),
    ).toEqual([]);
    expect(found(200 * MIB, {}, { 'spark.serializer': 'org.apache.spark.serializer.KryoSerializer' })).toEqual([]);
  });

  it('leaves the RDDs of a real Python application alone', async () => {
    const [application] = await readRecorded('4.3/python-rdd');
    if (application === undefined) throw new Error('no application');
    expect(serializer.evaluate(describeRun(application), { min_shuffle_bytes: 1 })).toEqual([]);
  });
});
