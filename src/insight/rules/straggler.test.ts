import { describe, expect, it } from 'vitest';
import { oneStage, type TaskSketch } from '../fixtures/application-builder.ts';
import { found } from '../fixtures/found.ts';

/** A warm executor, then eight tasks with the same data of which the last takes `ms`. */
function lagging(ms: number, parts: TaskSketch = {}, others: TaskSketch = { inputRecords: 1000 }): TaskSketch[] {
  const even = Array.from({ length: 7 }, () => ({ from: 10_000, to: 11_000, ...others }));
  return [{ from: 0, to: 1000, ...others }, ...even, { from: 10_000, to: 10_000 + ms, ...others, ...parts }];
}

const stragglersOf = (tasks: TaskSketch[], parts = {}) =>
  found('spark/straggler', oneStage(tasks, { length: 60_000, ...parts }));

describe('spark/straggler', () => {
  it('finds a task that is slow although it has no more data', () => {
    const [finding] = stragglersOf(lagging(30_000));
    expect(finding?.title).toBe(
      'Stage 0 (count at orders.py:0) waits for a straggler: 30 s against a median of 1 s, with no more data',
    );
    expect([finding?.impact.basis, finding?.confidence, finding?.conf]).toEqual([
      'replay',
      0.85,
      { 'spark.speculation': 'true' },
    ]);
    expect(finding?.evidence[1]?.fact).toBe('Its data is not larger: input records 1.0× the median at most.');
  });

  it('is less sure where Spark measured no data', () => {
    const [finding] = stragglersOf(lagging(30_000, {}, {}));
    expect([finding?.confidence, finding?.evidence[1]?.fact]).toEqual([
      0.7,
      'Spark measured no input or output of these tasks, so data can neither explain nor exclude it.',
    ]);
  });

  it('fires at five times the median and not below it', () => {
    expect([stragglersOf(lagging(5000)).length, stragglersOf(lagging(4990)).length]).toEqual([1, 0]);
  });

  it('forgives the first tasks of an executor their warm-up', () => {
    const cold = (ms: number) => [
      { to: ms, inputRecords: 10 },
      ...Array.from({ length: 7 }, () => ({ to: 1000, inputRecords: 10 })),
    ];
    expect([stragglersOf(cold(6400)).length, stragglersOf(cold(6500)).length]).toEqual([0, 1]);
    const alone = (ms: number) => [
      ...cold(ms).slice(0, 1),
      ...cold(ms)
        .slice(1)
        .map((task) => ({ ...task, from: 10_000, to: 11_000 })),
    ];
    expect([stragglersOf(alone(8900)).length, stragglersOf(alone(9000)).length]).toEqual([0, 1]);
  });

  it('forgives no more warm-up than other executors took in the same stage', () => {
    const started = (ms: number, otherMs: number, others: number) => {
      const ids = Array.from({ length: others }, (_, position) => String(position + 2));
      const cold = ids.map((executor) => ({ to: otherMs, inputRecords: 10, executor }));
      const warm = Array.from({ length: 8 }, () => ({ from: 5000, to: 6000, inputRecords: 10, executor: '2' }));
      const executors = ['1', ...ids].map((executorId) => ({ executorId }));
      return stragglersOf([{ to: ms, inputRecords: 10, executor: '1' }, ...cold, ...warm], { executors }).length;
    };
    // 3 s and the 1 s that the others took longer, beyond the median of 1 s.
    expect([started(5000, 2000, 2), started(4999, 2000, 2)]).toEqual([1, 0]);
    // One other executor shows nothing: 3 s and 5 s.
    expect([started(9000, 2000, 1), started(8999, 2000, 1)]).toEqual([1, 0]);
  });

  it('says that the task waited when it hardly used the CPU, and looks for a blocking call', () => {
    const [finding] = stragglersOf(lagging(30_000, { executorCpuTimeNs: 3e8 }));
    expect(finding?.evidence.map(({ fact }) => fact)).toContain('It used the CPU for 1 % of its run time: it waited.');
    expect(finding?.advice[0]).toContain('blocking call');
  });

  it('says when the slow tasks are on one executor', () => {
    const tasks = [
      ...lagging(30_000, { executor: '7' }),
      { from: 10_000, to: 39_000, executor: '7', inputRecords: 1000 },
    ];
    const [finding] = stragglersOf(tasks, { executors: [{ executorId: '1' }, { executorId: '7' }] });
    expect(finding?.evidence.some(({ fact }) => fact === '2 tasks are this slow, 2 of them on executor 7.')).toBe(true);
  });
});
