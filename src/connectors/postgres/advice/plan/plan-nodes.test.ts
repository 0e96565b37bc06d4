import { expect, it } from 'vitest';
import { HeadgateError } from '../../../../kernel/errors.ts';
import { recordedPlan } from '../fixtures/recorded.ts';
import { buildPlan, conditionsOf, relationOf } from './plan-nodes.ts';
import { parseExplained } from './plan-wire.ts';

it('gives each node its parent, name, table and the rows that were planned and came [postgres-advice.plan-tree]', () => {
  const { plan } = recordedPlan('nested-loop');
  expect(plan.nodes.map(({ id, parent, name }) => [id, parent, name])).toEqual([
    [1, null, 'Aggregate'],
    [2, 1, 'Nested Loop'],
    [3, 2, 'Index Only Scan'],
    [4, 2, 'Seq Scan'],
  ]);
  const [, , outer, inner] = plan.nodes;
  expect([outer, inner].map((node) => node && relationOf(node))).toEqual(['shop.customers', 'shop.fresh']);
  expect(inner).toMatchObject({ loops: 1500, rowsActual: 20_000 });
  expect(plan.nodes.flatMap(conditionsOf)).toContain('Index Cond: (customers.id <= 1500)');
});

it('shares the time of a statement out among its nodes, CTEs and workers too [postgres-advice.plan-tree]', () => {
  for (const name of ['nested-loop', 'cte', 'parallel-seq-scan', 'subplan-per-row', 'disk-hash', 'missing-workers']) {
    const { plan, explained } = recordedPlan(name);
    const selfMs = plan.nodes.reduce((sum, node) => sum + (node.selfMs ?? 0), 0);
    const total = explained.Plan['Actual Total Time'] ?? 0;
    expect(selfMs / total, name).toBeGreaterThan(0.9);
    expect(selfMs / total, name).toBeLessThan(1.1);
  }
});

it('charges what a CTE took to the CTE, not to the node that it hangs on [postgres-advice.plan-tree]', () => {
  const { plan } = recordedPlan('cte');
  const scan = plan.nodes.find(({ name }) => name === 'CTE Scan');
  const total = (scan?.wire['Actual Total Time'] ?? 0) * (scan?.loops ?? 0);
  expect(scan?.selfMs ?? total).toBeLessThan(total / 2);
});

it('has no measured figures without ANALYZE [postgres-advice.plan-tree]', () => {
  const node = { 'Node Type': 'Result', 'Startup Cost': 0, 'Total Cost': 0.01, 'Plan Rows': 1, 'Plan Width': 4 };
  const plan = buildPlan(parseExplained([{ Plan: node }]));
  expect(plan).toMatchObject({ cost: 0.01, executionMs: null, jit: null });
  expect(plan.nodes[0]).toMatchObject({ selfMs: null, rowsActual: null, loops: null });
});

it('refuses an answer that is no plan', () => {
  expect(() => parseExplained([])).toThrow(HeadgateError);
  expect(() => parseExplained([{ Plan: { 'Node Type': 1 } }])).toThrow(/form that Headgate does not know/);
});
