import { describe, expect, it } from 'vitest';
import type { StoredRdd } from '../../eventlog/index.ts';
import { buildApplication } from '../fixtures/application-builder.ts';
import { raised, savedTaskMs, sketchPlan } from '../fixtures/plan-builder.ts';
import { readRecorded } from '../fixtures/recorded.ts';
import { cacheMisuse } from './cache-misuse.ts';

const RDD: StoredRdd = {
  rddId: 4,
  name: '*(1) Project [id#1 AS sensor#2]\n+- *(1) Range',
  partitionCount: 2,
  cachedPartitionCount: 0,
  storageLevel: 'Disk Memory Deserialized 1x Replicated',
  memoryBytes: 0,
  diskBytes: 0,
  unpersisted: false,
  distribution: [],
  blocks: [],
};

/** Queries on a cached table; each builds it or not, and reads it. `sql` null for RDD jobs. */
function cached(builders: readonly boolean[], taskMs = 10_000, sql = true) {
  let stageId = 0;
  const stages = builders.flatMap((builds, query) => {
    const common = { sqlExecutionId: sql ? query : null, jobIds: [query] };
    const reading = { ...common, stageId: stageId++, rddIds: [10 + query, 4, 1], tasks: [{ to: 100 }] };
    return builds ? [{ ...common, stageId: stageId++, rddIds: [4, 1], tasks: [{ to: taskMs }] }, reading] : [reading];
  });
  return buildApplication({ rdds: [RDD], stages: stages.sort((a, b) => a.stageId - b.stageId) });
}

/** Two uses of a cached table of 1,000 rows; the second computes some of them again. */
function evicted(again: number | null) {
  const use = (computed: number | null) => ({
    name: 'InMemoryTableScan',
    metrics: { 'number of output rows': 1000 },
    children: [{ name: 'Filter', metrics: { 'number of output rows': computed } }],
  });
  const first = sketchPlan(use(1000));
  const second = sketchPlan(use(again));
  return buildApplication({
    sqlExecutions: [
      { executionId: 0, ...first },
      { executionId: 1, ...second },
    ],
    stages: [0, 1].map((id) => ({
      stageId: id,
      sqlExecutionId: id,
      rddIds: [id],
      tasks: [{ to: 10_000, inputRecords: 1000 }],
    })),
  });
}

describe('spark/cache-misuse', () => {
  it('finds a table that was cached and read once, on one line [insight-plan-rules.rules-fire]', () => {
    const [found] = raised(cacheMisuse, cached([true]));
    expect(found?.title).toBe('A cached table was read only once: «*(1) Project [id AS sensor]»');
    expect(found?.stages).toEqual(['stages/1.0']);
    expect(found === undefined ? 0 : savedTaskMs(found)).toBe(5000);
  });

  it('takes less from an RDD outside of SQL [insight-plan-rules.rules-fire]', () => {
    const [found] = raised(cacheMisuse, cached([true], 10_000, false));
    expect(found === undefined ? 0 : savedTaskMs(found)).toBe(1000);
  });

  it('finds a table that did not stay in memory by the rows that were computed again [insight-plan-rules.rules-fire]', () => {
    const [found] = raised(cacheMisuse, evicted(600));
    expect(found?.title).toBe('A cached table did not stay in memory: 60 % of it was computed again on each use');
    expect(found === undefined ? 0 : savedTaskMs(found)).toBeCloseTo(4800);
  });

  it('fires at a fifth computed again, and at a second of building [insight-plan-rules.thresholds]', () => {
    expect([raised(cacheMisuse, evicted(200)).length, raised(cacheMisuse, evicted(199)).length]).toEqual([1, 0]);
    expect([raised(cacheMisuse, cached([true], 1000)).length, raised(cacheMisuse, cached([true], 999)).length]).toEqual(
      [1, 0],
    );
  });

  it('is silent about a table that a second query reads from memory [insight-plan-rules.near-misses]', () => {
    expect(raised(cacheMisuse, cached([true, false]))).toEqual([]);
    expect(raised(cacheMisuse, evicted(null))).toEqual([]);
  });

  it('is silent about the real logs in which tables are cached and read again [insight-plan-rules.real-logs]', async () => {
    for (const id of ['3.5/cached', '4.3/cached']) {
      const [application] = await readRecorded(id);
      expect(application === undefined ? [] : raised(cacheMisuse, application)).toEqual([]);
    }
  });
});
