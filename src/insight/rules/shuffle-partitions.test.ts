import { describe, expect, it } from 'vitest';
import { oneStage } from '../fixtures/application-builder.ts';
import { raised } from '../fixtures/plan-builder.ts';
import { AQE_OFF, shuffledQuery } from '../fixtures/shuffled-query.ts';
import { shufflePartitions } from './shuffle-partitions.ts';

const MIB = 1024 ** 2;

describe('spark/shuffle-partitions', () => {
  it('finds a repartition into far too many and proposes what the data fills [insight-plan-rules.rules-fire]', () => {
    const [found] = raised(shufflePartitions, shuffledQuery(400, { how: 'REPARTITION_BY_NUM', aqe: true }));
    expect(found?.title).toContain('read 977 KiB of shuffle in 400 partitions');
    expect(found?.advice[0]).toContain('Use repartition(4) in place of repartition(400)');
    expect(found?.changes).toEqual([{ kind: 'repartition', stageRow: 1, taskCount: 4, overheadMs: 40 }]);
  });

  it('proposes the property where the planner made them by a number that somebody set [insight-plan-rules.exact-advice]', () => {
    const [found] = raised(
      shufflePartitions,
      shuffledQuery(400, { spark: { ...AQE_OFF, 'spark.sql.shuffle.partitions': '400' } }),
    );
    expect(found?.advice).toEqual(['Set spark.sql.shuffle.partitions=4 (now 400).']);
    expect(found?.conf).toEqual({ 'spark.sql.shuffle.partitions': '4' });
  });

  it('fires at four times what would do, 24 tasks, 500 ms and 1 MiB, and not beyond [insight-plan-rules.thresholds]', () => {
    const many = (count: number, parts = {}) =>
      raised(shufflePartitions, shuffledQuery(count, { how: 'REPARTITION_BY_NUM', ...parts })).length;
    expect([many(24), many(23)]).toEqual([1, 0]);
    expect([many(40, { ms: 500 }), many(40, { ms: 501 })]).toEqual([1, 0]);
    expect([many(40, { bytes: 40 * MIB }), many(40, { bytes: 40 * MIB + 40 })]).toEqual([1, 0]);
    const wide = (count: number) => many(count, { bytes: 8 * 64 * MIB, task: { shuffleLocalBytesRead: 1 } });
    expect(wide(400)).toBe(1);
  });

  it('finds too few where partitions are huge, or a chosen number makes most tasks spill [insight-plan-rules.rules-fire]', () => {
    const huge = (bytes: number) => raised(shufflePartitions, shuffledQuery(4, { bytes, ms: 50_000 })).length;
    expect([huge(4 * 384 * MIB), huge(4 * 384 * MIB - 4)]).toEqual([1, 0]);
    const spilling = {
      bytes: 8 * MIB,
      ms: 50_000,
      task: { diskSpilledBytes: 1e6, memorySpilledBytes: 3e6, peakExecutionMemoryBytes: 1e6 },
    };
    const [chosen] = raised(
      shufflePartitions,
      shuffledQuery(2, { ...spilling, spark: { 'spark.sql.shuffle.partitions': '2' } }),
    );
    expect(chosen?.conf).toEqual({ 'spark.sql.shuffle.partitions': '8' });
    expect(raised(shufflePartitions, shuffledQuery(2, spilling))).toEqual([]);
  });

  it('finds a chosen number below half of the slots [insight-plan-rules.rules-fire]', () => {
    const two = { ms: 20_000, length: 20_000, spark: { 'spark.sql.shuffle.partitions': '2' } };
    expect(raised(shufflePartitions, shuffledQuery(2, two))[0]?.conf).toEqual({ 'spark.sql.shuffle.partitions': '4' });
    expect(raised(shufflePartitions, shuffledQuery(3, two))).toEqual([]);
  });

  it('finds an RDD operation of a thousand partitions [insight-plan-rules.rules-fire]', () => {
    const tasks = Array.from({ length: 1000 }, () => ({ to: 30, executorRunTimeMs: 5, shuffleLocalBytesRead: 100 }));
    const [found] = raised(shufflePartitions, oneStage(tasks));
    expect(found?.advice[0]).toContain('Pass numPartitions=4');
  });

  it('leaves what the planner chose by default to the rules about AQE [insight-plan-rules.near-misses]', () => {
    expect(raised(shufflePartitions, shuffledQuery(200, { spark: AQE_OFF }))).toEqual([]);
    expect(raised(shufflePartitions, shuffledQuery(200, { aqe: true }))).toEqual([]);
  });
});
