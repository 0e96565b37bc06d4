import { describe, expect, it } from 'vitest';
import { buildApplication, oneStage, planNode } from '../fixtures/application-builder.ts';
import { found, suspected } from '../fixtures/found.ts';

const GIB = 1024 ** 3;
const MIB = 1024 ** 2;

describe('spark/idle-cores', () => {
  const idleOf = (taskMs: number, parts = {}) =>
    found('spark/idle-cores', oneStage([{ to: taskMs, inputRecords: 5 }], { length: 20_000, ...parts }));

  it('finds cores without a task while jobs run, and the stage with too few tasks', () => {
    const [finding] = idleOf(20_000);
    expect(finding).toMatchObject({
      severity: 'warning',
      title: '75 % of the cores were idle while jobs ran',
      impact: { seconds: 60, share: 0.75, share_of: 'core_time', core_hours: 0.0167 },
    });
    expect(finding?.evidence[1]).toMatchObject({
      address: 'stages/0.0',
      fact: 'Stage 0 (count at orders.py:0) ran 1 task on 4 slots for 20 s: 1 min of core time without a task.',
    });
  });

  it('fires at 40 % and not below it', () => {
    const busy = (share: number) =>
      found(
        'spark/idle-cores',
        oneStage(
          Array.from({ length: 4 }, () => ({ to: 20_000 * share })),
          { length: 20_000 },
        ),
      );
    expect([busy(0.6).length, busy(0.61).length]).toEqual([1, 0]);
  });

  it('does not judge jobs of less than ten seconds', () => {
    expect(idleOf(9900, { length: 9900 })).toEqual([]);
  });

  it('counts an executor only while it is there', () => {
    const executors = [
      { executorId: '1', totalCores: 1 },
      { executorId: '2', totalCores: 8, from: 19_000, to: 20_000 },
    ];
    expect(idleOf(20_000, { executors })).toEqual([]);
  });

  it('says nothing where the log does not tell the cores', () => {
    expect(idleOf(20_000, { executors: [] })).toEqual([]);
  });
});

describe('spark/driver-gap', () => {
  const gapsOf = (gapMs: number, parts = {}) =>
    found(
      'spark/driver-gap',
      buildApplication({
        length: 40_000,
        jobs: [
          { jobId: 0, from: 0, to: 10_000 },
          { jobId: 1, from: 10_000 + gapMs, to: 40_000 },
        ],
        ...parts,
      }),
    );

  it('finds the time between jobs and says between which', () => {
    const [finding] = gapsOf(20_000);
    expect(finding).toMatchObject({
      severity: 'warning',
      title: 'No job ran for 20 s (50 % of the run)',
      impact: { seconds: 19.5, share: 0.4875, share_of: 'wall_time', basis: 'replay' },
    });
    expect(finding?.evidence[0]).toMatchObject({
      address: 'jobs/0',
      fact: '20 s after job 0 (count at orders.py:0) and before job 1 (count at orders.py:1).',
      value: 20_000,
    });
  });

  it('fires at a fifth of the run, or at a minute, and not below both', () => {
    const long = (gapMs: number) =>
      found(
        'spark/driver-gap',
        buildApplication({
          length: 600_000,
          jobs: [
            { jobId: 0, to: 10_000 },
            { jobId: 1, from: 10_000 + gapMs, to: 600_000 },
          ],
        }),
      );
    expect([gapsOf(8000).length, gapsOf(7900).length, long(60_000).length, long(59_900).length]).toEqual([1, 0, 1, 0]);
  });

  it('does not blame a shell or a stream for waiting', () => {
    const [finding] = gapsOf(20_000, { name: 'PySparkShell' });
    expect([finding?.severity, finding?.impact.basis]).toEqual(['info', 'observed']);
  });

  it('does not take start-up for a gap', () => {
    const application = buildApplication({ length: 12_000, jobs: [{ jobId: 0, from: 8000, to: 12_000 }] });
    expect(found('spark/driver-gap', application)).toEqual([]);
  });
});

describe('spark/tiny-partitions', () => {
  const tinyOf = (count: number, ms: number, parts = {}) =>
    suspected(
      'spark/tiny-partitions',
      oneStage(
        Array.from({ length: count }, (_, index) => ({
          from: Math.floor(index / 4) * ms,
          to: (Math.floor(index / 4) + 1) * ms,
          shuffleLocalBytesRead: 1000,
        })),
        { length: (count / 4) * ms, ...parts },
      ),
    );

  it('finds a stage of many short tasks over little data and says how many would do', () => {
    const [finding] = tinyOf(2000, 20);
    expect(finding).toMatchObject({
      severity: 'warning',
      title: 'Stage 0 (count at orders.py:0) ran 2,000 tiny tasks, median 20 ms',
      impact: { seconds: 9.98, share: 0.998 },
    });
    expect(finding?.evidence[0]?.fact).toBe('2,000 tasks read 1.91 MiB in all, 1000 B at the median; 4 would do.');
  });

  it('fires at 200 tasks and a median of 100 ms and not beyond', () => {
    expect([tinyOf(200, 100).length, tinyOf(199, 100).length, tinyOf(200, 101).length]).toEqual([1, 0, 0]);
  });

  it('advises on the setting that made them', () => {
    const tasks = Array.from({ length: 400 }, (_, index) => ({ from: index * 20, to: index * 20 + 20 }));
    const [finding] = tinyOf(0, 20, {
      length: 8000,
      stages: [{ stageId: 0, sqlExecutionId: 1, from: 0, to: 8000, tasks }],
      sqlExecutions: [{ executionId: 1, plan: planNode('HashAggregate') }],
      spark: { 'spark.sql.shuffle.partitions': '400', 'spark.sql.adaptive.enabled': 'false' },
    });
    expect(finding?.advice).toEqual([
      'Set spark.sql.adaptive.enabled=true: AQE joins small shuffle partitions.',
      'Set spark.sql.shuffle.partitions=4 (now 400) or repartition(4).',
    ]);
  });
});

describe('spark/huge-partitions', () => {
  const hugeOf = (bytes: number, parts = {}, count = 4) =>
    suspected(
      'spark/huge-partitions',
      oneStage(Array.from({ length: count }, () => ({ to: 60_000, shuffleRemoteBytesRead: bytes, ...parts }))),
    );

  it('fires at a gigabyte a task, at 256 MiB that spill, and at 128 MiB beside idle cores', () => {
    expect([
      hugeOf(GIB).length,
      hugeOf(GIB - 1).length,
      hugeOf(256 * MIB, { diskSpilledBytes: 1 }).length,
      hugeOf(255 * MIB, { diskSpilledBytes: 1 }).length,
      hugeOf(128 * MIB, {}, 1).length,
      hugeOf(127 * MIB, {}, 1).length,
    ]).toEqual([1, 0, 1, 0, 1, 0]);
  });

  it('leaves one large partition among small ones to spark/task-skew', () => {
    const tasks = [
      ...Array.from({ length: 7 }, () => ({ to: 1000, shuffleRemoteBytesRead: MIB })),
      { to: 50_000, shuffleRemoteBytesRead: 6 * GIB },
    ];
    const application = oneStage(tasks);
    expect([found('spark/huge-partitions', application).length, found('spark/task-skew', application).length]).toEqual([
      0, 1,
    ]);
  });
});

describe('spark/shuffle-fetch-wait', () => {
  const waitOf = (waitMs: number) =>
    found(
      'spark/shuffle-fetch-wait',
      oneStage(
        [
          {
            to: 20_000,
            shuffleFetchWaitTimeMs: waitMs,
            shuffleRemoteBytesRead: 10 * MIB,
            shuffleRemoteBlocksFetched: 1000,
          },
        ],
        { length: 20_000 },
      ),
    );

  it('finds the time that tasks stood still for shuffle blocks, and their size', () => {
    const [finding] = waitOf(10_000);
    expect(finding).toMatchObject({ severity: 'warning', impact: { seconds: 10, share: 0.5, basis: 'replay' } });
    expect(finding?.evidence.map(({ fact }) => fact)).toEqual([
      'Fetch wait 10 s of 20 s run time.',
      '10 MiB came from other executors in 1000 blocks, 10.2 KiB each.',
    ]);
    expect(finding?.advice[0]).toContain('The blocks are tiny');
  });

  it('fires at a tenth of the run time and not below it', () => {
    expect([waitOf(2000).length, waitOf(1990).length]).toEqual([1, 0]);
  });
});
