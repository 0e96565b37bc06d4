import { describe, expect, it } from 'vitest';
import { oneQuery, raised, savedTaskMs, stageOf } from '../fixtures/plan-builder.ts';
import { copyOnWrite } from './copy-on-write.ts';

const SPARK_COPIED = 'number of target rows copied unmodified because they did not match any action';

function merged(copied: number, updated: number, name = SPARK_COPIED) {
  const metrics = { [name]: copied, 'number of target rows updated': updated, 'number of target rows inserted': 0 };
  return oneQuery({ name: 'MergeRows', metrics }, [stageOf(0, 4, { to: 10_000 })]);
}

describe('spark/copy-on-write', () => {
  it('finds a merge that wrote far more rows again than it changed [insight-plan-rules.rules-fire]', () => {
    const [found] = raised(copyOnWrite, merged(990_000, 10_000));
    expect(found?.title).toBe('990,000 unchanged rows were written again to change 10,000');
    expect(found?.evidence[0]?.address).toBe('sql/1/nodes/0');
    expect(found === undefined ? 0 : savedTaskMs(found)).toBeCloseTo(40_000 * 0.98);
  });

  it('knows the metric of Delta Lake [insight-plan-rules.rules-fire]', () => {
    expect(raised(copyOnWrite, merged(990_000, 10_000, 'number of target rows rewritten unmodified'))).toHaveLength(1);
  });

  it('fires from 100,000 copied rows and up to 30 % changed [insight-plan-rules.thresholds]', () => {
    const fires = (copied: number, updated: number) => raised(copyOnWrite, merged(copied, updated)).length;
    expect([fires(100_000, 1), fires(99_999, 1)]).toEqual([1, 0]);
    expect([fires(700_000, 300_000), fires(700_000, 300_001)]).toEqual([1, 0]);
  });

  it('is silent about a merge that changes most rows, and without the metric [insight-plan-rules.near-misses]', () => {
    expect(raised(copyOnWrite, merged(200_000, 900_000))).toEqual([]);
    expect(raised(copyOnWrite, merged(1e6, 1, 'number of output rows'))).toEqual([]);
  });
});
