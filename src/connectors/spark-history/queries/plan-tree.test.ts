import { describe, expect, it } from 'vitest';
import type { PlanNode } from '../../../eventlog/index.ts';
import { planNode } from '../fixtures/application-builder.ts';
import { metricOnWire, renderPlan } from './plan-tree.ts';

const metric = (name: string, accumulatorId: number, type: string) => ({ name, accumulatorId, type });

describe('rendering a plan', () => {
  it('indents each operator and gives its rows, time and bytes with units', () => {
    const plan = planNode('SortMergeJoin', {
      simpleString: 'SortMergeJoin [id#1], [id#2], Inner',
      metrics: [metric('number of output rows', 1, 'sum')],
      children: [
        planNode('Exchange', {
          metrics: [metric('shuffle bytes written', 2, 'size'), metric('fetch wait time', 3, 'timing')],
        }),
        planNode('Scan parquet', { metrics: [metric('scan time', 4, 'nsTiming'), metric('rows dropped', 5, 'sum')] }),
      ],
    });
    const values = new Map([
      [1, 42],
      [2, 2048],
      [3, 7],
      [4, 1_500_000],
      [5, 0],
    ]);
    expect(renderPlan(plan, values).split('\n')).toEqual([
      '#0 SortMergeJoin [rows=42] [id#1], [id#2], Inner',
      '  #1 Exchange [shuffle_written_bytes=2048 fetch_wait_time_ms=7]',
      '  #2 Scan parquet [scan_time_ms=1.5]',
    ]);
  });

  it('divides an average by ten: Spark keeps it that way', () => {
    expect(metricOnWire(metric('avg hash probes per key', 1, 'average'), 25)).toEqual(['avg_hash_probes_per_key', 2.5]);
  });

  it('does not say a unit twice', () => {
    expect(metricOnWire(metric('local bytes read', 1, 'size'), 9)).toEqual(['local_bytes_read', 9]);
  });

  it('renders a plan that is deeper than the stack', () => {
    let plan: PlanNode = planNode('Scan');
    for (let level = 0; level < 50_000; level++) plan = planNode('Project', { children: [plan] });
    expect(renderPlan(plan, new Map()).split('\n').at(-1)?.trim()).toBe('(level 50000) #50000 Scan');
  });

  it('cuts a long description and keeps each operator on its line', () => {
    const plan = planNode('Filter', { simpleString: `Filter a\nOR ${'b'.repeat(500)}` });
    expect(renderPlan(plan, new Map())).toBe(`#0 Filter a OR ${'b'.repeat(115)}…`);
  });
});
