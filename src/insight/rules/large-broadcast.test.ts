import { describe, expect, it } from 'vitest';
import { START } from '../fixtures/application-builder.ts';
import { fileScan, oneQuery, raised, stageOf } from '../fixtures/plan-builder.ts';
import { largeBroadcast } from './large-broadcast.ts';

const MIB = 1024 ** 2;

/** A table that is collected for 10 s, 4 of them in tasks, built in 5 and sent in 3; then joined from 20 s on. */
function broadcast(bytes: number, rows: number, otherRows: number, spark = {}) {
  const table = {
    name: 'BroadcastExchange',
    text: 'BroadcastExchange HashedRelationBroadcastMode(List(input[0, bigint, false]),false), [plan_id=9]',
    metrics: {
      'data size': bytes,
      'number of output rows': rows,
      'time to collect': 10_000,
      'time to build': 5000,
      'time to broadcast': 3000,
    },
    children: [fileScan('orders', { 'number of output rows': rows })],
  };
  const other = fileScan('visits', { 'number of output rows': otherRows });
  return oneQuery(
    { name: 'BroadcastHashJoin', children: [other, table] },
    [
      stageOf(0, 4, { to: 4000, inputRecords: rows / 4 }, { from: 0, to: 4000 }),
      stageOf(1, 4, { from: 20_000, to: 30_000, inputRecords: otherRows / 4 }, { from: 20_000, to: 30_000 }),
    ],
    { spark },
  );
}

describe('spark/large-broadcast', () => {
  it('finds a large table beside a smaller one and takes the driver’s time away [insight-plan-rules.rules-fire]', () => {
    const [found] = raised(largeBroadcast, broadcast(256 * MIB, 2e6, 400_000));
    expect(found?.title).toBe('256 MiB were broadcast to meet 400,000 rows');
    expect(found?.evidence[1]).toMatchObject({ address: 'sql/1/nodes/2', value: 14_000 });
    expect(found?.advice[0]).toContain('Broadcast the other side');
    expect(found?.changes).toEqual([
      { kind: 'save-driver-time', from: START + 4000, to: START + 20_000, savedMs: 14_000 },
    ]);
  });

  it('counts what a shuffle of both sides takes where the other side is larger [insight-plan-rules.rules-fire]', () => {
    const [found] = raised(
      largeBroadcast,
      broadcast(256 * MIB, 2e6, 4e6, { 'spark.sql.autoBroadcastJoinThreshold': '1g' }),
    );
    expect(found?.changes).toMatchObject([{ savedMs: 14_000 - (0.002 * 6e6) / 4 }]);
    expect(found?.conf).toEqual({ 'spark.sql.autoBroadcastJoinThreshold': '10m' });
  });

  it('fires from 64 MiB and a tenth of the other rows, and from 1 GiB always [insight-plan-rules.thresholds]', () => {
    const fires = (bytes: number, rows: number, other: number) =>
      raised(largeBroadcast, broadcast(bytes, rows, other)).length;
    expect([fires(64 * MIB, 1e6, 1e6), fires(64 * MIB - 1, 1e6, 1e6)]).toEqual([1, 0]);
    expect([fires(64 * MIB, 1e6, 1e7), fires(64 * MIB, 1e6, 1e7 + 4)]).toEqual([1, 0]);
    expect([fires(1024 * MIB, 1e6, 1e9), fires(1024 * MIB - 1, 1e6, 1e9)]).toEqual([1, 0]);
  });

  it('is silent about a small table that meets many rows [insight-plan-rules.near-misses]', () => {
    expect(raised(largeBroadcast, broadcast(8 * MIB, 1e4, 1e8))).toEqual([]);
  });
});
