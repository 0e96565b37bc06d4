import { describe, expect, it } from 'vitest';
import { describeRun } from '../facts/run.ts';
import { type ApplicationSketch, oneStage } from '../fixtures/application-builder.ts';
import { readRecorded } from '../fixtures/recorded.ts';
import { dynamicAllocation } from './dynamic-allocation.ts';

const ON = { 'spark.dynamicAllocation.enabled': 'true' };
const found = (executors: NonNullable<ApplicationSketch['executors']>, spark: Record<string, string> = ON) =>
  dynamicAllocation.evaluate(describeRun(oneStage([{ to: 1000 }], { length: 300_000, spark, executors })));

/** Executors in turn: each lives 30 s, and the next comes after a pause. */
const inTurn = (count: number, pauseMs: number, lifeMs = 30_000) =>
  Array.from({ length: count }, (_, position) => ({
    executorId: String(position + 1),
    from: position * (lifeMs + pauseMs),
    ...(position < count - 1
      ? { to: position * (lifeMs + pauseMs) + lifeMs, removeReason: 'Executor killed by driver.' }
      : {}),
  }));

describe('spark/dynamic-allocation', () => {
  it('finds executors that are let go and asked for again, and keeps as many as there were [insight-resource-rules.dynamic-allocation]', () => {
    const [finding] = found(inTurn(4, 10_000));
    expect(finding).toMatchObject({
      title: '3 executors were let go and asked for again within 1 min',
      changes: [{ kind: 'executors', count: 1, coresEach: 4 }],
      // 60 s that are the default and a pause of 10 s, to the next 30 s.
      conf: { 'spark.dynamicAllocation.executorIdleTimeout': '90s' },
    });
    expect(finding?.evidence[0]).toEqual({
      fact: 'Executor 1 was let go after 30 s; executor 2 came 10 s later.',
      address: 'executors/1',
      metric: 'gap_ms',
      value: 10_000,
      unit: 'ms',
    });
  });

  it('fires at three of them within a minute each, and not beyond', () => {
    expect([found(inTurn(4, 60_000)).length, found(inTurn(4, 60_001)).length, found(inTurn(3, 10_000)).length]).toEqual(
      [1, 0, 0],
    );
    expect([found(inTurn(4, 5000, 59_999)).length, found(inTurn(4, 5000, 60_000)).length]).toEqual([1, 0]);
  });

  it('finds executors that a lower bound keeps for nothing', () => {
    const kept = [1, 2, 3].map((id) => ({ executorId: String(id) }));
    const [finding] = found(kept, { ...ON, 'spark.dynamicAllocation.minExecutors': '3' });
    expect(finding).toMatchObject({
      title: 'spark.dynamicAllocation.minExecutors keeps 2 executors that never ran a task',
      changes: [{ kind: 'executors', count: 1, coresEach: 4 }],
      conf: { 'spark.dynamicAllocation.minExecutors': '1' },
      // 2 executors × 4 cores × 300 s.
      impact: { seconds: 2400, share_of: 'core_time' },
    });
    expect(found(kept)).toEqual([]);
  });

  it('finds executors that are asked for slowly while tasks wait', () => {
    const slow = { ...ON, 'spark.dynamicAllocation.schedulerBacklogTimeout': '5s' };
    const grown = (secondAt: number, spark: Record<string, string> = slow) =>
      dynamicAllocation.evaluate(
        describeRun(
          oneStage([{ to: 40_000 }, { from: 40_000, to: 60_000 }], {
            spark,
            executors: [{ executorId: '1' }, { executorId: '2', from: secondAt }],
          }),
        ),
      );
    expect(grown(8000)[0]).toMatchObject({
      title: 'Executors were asked for slowly: the last came 8 s after the first while tasks waited',
      changes: [{ kind: 'executors', count: 2, coresEach: 4 }],
      conf: {
        'spark.dynamicAllocation.schedulerBacklogTimeout': '1s',
        'spark.dynamicAllocation.sustainedSchedulerBacklogTimeout': '1s',
      },
    });
    expect([grown(3000).length, grown(2999).length, grown(41_000).length]).toEqual([1, 0, 0]);
    expect(grown(8000, ON)).toEqual([]);
  });

  it('finds an upper bound of one executor under a queue of four rounds', () => {
    const queue = (taskCount: number, bound = '1') =>
      dynamicAllocation.evaluate(
        describeRun(
          oneStage(
            Array.from({ length: taskCount }, () => ({ to: 1000 })),
            {
              spark: { ...ON, 'spark.dynamicAllocation.maxExecutors': bound },
            },
          ),
        ),
      );
    expect(queue(16)[0]).toMatchObject({
      title: 'spark.dynamicAllocation.maxExecutors=1 lets 16 tasks queue for 4 cores',
      conf: { 'spark.dynamicAllocation.maxExecutors': '2' },
      changes: [{ kind: 'executors', count: 2, coresEach: 4 }],
    });
    expect([queue(15), queue(16, '2')]).toEqual([[], []]);
  });

  it('does not mind executors that were lost, or came and went without dynamic allocation [insight-resource-rules.near-misses]', () => {
    expect(found(inTurn(4, 10_000), {})).toEqual([]);
    const lost = inTurn(4, 10_000).map((executor) =>
      'to' in executor ? { ...executor, removeReason: 'Command exited with code 137' } : executor,
    );
    expect(found(lost)).toEqual([]);
  });

  it('does not mind the one executor that came back in a real run, whose load came in two bursts', async () => {
    const [application] = await readRecorded('4.3/dynamic-allocation');
    if (application === undefined) throw new Error('no application');
    expect(dynamicAllocation.evaluate(describeRun(application))).toEqual([]);
    const [finding] = dynamicAllocation.evaluate(describeRun(application), { min_returns: 1 });
    expect(finding?.conf).toEqual({ 'spark.dynamicAllocation.executorIdleTimeout': '30s' });
  });
});
