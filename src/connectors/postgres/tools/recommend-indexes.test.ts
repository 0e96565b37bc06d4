import { expect, it } from 'vitest';
import { callScripted } from '../advice/fixtures/call-scripted.ts';
import { recordedPlan } from '../advice/fixtures/recorded.ts';
import { SERVER, scriptedContext } from '../advice/fixtures/scripted-database.ts';
import { recommendIndexes } from './recommend-indexes.ts';

const recorded = recordedPlan('selective-seq-scan');

/** A server on which any hypothetical index makes the query a hundredth as dear. */
function answering() {
  let indexes = 0;
  return (sql: string): unknown[] | undefined => {
    if (sql.includes('with ordinality w')) return [{ position: 1, ...[...recorded.tables.values()][0] }];
    if (sql.includes('hypopg_create_index')) {
      indexes += 1;
      return [{ oid: String(indexes), name: `<${indexes}>btree`, bytes: 8192 * indexes }];
    }
    if (sql.includes('hypopg_drop_index')) indexes -= 1;
    if (sql.includes('hypopg_reset')) indexes = 0;
    if (!sql.includes('EXPLAIN')) return undefined;
    const { Plan } = recorded.explained;
    return [{ 'QUERY PLAN': [{ Plan: { ...Plan, 'Total Cost': Plan['Total Cost'] / (indexes > 0 ? 100 : 1) } }] }];
  };
}

it('gives the statements that pay, what they save, and for which queries [postgres-advice.recommend-limits]', async () => {
  const { context } = scriptedContext(answering());
  const { output, text } = await callScripted(recommendIndexes, { queries: [recorded.sql] }, context);
  expect(output).toMatchObject({ measured: true, saves_share: 0.99 });
  expect(output.indexes.rows.map(([statement]) => statement)).toEqual([
    'CREATE INDEX CONCURRENTLY ON shop.orders (customer_id)',
  ]);
  expect(text).toMatch(/^1 index saving 99 % of the planned cost\./);
});

it('gives candidates that nobody measured without hypopg, and says so [postgres-advice.no-hypopg]', async () => {
  const { context, sent } = scriptedContext(answering(), { ...SERVER, extensions: {} });
  const { output, text } = await callScripted(recommendIndexes, { queries: [recorded.sql] }, context);
  expect(output).toMatchObject({ measured: false, saves_share: null });
  expect(output.indexes.total).toBeGreaterThan(1);
  expect(output.gaps.at(-1)).toContain('The server has no hypopg');
  expect(text).toContain('candidates, not measured.');
  expect(sent.some((sql) => sql.includes('hypopg_'))).toBe(false);
});

it('runs nothing, and refuses what it may not plan [postgres-advice.bad-input]', async () => {
  const { context, sent } = scriptedContext(answering());
  await expect(callScripted(recommendIndexes, { queries: ['drop table x'] }, context)).rejects.toMatchObject({
    code: 'invalid_argument',
  });
  await expect(callScripted(recommendIndexes, { queries: [] }, context)).rejects.toThrow();
  expect(sent).toEqual([]);
});

it('needs counted statements when no query is given [postgres-advice.recommend-workload]', async () => {
  const { context } = scriptedContext(answering());
  await expect(callScripted(recommendIndexes, {}, context)).rejects.toMatchObject({ code: 'failed_precondition' });
});
