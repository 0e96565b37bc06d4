import { describe, expect, it } from 'vitest';
import { readExample } from '../fixtures/examples.ts';
import { exchange, fileScan, oneQuery, raised, stageOf } from '../fixtures/plan-builder.ts';
import { dataExplosion } from './data-explosion.ts';

function grown(name: string, rowsIn: readonly number[], out: number) {
  const children = rowsIn.map((rows) => fileScan('t', { 'number of output rows': rows }));
  return oneQuery({ name, text: `${name} [k#1]`, metrics: { 'number of output rows': out }, children }, [
    stageOf(0, 4, { to: 10_000 }),
  ]);
}

describe('spark/data-explosion', () => {
  it('finds a join whose keys repeat on both sides [insight-plan-rules.rules-fire]', () => {
    const [found] = raised(dataExplosion, grown('SortMergeJoin', [60_000, 40_000], 24e6));
    expect(found?.title).toBe('A join made 24,000,000 rows of 60,000');
    expect(found?.changes).toEqual([{ kind: 'scale-tasks', stageRow: 0, factor: 160_000 / 24_100_000 }]);
  });

  it('finds an explode and the stage that its rows go on to [insight-plan-rules.rules-fire]', () => {
    const explode = {
      name: 'Generate',
      metrics: { 'number of output rows': 36e6 },
      children: [{ name: 'Range', metrics: { 'number of output rows': 40_000 } }],
    };
    const application = oneQuery({ name: 'HashAggregate', children: [exchange(20e6, 900, explode)] }, [
      stageOf(0, 4, { shuffleWriteRecords: 5e6, shuffleWriteBytes: 225 }, { rddIds: [1] }),
      stageOf(1, 4, { shuffleRecordsRead: 5e6 }, { rddIds: [2], parentIds: [0] }),
    ]);
    const [found] = raised(dataExplosion, application);
    expect(found?.title).toBe('An explode made 36,000,000 rows of 40,000');
    expect(found?.stages).toEqual(['stages/0.0', 'stages/1.0']);
  });

  it('fires at ten times and a million rows [insight-plan-rules.thresholds]', () => {
    const fires = (rows: number, out: number) => raised(dataExplosion, grown('Generate', [rows], out)).length;
    expect([fires(200_000, 2e6), fires(200_000, 2e6 - 1)]).toEqual([1, 0]);
    expect([fires(1000, 1e6), fires(1000, 1e6 - 1)]).toEqual([1, 0]);
  });

  it('is silent about an explode by design with few rows, and about a join to dimensions [insight-plan-rules.near-misses]', () => {
    expect(raised(dataExplosion, grown('Generate', [1000], 90_000))).toEqual([]);
    expect(raised(dataExplosion, grown('BroadcastHashJoin', [5e6, 500], 5e6))).toEqual([]);
  });

  it('finds it in a real log [insight-plan-rules.real-logs]', async () => {
    const [found] = raised(dataExplosion, await readExample('local-1795245995020.zstd'));
    expect(found?.title).toBe('A join made 1,600,000,000 rows of 800,000');
  });
});
