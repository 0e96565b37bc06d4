import { describe, expect, it } from 'vitest';
import { describeRun } from '../facts/run.ts';
import { type ApplicationSketch, oneStage, START } from '../fixtures/application-builder.ts';
import { readRecorded } from '../fixtures/recorded.ts';
import { slowStart } from './slow-start.ts';

const found = (waitMs: number, parts: ApplicationSketch = {}, length = 600_000) =>
  slowStart.evaluate(
    describeRun(
      oneStage([{ from: waitMs, to: waitMs + 1000 }], {
        length,
        jobs: [{ jobId: 0, stageIds: [0], from: waitMs }],
        stages: [{ stageId: 0, jobIds: [0], from: waitMs, tasks: [{ from: waitMs, to: waitMs + 1000 }] }],
        executors: [{ executorId: '1', from: waitMs }],
        ...parts,
      }),
    ),
  );

describe('spark/slow-start', () => {
  it('finds a long wait for the first executor, and saves what is not normal of it [insight-resource-rules.slow-start]', () => {
    const [finding] = found(150_000);
    expect(finding).toMatchObject({
      title: 'The run waited 2 min 30 s for its first executor (25 % of the run)',
      changes: [{ kind: 'save-driver-time', from: START, to: START + 150_000, savedMs: 120_000 }],
      impact: { seconds: 120, share: 0.2, share_of: 'wall_time' },
    });
    expect(finding?.evidence[0]).toMatchObject({ address: 'executors/1', metric: 'executor_wait_ms', value: 150_000 });
  });

  it('fires at a minute and 5 % of the run, and not below either', () => {
    expect([found(60_000).length, found(59_999).length]).toEqual([1, 0]);
    expect([found(60_000, {}, 1_200_000).length, found(60_000, {}, 1_200_001).length]).toEqual([1, 0]);
  });

  it('claims no replay of a wait that lies inside a job', () => {
    const early = { jobs: [{ jobId: 0, stageIds: [0], from: 1000 }] };
    const [finding] = found(150_000, early);
    expect(finding?.changes).toBeUndefined();
    expect(finding?.impact).toMatchObject({ seconds: 120, basis: 'observed' });
  });

  /** The first stage is submitted at 10 s, the first executor comes at 12 s, the first task starts as given. */
  const held = (firstTask: number, spark: Record<string, string>, executorAt = 12_000) =>
    found(firstTask, {
      length: 100_000,
      jobs: [{ jobId: 0, stageIds: [0], from: 10_000 }],
      stages: [{ stageId: 0, jobIds: [0], from: 10_000, tasks: [{ from: firstTask, to: firstTask + 1000 }] }],
      executors: [{ executorId: '1', from: executorAt }],
      spark,
    });

  it('finds a first stage that waits for more executors than it needs', () => {
    const waits = { 'spark.scheduler.minRegisteredResourcesRatio': '0.8' };
    expect(held(26_000, waits)[0]).toMatchObject({
      title: 'The first stage waited 14 s for more executors although some were there',
      impact: { seconds: 14, share: 0.14, basis: 'observed' },
      conf: { 'spark.scheduler.minRegisteredResourcesRatio': '0' },
    });
    expect([held(17_000, waits).length, held(16_999, waits).length]).toEqual([1, 0]);
    expect(held(26_000, {})).toEqual([]);
    expect(held(26_000, { 'spark.master': 'yarn' })).toHaveLength(1);
  });

  /** Executors of 4 cores come at 4 s and 6 s, the first job at 11 s. */
  const registered = (spark: Record<string, string>, job = 11_000, moreAt = 6000) =>
    found(job, {
      length: 60_000,
      executors: [
        { executorId: '1', from: 4000 },
        { executorId: '2', from: moreAt },
      ],
      spark: {
        'spark.master': 'spark://host:7077',
        'spark.cores.max': '20',
        'spark.scheduler.minRegisteredResourcesRatio': '0.8',
        'spark.scheduler.maxRegisteredResourcesWaitingTime': '10s',
        ...spark,
      },
    });

  it('finds a run that took no job until the time for executors was up', () => {
    const [finding] = registered({});
    expect(finding).toMatchObject({
      title: 'The run waited 5 s for more executors although some were there',
      // 4 cores from 4 s and 4 from 6 s, to 10 s.
      changes: [{ kind: 'save-driver-time', from: START + 4000, to: START + 10_000, savedMs: 5000 }],
      conf: { 'spark.scheduler.minRegisteredResourcesRatio': '0' },
    });
    expect(finding?.evidence[0]?.fact).toContain('10 s after the start, with 8 of 20 cores');
    expect(registered({}, 9999)).toEqual([]);
    expect(registered({ 'spark.scheduler.minRegisteredResourcesRatio': '0' })).toEqual([]);
    expect(registered({ 'spark.cores.max': 'many' })).toEqual([]);
  });

  it('counts the wait to the executor that made enough, from 3 s of a mean core on', () => {
    const eight = { 'spark.cores.max': '8', 'spark.scheduler.minRegisteredResourcesRatio': '1' };
    // From 10 s on the second one comes when the time is up: 4 cores waited 6 s.
    expect([registered(eight, 11_000, 9999).length, registered(eight, 11_000, 10_000).length]).toEqual([0, 1]);
    const later = { ...eight, 'spark.scheduler.maxRegisteredResourcesWaitingTime': '30s' };
    expect([registered(later, 11_000, 9999).length, registered(later, 11_000, 10_000).length]).toEqual([0, 1]);
  });

  it('counts executors on YARN, four fifths of those that were asked for at first', () => {
    const yarn = (spark: Record<string, string>) => registered({ 'spark.master': 'yarn', ...spark });
    const ratio = { 'spark.scheduler.minRegisteredResourcesRatio': '' };
    expect(yarn({ ...ratio, 'spark.executor.instances': '2' })).toEqual([]);
    expect(yarn({ 'spark.executor.instances': '3' })[0]?.evidence[0]?.fact).toContain('with 2 of 3 executors');
    const dynamic = { 'spark.dynamicAllocation.enabled': 'true', 'spark.dynamicAllocation.initialExecutors': '4' };
    expect(yarn(dynamic)[0]?.evidence[0]?.fact).toContain('with 2 of 4 executors');
  });

  it('finds dynamic allocation that asks late', () => {
    const asks = (timeout: string) => ({
      'spark.dynamicAllocation.enabled': 'true',
      'spark.dynamicAllocation.schedulerBacklogTimeout': timeout,
    });
    expect(held(27_000, asks('12s'), 26_000)[0]).toMatchObject({
      title: 'The first stage waited 12 s before executors were asked for',
      impact: { seconds: 11, share: 0.11 },
      conf: { 'spark.dynamicAllocation.schedulerBacklogTimeout': '1s' },
    });
    expect([held(27_000, asks('6s'), 26_000).length, held(27_000, asks('5s'), 26_000).length]).toEqual([1, 0]);
    expect(held(27_000, asks('12s'), 21_999)).toEqual([]);
  });

  it('has nothing to recover in local mode, where only a JVM starts [insight-resource-rules.near-misses]', () => {
    expect(found(150_000, { executors: [{ executorId: 'driver', from: 150_000 }] })).toEqual([]);
  });

  it('does not take a lost beginning for a start [insight-resource-rules.absent-metrics]', () => {
    expect(found(150_000, { startTime: null })).toEqual([]);
    expect(found(150_000, { executors: [{ executorId: '1', from: null as unknown as number }] })).toEqual([]);
  });

  it('accepts the 13 s of a real standalone cluster, and finds them when they count', async () => {
    const [application] = await readRecorded('4.3/speculation');
    if (application === undefined) throw new Error('no application');
    expect(slowStart.evaluate(describeRun(application))).toEqual([]);
    const [finding] = slowStart.evaluate(describeRun(application), { min_wait_ms: 10_000, normal_wait_ms: 5000 });
    expect(finding?.evidence[0]?.value).toBe(13_577);
  });
});
