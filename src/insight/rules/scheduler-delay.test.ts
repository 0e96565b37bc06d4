import { describe, expect, it } from 'vitest';
import { describeRun } from '../facts/run.ts';
import { oneStage, type TaskSketch } from '../fixtures/application-builder.ts';
import { readRecorded } from '../fixtures/recorded.ts';
import { schedulerDelay } from './scheduler-delay.ts';

/** Tasks one after the other on one core, the first of which is the executor's first. */
const delayed = (delays: readonly number[], columns: TaskSketch = {}): TaskSketch[] =>
  delays.map((delay, position) => ({
    from: position * 1000,
    to: position * 1000 + 900,
    executorRunTimeMs: 900 - delay,
    ...columns,
  }));
const found = (tasks: TaskSketch[]) => schedulerDelay.evaluate(describeRun(oneStage(tasks)));
const nine = (delay: number) => Array.from({ length: 9 }, () => delay);

describe('spark/scheduler-delay', () => {
  it('finds tasks that are long on their way, and saves what is not normal [insight-resource-rules.task-parts]', () => {
    const [finding] = found(delayed(nine(320)));
    expect(finding).toMatchObject({
      title: 'Tasks of stage 0 (count at orders.py:0) waited 320 ms each on their way between driver and executor',
      changes: [{ kind: 'save-task-time', rows: [1, 2, 3, 4, 5, 6, 7, 8], savedMs: nine(300).slice(1) }],
    });
    expect(finding?.evidence[0]).toMatchObject({ address: 'stages/0.0', metric: 'scheduler_delay_ms', value: 320 });
  });

  it('names large results as the reason where tasks send them', () => {
    const [finding] = found(delayed(nine(320), { resultSizeBytes: 3 * 1024 ** 2 }));
    expect(finding?.evidence[1]?.fact).toBe('Each task sends 3 MiB of result to the driver.');
    expect(finding?.advice[0]).toMatch(/^Send less to the driver/);
  });

  it('fires at a median of 100 ms and not below it', () => {
    expect([found(delayed(nine(100))).length, found(delayed(nine(99))).length]).toEqual([1, 0]);
  });

  it('does not mind the delay of one task, nor of an executor’s first [insight-resource-rules.near-misses]', () => {
    expect(found(delayed([0, 0, 0, 0, 800, 0, 0, 0, 0]))).toEqual([]);
    expect(found(Array.from({ length: 9 }, () => ({ to: 900, executorRunTimeMs: 100 })))).toEqual([]);
  });

  it('does not mind a delay of less than a tenth of the tasks, as on an overloaded host', () => {
    const long = (delay: number) =>
      Array.from({ length: 9 }, (_, position) => ({
        from: position * 2000,
        to: position * 2000 + 2000,
        executorRunTimeMs: 2000 - delay,
      }));
    expect([found(long(200)).length, found(long(199)).length]).toEqual([1, 0]);
  });

  it('finds it in a real run on an overloaded host, and not in one on a quiet host', async () => {
    const of = async (id: string) => {
      const [application] = await readRecorded(id);
      return application === undefined ? null : schedulerDelay.evaluate(describeRun(application));
    };
    expect((await of('4.3/busy-cluster'))?.map(({ stages }) => stages)).toEqual([['stages/9.0']]);
    expect(await of('4.3/python-rdd')).toEqual([]);
  });
});
