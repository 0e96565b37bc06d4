import { describe, expect, it } from 'vitest';
import { readExample } from '../fixtures/examples.ts';
import { exchange, oneQuery, raised, stageOf } from '../fixtures/plan-builder.ts';
import { AQE_OFF, shuffledQuery } from '../fixtures/shuffled-query.ts';
import { aqeDisabled } from './aqe-disabled.ts';

const MIB = 1024 ** 2;

describe('spark/aqe-disabled', () => {
  it('finds a query whose small partitions AQE would have merged [insight-plan-rules.rules-fire]', () => {
    const [found] = raised(aqeDisabled, shuffledQuery(200, { spark: AQE_OFF }));
    expect(found?.title).toContain('AQE is off');
    expect(found?.conf).toEqual({ 'spark.sql.adaptive.enabled': 'true' });
    expect(found?.changes).toEqual([{ kind: 'repartition', stageRow: 1, taskCount: 4, overheadMs: 40 }]);
  });

  it('finds a skewed join that AQE would have split, by the application’s own threshold [insight-plan-rules.rules-fire]', () => {
    const join = (largest: number, spark = {}) => {
      const side = exchange(1000, MIB, { name: 'Range' });
      const tasks = [1, 1, 1, largest].map((bytes) => ({ to: 1000, shuffleLocalBytesRead: bytes * MIB }));
      return oneQuery({ name: 'SortMergeJoin', children: [side, side] }, [stageOf(0, 4, {}, { tasks })], {
        spark: { ...AQE_OFF, ...spark },
      });
    };
    expect(raised(aqeDisabled, join(256))[0]?.changes).toEqual([{ kind: 'even-out', stageRow: 0 }]);
    expect(raised(aqeDisabled, join(255))).toEqual([]);
    const lower = { 'spark.sql.adaptive.skewJoin.skewedPartitionThresholdInBytes': '5m' };
    expect([raised(aqeDisabled, join(5, lower)).length, raised(aqeDisabled, join(4.9, lower)).length]).toEqual([1, 0]);
  });

  it('fires at twice what would do and 24 tasks [insight-plan-rules.thresholds]', () => {
    expect([
      raised(aqeDisabled, shuffledQuery(24, { spark: AQE_OFF })).length,
      raised(aqeDisabled, shuffledQuery(23, { spark: AQE_OFF })).length,
    ]).toEqual([1, 0]);
  });

  it('is silent where AQE is on, or off with one partition, or for micro-batches [insight-plan-rules.near-misses]', () => {
    expect(raised(aqeDisabled, shuffledQuery(200, { aqe: true }))).toEqual([]);
    expect(raised(aqeDisabled, shuffledQuery(200))).toEqual([]);
    expect(raised(aqeDisabled, shuffledQuery(1, { spark: AQE_OFF, ms: 50_000 }))).toEqual([]);
    const batches = shuffledQuery(200);
    const [query] = batches.sqlExecutions;
    const streaming = { ...batches, streamingQueries: [{} as never] };
    expect(query === undefined).toBe(false);
    expect(
      raised(aqeDisabled, {
        ...streaming,
        sqlExecutions: [{ ...(query as NonNullable<typeof query>), modifiedConfigs: AQE_OFF }],
      }),
    ).toEqual([]);
  });

  it('finds it in a real log and not in the healthy run of the same pipeline [insight-plan-rules.real-logs]', async () => {
    const found = raised(aqeDisabled, await readExample('local-1795245906434.zstd'));
    expect(found[0]?.title).toContain('kept 400 shuffle partitions of ');
    expect(raised(aqeDisabled, await readExample('local-1795245870234.zstd'))).toEqual([]);
  });
});
