import { describe, expect, it } from 'vitest';
import { describeRun } from '../facts/run.ts';
import { oneStage, type TaskSketch } from '../fixtures/application-builder.ts';
import { taskSerialization } from './task-serialization.ts';

const inTurn = (times: ReadonlyArray<{ read: number; pack?: number; cpu?: number }>, measured = true): TaskSketch[] =>
  times.map(({ read, pack = 0, cpu = 0 }, position) => ({
    from: position * 1000,
    to: position * 1000 + 1000,
    executorDeserializeTimeMs: read,
    executorDeserializeCpuTimeNs: cpu * 1e6,
    resultSerializationTimeMs: pack,
    measured,
  }));
const found = (tasks: TaskSketch[]) => taskSerialization.evaluate(describeRun(oneStage(tasks)));
const five = (read: number, pack = 0) => Array.from({ length: 5 }, () => ({ read, pack }));

describe('spark/task-serialization', () => {
  it('finds tasks that read a large closure each, without the first [insight-resource-rules.task-parts]', () => {
    const [finding] = found(inTurn(five(400)));
    expect(finding).toMatchObject({
      title: 'Stage 0 (count at orders.py:0) spent 40 % of its task time on serialization',
      changes: [{ kind: 'save-task-time', rows: [1, 2, 3, 4], savedMs: [390, 390, 390, 390] }],
    });
    expect(finding?.evidence[0]?.fact).toBe(
      '400 ms in the median of 4 tasks: 1.6 s to read code and closure, 0 ms to pack results.',
    );
    expect(finding?.advice[0]).toMatch(/^Broadcast the large object/);
  });

  it('tells large results from large closures', () => {
    expect(found(inTurn(five(10, 400)))[0]?.advice[0]).toMatch(/^Return less from the tasks/);
  });

  it('fires at a tenth of the task time and 100 ms, and not below', () => {
    expect([found(inTurn(five(100))).length, found(inTurn(five(99))).length]).toEqual([1, 0]);
  });

  it('does not mind class loading in the first tasks of an executor [insight-resource-rules.near-misses]', () => {
    expect(found(inTurn([{ read: 900 }, ...five(5)]))).toEqual([]);
    expect(found(Array.from({ length: 8 }, () => ({ to: 1000, executorDeserializeTimeMs: 600 })))).toEqual([]);
  });

  it('finds tasks that carry data: the driver launches them one by one though slots are free', () => {
    const carrying = (spacing: number, delay = 300) =>
      found(
        Array.from({ length: 4 }, (_, position) => ({
          from: position * spacing,
          to: position * spacing + 500,
          executorRunTimeMs: 500 - delay,
        })),
      );
    const [finding] = carrying(80);
    expect(finding).toMatchObject({
      title:
        'Tasks of stage 0 (count at orders.py:0) carry so much that packing and sending them takes 60 % of their time',
      changes: [{ kind: 'save-task-time', rows: [0, 1, 2, 3], savedMs: [290, 290, 290, 290] }],
    });
    expect(finding?.evidence[0]).toMatchObject({ address: 'stages/0.0', metric: 'launch_spacing_ms', value: 80 });
    expect([carrying(20).length, carrying(19).length, carrying(80, 99).length]).toEqual([1, 0, 0]);
  });

  it('counts no time in which a task only waited for a core', () => {
    const reading = (cpu: number) => found(inTurn(Array.from({ length: 5 }, () => ({ read: 400, cpu }))));
    expect([reading(50).length, reading(49).length]).toEqual([1, 0]);
    expect(reading(50)[0]?.changes).toEqual([
      { kind: 'save-task-time', rows: [1, 2, 3, 4], savedMs: [90, 90, 90, 90] },
    ]);
  });

  it('is silent where nothing was measured [insight-resource-rules.absent-metrics]', () => {
    expect(found(inTurn(five(400), false))).toEqual([]);
  });
});
