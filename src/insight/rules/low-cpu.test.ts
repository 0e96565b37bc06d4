import { describe, expect, it } from 'vitest';
import { describeRun } from '../facts/run.ts';
import { type ApplicationSketch, oneStage, planNode, type TaskSketch } from '../fixtures/application-builder.ts';
import { readRecorded } from '../fixtures/recorded.ts';
import { lowCpu } from './low-cpu.ts';

const waiting = (cpuMs: number, columns: TaskSketch = {}): TaskSketch[] =>
  Array.from({ length: 3 }, (_, position) => ({
    from: position * 10_000,
    to: position * 10_000 + 10_000,
    executorCpuTimeNs: cpuMs * 1e6,
    ...columns,
  }));
const found = (tasks: TaskSketch[], parts: ApplicationSketch = {}) =>
  lowCpu.evaluate(describeRun(oneStage(tasks, parts)));

describe('spark/low-cpu', () => {
  it('notes tasks that wait for something that Spark does not measure [insight-resource-rules.notes]', () => {
    const [finding] = found(waiting(1000));
    expect(finding).toMatchObject({
      title: 'Tasks of stage 0 (count at orders.py:0) used the CPU for 10 % of their run time',
      severity: 'info',
      impact: { seconds: 18, share: 0.6, share_of: 'task_time' },
    });
    expect(finding?.changes).toBeUndefined();
    expect(finding?.evidence[0]?.fact).toBe(
      'CPU 2 s of 20 s run time of 2 tasks; 18 s is neither CPU nor GC nor shuffle.',
    );
  });

  it('fires below 30 % and not at it', () => {
    expect([found(waiting(2999)).length, found(waiting(3000)).length]).toEqual([1, 0]);
  });

  it('leaves to others what GC or shuffle explains, and short stages [insight-resource-rules.near-misses]', () => {
    expect(found(waiting(1000, { jvmGcTimeMs: 5000 }))).toEqual([]);
    expect(found(waiting(1000, { shuffleFetchWaitTimeMs: 3000, shuffleWriteTimeNs: 2e9 }))).toEqual([]);
    expect(found(waiting(1000).slice(0, 1))).toEqual([]);
  });

  it('leaves out Python, whose CPU time Spark does not count', () => {
    const details = 'org.apache.spark.api.python.PythonRDD.collectAndServe(PythonRDD.scala)';
    const stage = { stageId: 0, jobIds: [0], tasks: waiting(100) };
    expect(found([], { stages: [{ ...stage, details }] })).toEqual([]);
    const plan = planNode('Project', { children: [planNode('BatchEvalPython')] });
    const sql = { stages: [{ ...stage, sqlExecutionId: 3 }], sqlExecutions: [{ executionId: 3, plan }] };
    expect(found([], sql)).toEqual([]);
    expect(found([], { ...sql, sqlExecutions: [{ executionId: 3, plan: planNode('Project') }] })).toHaveLength(1);
  });

  it('takes a CPU time of 0 for unknown [insight-resource-rules.absent-metrics]', () => {
    expect(found(waiting(0))).toEqual([]);
  });

  it('leaves out the sleeping Python tasks of a real run', async () => {
    const [application] = await readRecorded('4.3/dynamic-allocation');
    expect(application === undefined ? null : lowCpu.evaluate(describeRun(application))).toEqual([]);
  });
});
