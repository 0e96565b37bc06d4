import { describe, expect, it } from 'vitest';
import { callScripted } from '../advice/fixtures/call-scripted.ts';
import { recordedPlan } from '../advice/fixtures/recorded.ts';
import { SERVER, scriptedContext } from '../advice/fixtures/scripted-database.ts';
import { explainQuery } from './explain-query.ts';

const recorded = recordedPlan('selective-seq-scan');
const answer = (sql: string): unknown[] | undefined => {
  if (sql.includes('with ordinality w')) return [{ position: 1, ...[...recorded.tables.values()][0] }];
  if (sql.includes('EXPLAIN')) return [{ 'QUERY PLAN': [recorded.explained] }];
  if (sql.includes('hypopg_create_index')) return [{ oid: '13556', name: '<13556>btree_orders_status', bytes: 8192 }];
  return undefined;
};

it('gives the plan as a table with measured columns, and what is wrong [postgres-advice.plan-tree]', async () => {
  const { context, sent } = scriptedContext(answer);
  const { output, text } = await callScripted(explainQuery, { sql: recorded.sql, analyze: true }, context);
  expect(output.nodes.columns).toContain('self_ms');
  expect(output.findings.map(({ rule }) => rule)).toEqual(['postgres/selective-seq-scan']);
  expect(text).toMatch(/^Cost [\d.]+, ran [\d.]+ ms, 1 node, 1 finding\.\n- warning: shop\.orders is read whole/);
  expect(sent.find((sql) => sql.includes('EXPLAIN'))).toContain('(FORMAT JSON, VERBOSE, SETTINGS, ANALYZE, BUFFERS)');
  expect(sent[0]).toContain('read only');
  expect(output.settings).toMatchObject({ jit: 'off' });
});

it('asks for nothing measured without analyze, and says so [postgres-advice.plan-tree]', async () => {
  const { context, sent } = scriptedContext(answer);
  const { output } = await callScripted(explainQuery, { sql: 'update orders set status = 1' }, context);
  expect(sent.find((sql) => sql.includes('EXPLAIN'))).toContain('(FORMAT JSON, VERBOSE, SETTINGS) update');
  expect(output.gaps).toEqual(['Nothing was measured: times, real rows and spills need analyze.']);
});

describe('hypothetical indexes', () => {
  const input = { sql: recorded.sql, hypothetical_indexes: [{ table: 'shop.orders', columns: ['status'] }] };

  it('are made, measured and taken away [postgres-advice.hypothetical-indexes]', async () => {
    const { context, sent } = scriptedContext(answer);
    const { output, text } = await callScripted(explainQuery, input, context);
    expect(output.hypothetical).toEqual({
      cost_before: output.cost,
      cost_after: output.cost,
      indexes: [{ statement: 'CREATE INDEX ON shop.orders (status)', size_bytes: 8192, used: false }],
    });
    expect(text).toContain('With the hypothetical indexes:');
    const resets = sent.flatMap((sql, index) => (sql.includes('hypopg_reset') ? [index] : []));
    expect(resets.length).toBe(2);
    expect(resets[1]).toBeGreaterThan(sent.findIndex((sql) => sql.includes('hypopg_create_index')));
  });

  it('are a stated failure of that part without hypopg, not of the plan [postgres-advice.no-hypopg]', async () => {
    const { context } = scriptedContext(answer, { ...SERVER, extensions: {} });
    const { output, text } = await callScripted(explainQuery, input, context);
    expect(output.hypothetical?.error).toMatchObject({ code: 'failed_precondition' });
    expect(output.nodes.total).toBe(1);
    expect(text).toContain('Hypothetical indexes: The server has no hypopg');
  });

  it.each([
    [
      { table: 'shop.orders', columns: ['statsu'] },
      { code: 'not_found', details: { nearest: ['status'] } },
    ],
    [{ table: 'shop.orders', columns: ['status) where (1=1'] }, { code: 'not_found' }],
    [{ table: 'shop.orders', columns: ['pg_sleep(5)'] }, { code: 'not_found' }],
  ])('%j is no index [postgres-advice.bad-input]', async (wanted, error) => {
    const { context, sent } = scriptedContext(answer);
    await expect(
      callScripted(explainQuery, { ...input, hypothetical_indexes: [wanted] }, context),
    ).rejects.toMatchObject(error);
    expect(sent.some((sql) => sql.includes('hypopg_create_index'))).toBe(false);
  });

  it('cannot run [postgres-advice.bad-input]', async () => {
    await expect(callScripted(explainQuery, { ...input, analyze: true })).rejects.toMatchObject({
      code: 'invalid_argument',
    });
  });
});
