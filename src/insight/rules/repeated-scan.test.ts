import { describe, expect, it } from 'vitest';
import { buildApplication } from '../fixtures/application-builder.ts';
import { fileScan, type NodeSketch, raised, savedTaskMs, sketchPlan } from '../fixtures/plan-builder.ts';
import { repeatedScan } from './repeated-scan.ts';

const MIB = 1024 ** 2;

const csv = (table: string, bytes = 50 * MIB, parts: Partial<NodeSketch> = {}): NodeSketch =>
  fileScan(table, { 'size of files read': bytes, 'number of output rows': 9 }, { name: 'Scan csv ', ...parts });

/** One query a plan, each one stage of 2 tasks of 10 s. */
function queries(plans: readonly NodeSketch[]) {
  return buildApplication({
    sqlExecutions: plans.map((plan, index) => ({ executionId: index, ...sketchPlan(plan, index * 100) })),
    stages: plans.map((_, index) => ({
      stageId: index,
      sqlExecutionId: index,
      rddIds: [index],
      tasks: [{ to: 10_000 }, { to: 10_000 }],
    })),
  });
}

describe('spark/repeated-scan', () => {
  it('finds the same CSV parsed by each of five queries and keeps the first read [insight-plan-rules.rules-fire]', () => {
    const [found] = raised(repeatedScan, queries(Array.from({ length: 5 }, () => csv('orders'))));
    expect(found?.title).toBe('orders was read 5 times');
    expect(found?.evidence.map(({ address }) => address)).toEqual(['sql/0/nodes/0', 'sql/1/nodes/0', 'sql/2/nodes/0']);
    expect(found?.advice[0]).toContain('Read orders once: df.cache()');
    // Four reads at 80 % of 20 s, less what keeping the table costs the first.
    expect(found?.impact.seconds).toBe(56);
  });

  it('weighs the cost of keeping a table in columns, which seldom pays [insight-plan-rules.rules-fire]', () => {
    const parquet = () => fileScan('orders', { 'size of files read': 50 * MIB, 'scan time': 1000 });
    const fires = (reads: number) => raised(repeatedScan, queries(Array.from({ length: reads }, parquet))).length;
    expect([fires(7), fires(8)]).toEqual([0, 1]);
  });

  it('fires from two reads of a megabyte [insight-plan-rules.thresholds]', () => {
    const fires = (reads: number, bytes: number) =>
      raised(repeatedScan, queries(Array.from({ length: reads }, () => csv('t', bytes)))).length;
    expect([fires(2, MIB), fires(1, MIB), fires(2, MIB - 1)]).toEqual([1, 0, 0]);
  });

  it('is silent about reads beneath a cached table, about other files, and about other partitions [insight-plan-rules.near-misses]', () => {
    const cached: NodeSketch = { name: 'InMemoryTableScan', children: [csv('orders')] };
    expect(raised(repeatedScan, queries([cached, cached, cached]))).toEqual([]);
    expect(raised(repeatedScan, queries([csv('orders'), csv('refunds')]))).toEqual([]);
    const day = (value: number) =>
      csv('by_day', 50 * MIB, {
        metadata: { Location: '[file:/lake/by_day]', PartitionFilters: `[(day#2 = ${value})]` },
      });
    expect(raised(repeatedScan, queries([day(1), day(2)]))).toEqual([]);
  });

  it('takes each later read once [insight-plan-rules.rules-fire]', () => {
    const [found] = raised(repeatedScan, queries([csv('t'), csv('t')]));
    expect(found === undefined ? 0 : savedTaskMs(found)).toBeCloseTo(8000);
  });
});
