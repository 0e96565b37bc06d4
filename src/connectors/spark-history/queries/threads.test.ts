import { expect, it } from 'vitest';
import { threadOf } from '../fixtures/sample-threads.ts';
import { blockages, deadlocks, framesOf, taskThreads } from './threads.ts';

it('finds a deadlock once, and no holder for those who wait for it [remote-history.thread-dump]', () => {
  const dump = [
    threadOf(3, { waitsForThread: 1 }),
    threadOf(1, { waitsForThread: 2 }),
    threadOf(2, { waitsForThread: 3 }),
    threadOf(4, { waitsForThread: 2 }),
  ];
  expect(deadlocks(dump).map((circle) => circle.map(({ id }) => id))).toEqual([[1, 2, 3]]);
  expect(blockages(dump)).toEqual([]);
});

it('reads task threads of Spark 2.4 and 3.x, and stacks of all [remote-history.thread-dump]', () => {
  const named = (name: string) => taskThreads([threadOf(1, { name })])[0];
  expect(named('Executor task launch worker for task 12')).toMatchObject({ taskId: 12, stage: null, task: null });
  expect(named('Executor task launch worker for task 3.1 in stage 2.0 (TID 12)')).toMatchObject({
    taskId: 12,
    stage: '2.0',
    task: '3.1',
  });
  expect(named('task-result-getter-0')).toBeUndefined();
  const stack = [
    'java.base@17.0.15/java.lang.Thread.run(Thread.java:840)\n\t-  locked java.lang.Object@1',
    'a.B.c(B.java:1)',
  ];
  expect(framesOf(threadOf(1, { stack }))).toEqual(['java.lang.Thread.run(Thread.java:840)', 'a.B.c(B.java:1)']);
});
