import { describe, expect, it } from 'vitest';
import { START } from '../fixtures/application-builder.ts';
import { oneQuery, raised, savedTaskMs, sketchPlan, stageOf } from '../fixtures/plan-builder.ts';
import { longFilter } from './long-filter.ts';

/** A filter over a million rows, 4 tasks of 10 s; the query is submitted at 20 s and its first stage at 22 s. */
function filtered(text: string, rows = 1e6) {
  const root = {
    name: 'Filter',
    text,
    metrics: { 'number of output rows': 9 },
    children: [{ name: 'Range', metrics: { 'number of output rows': rows } }],
  };
  const application = oneQuery(root, [stageOf(0, 4, { from: 22_000, to: 32_000 }, { from: 22_000, to: 32_000 })], {
    jobs: [
      { jobId: 0, from: 0, to: 19_000 },
      { jobId: 1, sqlExecutionId: 1, from: 22_000, to: 32_000 },
    ],
  });
  return {
    ...application,
    sqlExecutions: application.sqlExecutions.map((one) => ({ ...one, submissionTime: START + 20_000 })),
  };
}

const chain = (terms: number, width = 20): string =>
  `Filter (${Array.from({ length: terms }, (_, at) => `(c#1 = ${String(at).padStart(width, '0')})`).join(' OR ')})`;

const list = (more: number) => `Filter c#1 INSET 1, 2, 3, ... ${more} more fields`;

describe('spark/long-filter', () => {
  it('finds a chain of comparisons and takes them from the stage and from planning [insight-plan-rules.rules-fire]', () => {
    const [found] = raised(longFilter, filtered(chain(200)));
    expect(found?.title).toBe('A filter of 200 comparisons was evaluated for 1,000,000 rows');
    expect(found?.advice[0]).toContain('LEFT SEMI JOIN');
    // 27 ns for each of 200 comparisons and a million rows: code this long is not compiled.
    expect(found === undefined ? 0 : savedTaskMs(found)).toBeCloseTo(5400);
    expect(found?.changes).toContainEqual({
      kind: 'save-driver-time',
      from: START + 19_000,
      to: START + 22_000,
      savedMs: 260,
    });
  });

  it('counts patterns as comparisons [insight-plan-rules.rules-fire]', () => {
    const patterns = Array.from({ length: 60 }, (_, at) => `Contains(note#1, ${String(at).padStart(9, '0')})`).join(
      ' OR ',
    );
    const [found] = raised(longFilter, filtered(`Filter (${patterns})`));
    expect(found === undefined ? 0 : savedTaskMs(found)).toBeCloseTo(60 * 12);
  });

  it('finds a long list that Spark shortened, at most nine tenths of the driver’s time [insight-plan-rules.rules-fire]', () => {
    const [found] = raised(longFilter, filtered(list(29_975)));
    expect(found?.title).toBe('A filter compares with a list of 30,000 values');
    expect(found?.changes).toContainEqual(expect.objectContaining({ kind: 'save-driver-time', savedMs: 2700 }));
  });

  it('fires from 1,000 characters and from 200 values [insight-plan-rules.thresholds]', () => {
    const text = (length: number) => `Filter (c#1 = ${'0'.repeat(length - 15)})`;
    expect([
      text(1000).length,
      raised(longFilter, filtered(text(1000))).length,
      raised(longFilter, filtered(text(999))).length,
    ]).toEqual([1000, 1, 0]);
    expect([raised(longFilter, filtered(list(175))).length, raised(longFilter, filtered(list(174))).length]).toEqual([
      1, 0,
    ]);
  });

  it('is silent about a short list [insight-plan-rules.near-misses]', () => {
    expect(raised(longFilter, filtered('Filter c#1 IN (1,2,3)'))).toEqual([]);
  });

  it('counts a list that Spark 3.5 shows in full, and looks into the planned query where the result was empty [insight-plan-rules.rules-fire]', () => {
    const values = Array.from({ length: 300 }, (_, at) => at).join(', ');
    const shown = filtered(`Filter c#1 INSET ${values}`);
    const title = 'A filter compares with a list of 300 values';
    expect(raised(longFilter, shown)[0]?.title).toBe(title);
    const [execution] = shown.sqlExecutions;
    if (execution === undefined) throw new Error('The sketch has no execution.');
    const { plan } = sketchPlan({ name: 'LocalTableScan' });
    const emptied = { ...shown, sqlExecutions: [{ ...execution, plan, initialPlan: execution.plan }] };
    expect(raised(longFilter, emptied)[0]?.title).toBe(title);
  });
});
