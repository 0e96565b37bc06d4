import { describe, expect, it } from 'vitest';
import { oneStage, planNode, type TaskSketch } from '../fixtures/application-builder.ts';
import { found } from '../fixtures/found.ts';

/** Seven tasks of a second with a thousand records, and one that takes and reads `times` as much. */
function skewed(times: number, dataTimes = times): TaskSketch[] {
  const even = Array.from({ length: 7 }, () => ({ from: 0, to: 1000, shuffleRecordsRead: 1000 }));
  return [...even, { from: 0, to: 1000 * times, shuffleRecordsRead: 1000 * dataTimes }];
}

const skewOf = (tasks: TaskSketch[], parts = {}) =>
  found('spark/task-skew', oneStage(tasks, { length: 40_000, ...parts }));

describe('spark/task-skew', () => {
  it('finds the task that is longer because it has more data, with its address and numbers [insight.rules-have-evidence]', () => {
    const [finding] = skewOf(skewed(20), { executors: [{ executorId: '1', totalCores: 8 }] });
    expect(finding).toMatchObject({
      severity: 'warning',
      title: 'Stage 0 (count at orders.py:0) is skewed: its slowest task takes 20 s, the median 1 s',
      // 27 s of work on eight slots in place of 20 s.
      impact: { seconds: 16.625, share: 0.4156, share_of: 'wall_time', basis: 'replay' },
      confidence: 0.95,
    });
    expect(finding?.evidence.slice(0, 2)).toEqual([
      {
        address: 'stages/0.0/tasks/7',
        fact: 'Slowest of 8 tasks: 20 s on executor 1; median of the others 1 s (20×).',
        metric: 'task_duration_ms',
        value: 20_000,
        unit: 'ms',
      },
      {
        address: 'stages/0.0/tasks/7',
        fact: 'It has 20,000 shuffle records read; median of the others 1,000 (20×).',
        metric: 'shuffle_records_read',
        value: 20_000,
        unit: 'records',
      },
    ]);
  });

  it('fires at a ratio of three and not below it', () => {
    expect([skewOf(skewed(3)).length, skewOf(skewed(2.99)).length]).toEqual([1, 0]);
  });

  it('fires at three times the data and leaves less to spark/straggler', () => {
    expect([skewOf(skewed(20, 3)).length, skewOf(skewed(20, 2.9)).length]).toEqual([1, 0]);
  });

  it('keeps quiet when the long task does not lengthen the stage', () => {
    const many = Array.from({ length: 400 }, (_, index) => ({
      from: Math.floor(index / 4) * 1000,
      to: Math.floor(index / 4) * 1000 + 1000,
      shuffleRecordsRead: 10,
    }));
    const hidden = { from: 0, to: 6000, shuffleRecordsRead: 1000 };
    expect(skewOf([...many, hidden], { length: 100_000 })).toEqual([]);
  });

  it('takes the small last split of a file for what it is', () => {
    expect(
      skewOf([
        { to: 20_000, inputBytes: 1e9 },
        { to: 900, inputBytes: 1e7 },
      ]),
    ).toEqual([]);
  });

  it('compares with the others even when there are only two shuffle partitions', () => {
    expect(
      skewOf([
        { to: 20_000, shuffleRecordsRead: 1e6 },
        { to: 900, shuffleRecordsRead: 10 },
      ]),
    ).toHaveLength(1);
  });

  it('names the AQE threshold when the hot partition of a join is below it', () => {
    const join = { ...planNode('SortMergeJoin'), children: [planNode('Exchange')] };
    const tasks = skewed(20).map((task) => ({
      ...task,
      shuffleRemoteBytesRead: (task.shuffleRecordsRead ?? 0) * 1e4,
      shuffleRecordsRead: 0,
    }));
    const [finding] = skewOf(tasks, {
      stages: [{ stageId: 0, sqlExecutionId: 4, from: 0, to: 40_000, tasks }],
      sqlExecutions: [{ executionId: 4, plan: join }],
    });
    expect(finding?.advice[0]).toBe(
      'AQE only splits partitions above 256 MiB; the hot one has 191 MiB. Set spark.sql.adaptive.skewJoin.skewedPartitionThresholdInBytes=95m.',
    );
  });

  it('asks for AQE where it is off', () => {
    const tasks = skewed(20);
    const [finding] = skewOf(tasks, {
      spark: { 'spark.sql.adaptive.enabled': 'false' },
      stages: [{ stageId: 0, sqlExecutionId: 4, from: 0, to: 40_000, tasks }],
      sqlExecutions: [{ executionId: 4, plan: planNode('SortMergeJoin') }],
    });
    expect(finding?.advice[0]).toContain('Set spark.sql.adaptive.enabled=true');
  });

  it('shows spill, GC and idle cores that follow from it as evidence and not as findings of their own [insight.effects-folded]', () => {
    const tasks = skewed(40).map((task, index) =>
      index === 7 ? { ...task, diskSpilledBytes: 2e9, memorySpilledBytes: 8e9, jvmGcTimeMs: 20_000 } : task,
    );
    const application = oneStage(tasks, { length: 40_000 });
    expect(
      ['spark/disk-spill', 'spark/gc-pressure', 'spark/idle-cores'].flatMap((rule) => found(rule, application)),
    ).toEqual([]);
    const follows = found('spark/task-skew', application)[0]?.evidence.filter(({ fact }) =>
      fact.startsWith('Follows from it'),
    );
    expect(follows?.map(({ fact }) => /\((spark\/[a-z-]+)\)/.exec(fact)?.[1]).sort()).toEqual([
      'spark/disk-spill',
      'spark/gc-pressure',
      'spark/idle-cores',
    ]);
  });

  it('makes one finding of a loop that runs the same bad stage again and again', () => {
    const stages = Array.from({ length: 20 }, (_, stageId) => ({
      stageId,
      name: 'count at loop.py:3',
      from: 0,
      to: 40_000,
      tasks: skewed(20),
    }));
    const findings = skewOf([], { stages });
    expect(findings.map(({ title }) => title.split('; ')[1])).toEqual(['19 more stage attempts of the same code']);
  });

  it('shows the three worst places and counts the rest', () => {
    const stages = Array.from({ length: 5 }, (_, stageId) => ({
      stageId,
      from: 0,
      to: 40_000,
      tasks: skewed(20 + stageId),
    }));
    const findings = skewOf([], { stages });
    expect(findings).toHaveLength(3);
    const last = findings.find(({ title }) => title.endsWith('; and 2 more places in the code'));
    expect(last?.evidence[2]?.fact).toMatch(/^2 more places in the code with the same problem/);
  });

  it('is weighed without the spill of the skewed task too, which it explains [insight.effects-folded]', () => {
    const even = Array.from({ length: 3 }, () => ({ to: 1000, shuffleLocalBytesRead: 1e8 }));
    const hot = { to: 10_000, shuffleLocalBytesRead: 5e8 };
    const savedWith = (spill: object) =>
      found('spark/task-skew', oneStage([...even, { ...hot, ...spill }], { length: 10_000 }))[0]?.impact.seconds;
    // 13 s of work on four slots, and 8 s where the hot task takes the time a byte of the others.
    expect([savedWith({}), savedWith({ diskSpilledBytes: 2e8, memorySpilledBytes: 4e8 })]).toEqual([6.75, 8]);
  });

  it('does not claim a spill that all tasks share', () => {
    const spilling = skewed(20).map((task) => ({ ...task, diskSpilledBytes: 1e8, memorySpilledBytes: 2e8 }));
    expect(found('spark/disk-spill', oneStage(spilling, { length: 40_000 }))).toHaveLength(1);
  });
});
