import { describe, expect, it } from 'vitest';
import { buildTable } from '../fixtures/table-builder.ts';
import type { IndexCandidate } from './index-candidates.ts';
import { type SelectionLimits, selectIndexes, type WeighedQuery, type WhatIf } from './select-indexes.ts';

const table = buildTable('t', { a: 'int', b: 'int' });
const index = (...keys: string[]): IndexCandidate => ({ table, method: 'btree', keys, reasons: ['compared with ='] });
const [a, b, ab] = [index('a'), index('b'), index('a', 'b')];
const query = (id: number, calls = 1): WeighedQuery => ({ id, calls, tables: new Set(['public.t']) });
const limits: SelectionLimits = {
  maxBytes: 1000,
  maxIndexes: 5,
  minGain: 0.05,
  minQueryGain: 0.5,
  minSavedCost: 1,
  isLate: () => false,
};

/** Costs by query and by what is there; the cheapest way that is possible wins, as with a planner. */
function whatIf(
  ways: Readonly<Record<number, Readonly<Record<string, number>>>>,
  bytes: Readonly<Record<string, number>> = {},
): WhatIf {
  return {
    costs: async (indexes, queries) => {
      const there = new Set(['', ...indexes.map(({ keys }) => keys.join())]);
      const costOf = (id: number) =>
        Math.min(
          ...Object.entries(ways[id] ?? {}).flatMap(([needs, cost]) =>
            needs.split('+').every((need) => there.has(need)) ? [cost] : [],
          ),
        );
      return new Map(queries.map(({ id }) => [id, costOf(id)]));
    },
    size: async ({ keys }) => bytes[keys.join()] ?? 100,
  };
}
const chosen = async (
  candidates: IndexCandidate[],
  queries: WeighedQuery[],
  costs: WhatIf,
  more: Partial<SelectionLimits> = {},
) =>
  (await selectIndexes(candidates, queries, costs, { ...limits, ...more })).indexes.map(({ index: one, gain }) => [
    one.keys.join(),
    Math.round(gain * 100) / 100,
  ]);

describe('the greedy search [postgres-advice.recommend-limits]', () => {
  it('takes the one that saves most first, then what still saves enough beside it', async () => {
    const costs = whatIf({ 1: { '': 100, a: 10, 'a,b': 5 }, 2: { '': 50, b: 10 } });
    expect(await chosen([a, b, ab], [query(1), query(2)], costs)).toEqual([
      ['a,b', 0.63],
      ['b', 0.27],
    ]);
  });

  it('weighs queries by their calls [postgres-advice.recommend-workload]', async () => {
    const costs = whatIf({ 1: { '': 100, a: 1 }, 2: { '': 10, b: 1 } });
    const first = async (calls: number) => (await chosen([a, b], [query(1), query(2, calls)], costs))[0]?.[0];
    expect(await first(1)).toBe('a');
    expect(await first(100)).toBe('b');
  });

  it('stays within the size allowed, and takes the smaller of two that save the same [postgres-advice.recommend-limits]', async () => {
    const costs = whatIf({ 1: { '': 100, a: 10, 'a,b': 10 } }, { a: 300, 'a,b': 500 });
    expect(await chosen([ab, a], [query(1)], costs)).toEqual([['a', 0.9]]);
    expect(await chosen([ab, a], [query(1)], costs, { maxBytes: 299 })).toEqual([]);
  });

  it('leaves out what saves too little, unless one query becomes much cheaper [postgres-advice.recommend-limits]', async () => {
    const costs = whatIf({ 1: { '': 1000, a: 960 }, 2: { '': 30, b: 1 } });
    expect(await chosen([a, b], [query(1), query(2)], costs)).toEqual([['b', 0.03]]);
  });

  it('takes out what a later one made superfluous [postgres-advice.recommend-limits]', async () => {
    const costs = whatIf({ 1: { '': 100, a: 30, 'a,b': 29 }, 2: { '': 100, 'a,b': 40, a: 99 } }, { a: 10, 'a,b': 10 });
    expect(await chosen([a, ab], [query(1), query(2, 0.9)], costs)).toEqual([['a,b', 0.66]]);
  });

  it('leaves alone what is cheap already [postgres-advice.recommend-limits]', async () => {
    const costs = whatIf({ 1: { '': 30, a: 6 } });
    expect(await chosen([a], [query(1)], costs, { minSavedCost: 25 })).toEqual([]);
    expect(await chosen([a], [query(1)], costs, { minSavedCost: 24 })).toEqual([['a', 0.8]]);
  });

  it('stops when its time is over, and says so', async () => {
    const costs = whatIf({ 1: { '': 100, a: 10 } });
    const selection = await selectIndexes([a], [query(1)], costs, { ...limits, isLate: () => true });
    expect(selection).toEqual({ indexes: [], stoppedEarly: true });
  });

  it('does nothing for a workload that costs nothing', async () => {
    expect(await chosen([a], [query(1)], whatIf({ 1: { '': 0 } }))).toEqual([]);
  });
});
