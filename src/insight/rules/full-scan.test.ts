import { describe, expect, it } from 'vitest';
import {
  exchange,
  fileScan,
  type NodeSketch,
  oneQuery,
  raised,
  savedTaskMs,
  stageOf,
} from '../fixtures/plan-builder.ts';
import { fullScan } from './full-scan.ts';

interface ScanSketch {
  readonly partitions?: number | null;
  readonly rows?: number;
  readonly partitionFilters?: string;
}

function scanOf({ partitions = 30, rows = 1e6, partitionFilters = '[]' }: ScanSketch): NodeSketch {
  return fileScan(
    'by_day',
    {
      'number of output rows': rows,
      'number of files read': 30,
      'size of files read': 9e8,
      ...(partitions === null ? {} : { 'number of partitions read': partitions }),
    },
    {
      metadata: {
        Location: 'InMemoryFileIndex(1 paths)[file:/lake/by_day]',
        PartitionFilters: partitionFilters,
        ReadSchema: 'struct<id:bigint>',
      },
    },
  );
}

const filter = (kept: number, child: NodeSketch, text = 'Filter (id#1 = 7)'): NodeSketch => ({
  name: 'Filter',
  text,
  metrics: { 'number of output rows': kept },
  children: [{ name: 'ColumnarToRow', children: [child] }],
});

const query = (root: NodeSketch) => oneQuery(root, [stageOf(0, 4, { to: 10_000 })]);

describe('spark/full-scan', () => {
  it('finds a partitioned table that was read whole for few rows, and names the partition column [insight-plan-rules.rules-fire]', () => {
    const [found] = raised(fullScan, query(filter(10_000, scanOf({}))));
    expect(found?.title).toBe('All 30 partitions of by_day were read for 1 % of its rows');
    expect(found?.evidence.map(({ address }) => address)).toEqual(['sql/1/nodes/2', 'sql/1/nodes/0']);
    expect(found?.advice[0]).toContain(
      'Filter on the partition column as well (day)'.replace(' as well (day)', ' (day) as well'),
    );
    // One partition of thirty must be read.
    expect(found === undefined ? 0 : savedTaskMs(found)).toBeCloseTo(40_000 * (29 / 30));
  });

  it('finds a filter on the partition column that stands above a window [insight-plan-rules.rules-fire]', () => {
    const window = { name: 'Window', children: [{ name: 'Sort', children: [exchange(1e6, 9, scanOf({}))] }] };
    const above = (text: string): NodeSketch => ({
      name: 'Filter',
      text,
      metrics: { 'number of output rows': 9 },
      children: [window],
    });
    const application = (text: string) =>
      oneQuery(above(text), [
        stageOf(0, 1, { shuffleWriteRecords: 1e6, shuffleWriteBytes: 9 }, { rddIds: [1] }),
        stageOf(1, 4, {}, { rddIds: [2], parentIds: [0] }),
      ]);
    expect(raised(fullScan, application('Filter (day#2 = 5)'))[0]?.stages).toEqual(['stages/0.0', 'stages/1.0']);
    expect(raised(fullScan, application('Filter (place#9 = 1)'))).toEqual([]);
  });

  it('fires from four partitions and up to a quarter of the rows [insight-plan-rules.thresholds]', () => {
    const fires = (kept: number, sketch: ScanSketch) => raised(fullScan, query(filter(kept, scanOf(sketch)))).length;
    expect([fires(9, { partitions: 4 }), fires(9, { partitions: 3 })]).toEqual([1, 0]);
    expect([fires(250_000, {}), fires(250_001, {})]).toEqual([1, 0]);
  });

  it('is silent about an unpartitioned table, a pruned one, and a query without a filter [insight-plan-rules.near-misses]', () => {
    expect(raised(fullScan, query(filter(9, scanOf({ partitions: null }))))).toEqual([]);
    expect(raised(fullScan, query(filter(9, scanOf({ partitionFilters: '[isnotnull(day#2), (day#2 = 5)]' }))))).toEqual(
      [],
    );
    expect(raised(fullScan, query({ name: 'HashAggregate', children: [scanOf({})] }))).toEqual([]);
  });
});
