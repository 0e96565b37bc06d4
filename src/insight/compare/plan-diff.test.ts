import { describe, expect, it } from 'vitest';
import type { PlanNode, SqlExecution } from '../../eventlog/index.ts';
import { buildApplication, planNode } from '../fixtures/application-builder.ts';
import { readRecorded } from '../fixtures/recorded.ts';
import { diffPlans } from './plan-diff.ts';

function execution(plan: PlanNode, parts: Partial<SqlExecution> = {}): SqlExecution {
  const [sql] = buildApplication({
    sqlExecutions: [{ executionId: 1, plan, initialPlan: plan, ...parts }],
  }).sqlExecutions;
  if (sql === undefined) throw new Error('no execution');
  return sql;
}

const scan = (pushed: string, columns = 'struct<id:bigint>', ids = '#1L', folder = 'file:/t/orders') =>
  planNode('Scan parquet ', {
    simpleString: `FileScan parquet [id${ids}]`,
    metadata: {
      Location: `InMemoryFileIndex(1 paths)[${folder}]`,
      PushedFilters: pushed,
      PartitionFilters: '[]',
      ReadSchema: columns,
    },
    metrics: [
      { name: 'number of output rows', accumulatorId: 10, type: 'sum' },
      { name: 'size of files read', accumulatorId: 11, type: 'size' },
      { name: 'scan time', accumulatorId: 12, type: 'timing' },
    ],
  });
const exchange = (partitions: number, child: PlanNode, ids = '#1L') =>
  planNode('Exchange', {
    simpleString: `Exchange hashpartitioning(id${ids}, ${partitions}), ENSURE_REQUIREMENTS, [plan_id=7]`,
    children: [child],
  });
const join = (name: string, children: PlanNode[], ids = ['#1L', '#2L']) =>
  planNode(name, { simpleString: `${name} [id${ids[0]}], [id${ids[1]}], Inner`, children });
const changes = (a: PlanNode, b: PlanNode) =>
  diffPlans(execution(a), execution(b)).changes.map(({ kind, left, right }) => [kind, left, right]);

describe('a plan diff', () => {
  it('sees no difference in expression ids, plan ids and wrappers [insight.plan-diff]', () => {
    const a = join('SortMergeJoin', [exchange(200, scan('[IsNotNull(id)]'))]);
    const wrapped = planNode('WholeStageCodegen (3)', {
      children: [
        join(
          'SortMergeJoin',
          [planNode('InputAdapter', { children: [exchange(200, scan('[IsNotNull(id)]', undefined, '#91L'), '#91L')] })],
          ['#91L', '#92L'],
        ),
      ],
    });
    expect(changes(a, wrapped)).toEqual([]);
  });

  it('names a changed join strategy and the exchange that it takes or saves [insight.plan-diff]', () => {
    const a = join('SortMergeJoin', [exchange(200, scan('[]'))]);
    const b = join('BroadcastHashJoin', [scan('[]')]);
    expect(changes(a, b)).toEqual([
      ['join-strategy', 'SortMergeJoin', 'BroadcastHashJoin'],
      ['exchange-removed', 'Exchange hashpartitioning(id, 200), ENSURE_REQUIREMENTS', null],
    ]);
  });

  it('names another number of partitions', () => {
    expect(changes(exchange(200, scan('[]')), exchange(8, scan('[]')))).toEqual([
      ['exchange-kind', 'Exchange hashpartitioning(id, 200)', 'Exchange hashpartitioning(id, 8)'],
    ]);
  });

  it('compares pushed filters as sets, and columns read [insight.plan-diff]', () => {
    expect(changes(scan('[IsNotNull(id), EqualTo(day,1)]'), scan('[EqualTo(day,1), IsNotNull(id)]'))).toEqual([]);
    expect(changes(scan('[EqualTo(day,1)]'), scan('[]', 'struct<id:bigint,note:string>'))).toEqual([
      ['pushed-filters', '[EqualTo(day,1)]', '[]'],
      ['columns-read', 'struct<id:bigint>', 'struct<id:bigint,note:string>'],
    ]);
  });

  it('takes the same table of another day for the same scan', () => {
    const day = (text: string) => scan('[]', 'struct<id:bigint>', '#1L', `file:/t/orders/day=${text}`);
    expect(changes(day('2026-02-01'), day('2026-02-02')).map(([kind]) => kind)).toEqual(['scan-relation']);
  });

  it('puts rows, bytes and time of each operator side by side', () => {
    const a = execution(scan('[]'), {
      metricValues: new Map([
        [10, 100],
        [11, 5000],
        [12, 40],
      ]),
    });
    const b = execution(scan('[]'), { metricValues: new Map([[10, 100]]) });
    const [pair] = diffPlans(a, b).operators;
    expect([pair?.left?.rows, pair?.left?.bytes, pair?.left?.timeMs, pair?.right?.rows, pair?.right?.bytes]).toEqual([
      100,
      5000,
      40,
      100,
      null,
    ]);
  });

  it('has every operator of both plans in exactly one pair', () => {
    const a = join('SortMergeJoin', [
      exchange(200, scan('[]')),
      exchange(200, scan('[]', 'struct<a:int>', '#3', 'file:/t/a')),
    ]);
    const b = join('SortMergeJoin', [
      exchange(200, scan('[]', 'struct<a:int>', '#3', 'file:/t/a')),
      exchange(200, scan('[]')),
    ]);
    const diff = diffPlans(execution(a), execution(b));
    const ids = (side: 'left' | 'right') => diff.operators.flatMap((pair) => pair[side]?.nodeId ?? []).sort();
    expect([ids('left'), ids('right')]).toEqual([
      [0, 1, 2, 3, 4],
      [0, 1, 2, 3, 4],
    ]);
    expect(diff.changes.filter(({ kind }) => kind.startsWith('scan'))).toEqual([]);
  });

  it('takes a plan that is thousands of levels deep', () => {
    let deep = scan('[]');
    for (let level = 0; level < 30_000; level++) deep = planNode('Project', { children: [deep] });
    expect(diffPlans(execution(deep), execution(deep)).changes).toEqual([]);
  });

  it('compares with nothing when one side has no plan', () => {
    const { changes: all, leftCount } = diffPlans(
      execution(scan('[]'), { plan: null, initialPlan: null }),
      execution(scan('[]')),
    );
    expect([leftCount, all.map(({ kind }) => kind)]).toEqual([0, ['scan-added', 'adaptive']]);
  });
});

describe('on recorded plans', () => {
  it('finds the same query of Spark 3.5 and 4.3 equal but for what AQE did, and two queries different in their join', async () => {
    const [[old], [recent]] = await Promise.all([readRecorded('3.5/orders-sql'), readRecorded('4.3/orders-sql')]);
    const query = (application: typeof old, id: number) => {
      const sql = application?.sqlExecutions.find(({ executionId }) => executionId === id);
      if (sql === undefined) throw new Error(`no SQL execution ${id}`);
      return sql;
    };
    expect(diffPlans(query(old, 2), query(recent, 2)).changes).toEqual([]);
    const [change] = diffPlans(query(recent, 2), query(recent, 3)).changes;
    expect(change).toEqual({
      kind: 'join-strategy',
      subject: 'customer_id = customer_id',
      left: 'BroadcastHashJoin',
      right: 'SortMergeJoin(skew=true)',
    });
  });
});
