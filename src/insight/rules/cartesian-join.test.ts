import { describe, expect, it } from 'vitest';
import { fileScan, oneQuery, raised, stageOf } from '../fixtures/plan-builder.ts';
import { cartesianJoin } from './cartesian-join.ts';

function crossed(left: number, right: number, out: number, text = 'CartesianProduct (x#1 < y#2)') {
  const name = text.split(' ')[0] ?? '';
  const sides = [left, right].map((rows) => fileScan('t', { 'number of output rows': rows }));
  return oneQuery({ name, text, metrics: { 'number of output rows': out }, children: sides }, [
    stageOf(0, 4, { to: 10_000 }),
  ]);
}

describe('spark/cartesian-join', () => {
  it('finds all pairs behind a condition and scales the stage to both sides and the result [insight-plan-rules.rules-fire]', () => {
    const [found] = raised(cartesianJoin, crossed(10_000, 10_000, 5000));
    expect(found?.title).toBe('A join without an equality compared 10,000 × 10,000 rows');
    expect(found?.evidence[0]).toMatchObject({ address: 'sql/1/nodes/0', value: 1e8 });
    expect(found?.changes).toEqual([{ kind: 'scale-tasks', stageRow: 0, factor: 25_000 / 1e8 }]);
  });

  it('scales a join without any condition to its larger side [insight-plan-rules.rules-fire]', () => {
    const [found] = raised(cartesianJoin, crossed(20_000, 1000, 2e7, 'BroadcastNestedLoopJoin BuildRight, Cross'));
    expect(found?.title).toBe('A join without a condition compared 20,000 × 1,000 rows');
    expect(found?.changes).toMatchObject([{ factor: 41_000 / 2e7 }]);
  });

  it('fires at a million pairs and ten rows on the smaller side [insight-plan-rules.thresholds]', () => {
    const fires = (left: number, right: number) => raised(cartesianJoin, crossed(left, right, 1)).length;
    expect([fires(1000, 1000), fires(999, 1000)]).toEqual([1, 0]);
    expect([fires(1e6, 10), fires(1e6, 9)]).toEqual([1, 0]);
  });

  it('takes a join that counts its rows and has no count for one without a result, unless the query failed', () => {
    const name = 'BroadcastNestedLoopJoin';
    const sides = [2000, 2000].map((rows) => fileScan('t', { 'number of output rows': rows }));
    const join = (metrics: Record<string, number>, status: 'COMPLETED' | 'FAILED') => {
      const application = oneQuery({ name, text: `${name} BuildRight, Inner, (x#1 < y#2)`, metrics, children: sides }, [
        stageOf(0, 4, { to: 10_000 }),
      ]);
      const [execution] = application.sqlExecutions;
      if (execution === undefined) throw new Error('no query');
      const values = new Map([...execution.metricValues].filter(([, value]) => value !== 0));
      return raised(cartesianJoin, {
        ...application,
        sqlExecutions: [{ ...execution, metricValues: values, status }],
      });
    };
    const counted = { 'number of output rows': 0 };
    expect(join(counted, 'COMPLETED')[0]?.changes).toMatchObject([{ factor: 4000 / 4e6 }]);
    expect([join(counted, 'FAILED').length, join({}, 'COMPLETED').length]).toEqual([0, 0]);
  });

  it('is silent about tiny sides and about joins by key [insight-plan-rules.near-misses]', () => {
    expect(raised(cartesianJoin, crossed(1000, 20, 20_000))).toEqual([]);
    expect(raised(cartesianJoin, crossed(1e6, 1e6, 1e6, 'SortMergeJoin [a#1], [b#2], Inner'))).toEqual([]);
  });
});
