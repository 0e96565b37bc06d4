import { describe, expect, it } from 'vitest';
import { raised } from '../fixtures/plan-builder.ts';
import { AQE_OFF, shuffledQuery } from '../fixtures/shuffled-query.ts';
import { aqeIneffective } from './aqe-ineffective.ts';

describe('spark/aqe-ineffective', () => {
  it('names the property that keeps AQE from merging [insight-plan-rules.rules-fire]', () => {
    const spark = { 'spark.sql.adaptive.coalescePartitions.enabled': 'false' };
    const [found] = raised(aqeIneffective, shuffledQuery(200, { aqe: true, spark }));
    expect(found?.advice).toEqual([
      'Remove spark.sql.adaptive.coalescePartitions.enabled (now false), so that AQE merges small partitions.',
    ]);
    expect(found?.conf).toEqual({ 'spark.sql.adaptive.coalescePartitions.enabled': 'true' });
  });

  it('fires at twice what would do and 24 tasks, and not where somebody chose the number [insight-plan-rules.thresholds]', () => {
    const fires = (count: number, how = 'ENSURE_REQUIREMENTS') =>
      raised(aqeIneffective, shuffledQuery(count, { aqe: true, how })).length;
    expect([fires(24), fires(23), fires(200, 'REPARTITION_BY_NUM')]).toEqual([1, 0, 0]);
  });

  it('is silent where AQE is off: that is another rule [insight-plan-rules.near-misses]', () => {
    expect(raised(aqeIneffective, shuffledQuery(200, { spark: AQE_OFF }))).toEqual([]);
  });
});
