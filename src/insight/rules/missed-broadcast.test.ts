import { describe, expect, it } from 'vitest';
import { readExample } from '../fixtures/examples.ts';
import { exchange, fileScan, oneQuery, raised, savedTaskMs, stageOf } from '../fixtures/plan-builder.ts';
import { missedBroadcast } from './missed-broadcast.ts';

const MIB = 1024 ** 2;

interface JoinSketch {
  readonly join?: string;
  readonly type?: string;
  readonly small?: number;
  readonly smallRows?: number;
  readonly large?: number;
  readonly spark?: Record<string, string>;
}

/** A million rows of orders joined with products; the writing stage ran 4 × 10 s, the joining stage 4 × 5 s. */
function joined({
  join = 'SortMergeJoin',
  type = 'Inner',
  small = MIB,
  smallRows = 500,
  large = 50 * MIB,
  spark = {},
}: JoinSketch) {
  const orders = exchange(1e6, large, fileScan('orders', { 'size of files read': 9, 'scan time': 4000 }));
  const products = exchange(smallRows, small, fileScan('products', { 'size of files read': 9 }));
  return oneQuery(
    { name: join, text: `${join} [id#1], [id#7], ${type}`, children: [orders, products] },
    [
      stageOf(0, 4, { to: 10_000, shuffleWriteRecords: 250_000, shuffleWriteBytes: large / 4 }, { rddIds: [1] }),
      stageOf(1, 1, { to: 10, shuffleWriteRecords: smallRows, shuffleWriteBytes: small }, { rddIds: [2] }),
      stageOf(2, 4, { to: 5000 }, { rddIds: [3], parentIds: [0, 1] }),
    ],
    { spark },
  );
}

const found = (sketch: JoinSketch) => raised(missedBroadcast, joined(sketch));

describe('spark/missed-broadcast', () => {
  it('finds a sort-merge join with a small side, gives the hint and takes shuffle and sort away [insight-plan-rules.rules-fire]', () => {
    const [one] = found({ spark: { 'spark.sql.autoBroadcastJoinThreshold': '-1' } });
    expect(one).toMatchObject({
      title: 'A sort-merge join shuffled 50 MiB to meet 1 MiB of products',
      stages: ['stages/0.0', 'stages/2.0'],
      conf: { 'spark.sql.autoBroadcastJoinThreshold': '10m' },
    });
    expect(one?.evidence.map(({ address }) => address)).toEqual(['sql/1/nodes/3', 'sql/1/nodes/1']);
    expect(one?.advice[0]).toContain('/*+ BROADCAST(products) */');
    // 80 % of what the writers ran beyond their scan, and of what the join ran.
    expect(one === undefined ? 0 : Math.round(savedTaskMs(one))).toBe(0.8 * (40_000 - 4000) + 0.8 * 20_000);
  });

  it('takes only what is known to be the join where a stage does other work [insight-plan-rules.rules-fire]', () => {
    const plain = joined({});
    const [execution] = plain.sqlExecutions;
    if (execution?.plan == null) throw new Error('The sketch has no plan.');
    const python = {
      ...execution.plan,
      name: 'MapInPandas',
      simpleString: 'MapInPandas',
      metrics: [],
      children: [execution.plan],
    };
    const heavy = { ...plain, sqlExecutions: [{ ...execution, plan: python }] };
    expect(savedTaskMs(raised(missedBroadcast, heavy)[0] as never)).toBeLessThan(
      savedTaskMs(raised(missedBroadcast, plain)[0] as never),
    );
  });

  it('fires at 32 MiB, at 100 MiB beside a hundred times as much, and at four times the rows [insight-plan-rules.thresholds]', () => {
    const fires = (sketch: JoinSketch) => found(sketch).length;
    expect([fires({ small: 32 * MIB }), fires({ small: 32 * MIB + 1 })]).toEqual([1, 0]);
    expect([fires({ small: 100 * MIB, large: 1e4 * MIB }), fires({ small: 100 * MIB, large: 9999 * MIB })]).toEqual([
      1, 0,
    ]);
    expect([fires({ smallRows: 250_000 }), fires({ smallRows: 250_004 })]).toEqual([1, 0]);
  });

  it('is silent about a broadcast that is there, and about sides that cannot be broadcast [insight-plan-rules.near-misses]', () => {
    expect(found({ join: 'BroadcastHashJoin' })).toEqual([]);
    expect(found({ type: 'FullOuter' })).toEqual([]);
    expect(found({ type: 'RightOuter' })).toEqual([]);
    expect(found({ type: 'LeftOuter' })).toHaveLength(1);
  });

  it('finds it in a real log and not in the healthy run of the same pipeline [insight-plan-rules.real-logs]', async () => {
    const [slow] = raised(missedBroadcast, await readExample('local-1795245906434.zstd'));
    expect(slow?.title).toBe('A sort-merge join shuffled 101 MiB to meet 2.14 MiB of customers');
    expect(raised(missedBroadcast, await readExample('local-1795245870234.zstd'))).toEqual([]);
  });
});
