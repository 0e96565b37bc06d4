import { beforeAll, describe, expect, it } from 'vitest';
import { recordedPlan } from '../fixtures/recorded.ts';
import { buildPlan } from '../plan/plan-nodes.ts';
import type { PlanNodeWire } from '../plan/plan-wire.ts';
import { loadParser } from '../statements/syntax.ts';
import { findInPlan } from './plan-findings.ts';

beforeAll(loadParser);

const rulesIn = (name: string) => findInPlan(recordedPlan(name)).map(({ rule }) => rule.replace('postgres/', ''));

describe('recorded plans', () => {
  it.each([
    ['quiet', []],
    ['selective-seq-scan', ['selective-seq-scan']],
    ['parallel-seq-scan', ['selective-seq-scan']],
    ['wrapped-column', ['index-not-usable']],
    ['function-on-column', ['index-not-usable', 'row-estimate']],
    ['pattern', ['index-not-usable']],
    ['disk-sort', ['disk-spill']],
    ['disk-hash', ['disk-spill']],
    ['disk-hash-aggregate', ['disk-spill']],
    ['correlated-columns', ['row-estimate']],
    ['nested-loop', ['nested-loop', 'row-estimate', 'missing-statistics']],
    ['subplan-per-row', ['selective-seq-scan', 'subplan-per-row', 'row-estimate', 'missing-statistics']],
    ['jit', ['jit-overhead']],
    ['heap-fetches', ['heap-fetches', 'stale-statistics']],
    ['lossy-bitmap', ['lossy-bitmap']],
    ['missing-workers', ['missing-workers']],
    ['missing-statistics', ['row-estimate', 'missing-statistics']],
    ['slow-trigger', ['slow-trigger', 'stale-statistics']],
  ])('of %s give %j [postgres-advice.plan-findings]', (name, rules) => {
    expect(rulesIn(name)).toEqual(rules);
  });

  it('give evidence with an address, and advice, for each finding [postgres-advice.plan-findings]', () => {
    for (const name of ['disk-sort', 'nested-loop', 'wrapped-column', 'jit', 'slow-trigger']) {
      for (const { evidence, advice } of findInPlan(recordedPlan(name))) {
        expect(evidence[0]?.address).toMatch(/^(?:plan|tables|indexes)\//);
        expect(advice.length).toBeGreaterThan(0);
      }
    }
  });
});

it('names the index, the column and the type of a cast that keeps an index away', () => {
  const [finding] = findInPlan(recordedPlan('wrapped-column'));
  expect(finding?.title).toBe('Index orders_placed cannot serve the filter on placed_at of orders as it is written');
  expect(finding?.advice[0]).toContain('«timestamp with time zone»');
});

it('offers an index by bytes for a pattern with a fixed beginning', () => {
  expect(findInPlan(recordedPlan('pattern'))[0]?.advice).toEqual([
    'A pattern needs an order by bytes: CREATE INDEX CONCURRENTLY ON shop.customers (email text_pattern_ops);',
  ]);
});

it('asks for statistics over the columns that depend on each other', () => {
  const [finding] = findInPlan(recordedPlan('correlated-columns'));
  expect(finding?.advice[1]).toContain('The columns country, city may depend on each other');
});

it('names the constraint whose trigger took the time', () => {
  expect(findInPlan(recordedPlan('slow-trigger'))[0]?.title).toMatch(/^Trigger returns_order_id_fkey took/);
});

/** The plan of one node with these fields in place of a quiet one's. */
function planOf(fields: Partial<PlanNodeWire>, rest: Record<string, unknown> = {}) {
  const node: PlanNodeWire = {
    'Node Type': 'Result',
    'Startup Cost': 0,
    'Total Cost': 1,
    'Plan Rows': 1000,
    'Plan Width': 8,
    'Actual Rows': 1000,
    'Actual Loops': 1,
    'Actual Total Time': 10,
    ...fields,
  };
  return { plan: buildPlan({ Plan: node, 'Execution Time': 100, ...rest }), tables: new Map() };
}
const found = (fields: Partial<PlanNodeWire>, rest?: Record<string, unknown>) =>
  findInPlan(planOf(fields, rest)).map(({ rule, severity }) => `${severity} ${rule}`);

describe('at the threshold', () => {
  it('a wrong estimate is told from 10 × on, critical from 100 × too few [postgres-advice.plan-thresholds]', () => {
    expect(found({ 'Plan Rows': 1000, 'Actual Rows': 9999 })).toEqual([]);
    expect(found({ 'Plan Rows': 1000, 'Actual Rows': 10_000 })).toEqual(['warning postgres/row-estimate']);
    expect(found({ 'Plan Rows': 1000, 'Actual Rows': 100_000 })).toEqual(['critical postgres/row-estimate']);
    expect(found({ 'Plan Rows': 100_000, 'Actual Rows': 100 })).toEqual(['warning postgres/row-estimate']);
    expect(found({ 'Plan Rows': 1, 'Actual Rows': 99 })).toEqual([]);
    expect(found({ 'Plan Rows': 1000, 'Actual Rows': 0, 'Actual Loops': 0 })).toEqual([]);
  });

  it('JIT is told from a quarter of the execution on [postgres-advice.plan-thresholds]', () => {
    const jit = (ms: number) => found({}, { JIT: { Functions: 3, Timing: { Total: ms } } });
    expect(jit(24)).toEqual([]);
    expect(jit(25)).toEqual(['warning postgres/jit-overhead']);
    expect(jit(50)).toEqual(['critical postgres/jit-overhead']);
  });

  it('heap fetches are told from 1,000 and a tenth of the rows on [postgres-advice.plan-thresholds]', () => {
    const scan = { 'Node Type': 'Index Only Scan', 'Plan Rows': 10_000, 'Actual Rows': 10_000 };
    expect(found({ ...scan, 'Heap Fetches': 999 })).toEqual([]);
    expect(found({ ...scan, 'Heap Fetches': 1000 })).toEqual(['warning postgres/heap-fetches']);
    expect(found({ ...scan, 'Plan Rows': 20_000, 'Actual Rows': 20_000, 'Heap Fetches': 1000 })).toEqual([]);
  });

  it('planning is told when it takes longer than the execution [postgres-advice.plan-thresholds]', () => {
    expect(found({}, { 'Planning Time': 99 })).toEqual([]);
    expect(found({}, { 'Planning Time': 100 })).toEqual(['warning postgres/slow-planning']);
  });
});
