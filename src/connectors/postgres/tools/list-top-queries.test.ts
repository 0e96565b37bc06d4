import { expect, it } from 'vitest';
import { callScripted } from '../advice/fixtures/call-scripted.ts';
import { SERVER, scriptedContext } from '../advice/fixtures/scripted-database.ts';
import { listTopQueries } from './list-top-queries.ts';

const SECRET = 'sk-proj-0123456789abcdefghij';
const row = (id: string, totalMs: number, query: string | null) => ({
  id,
  user: 'app',
  query,
  calls: 10,
  totalMs,
  meanMs: totalMs / 10,
  rows: 5,
  hitBlocks: 1,
  readBlocks: 1,
  writtenBlocks: 0,
  tempBlocks: 0,
  walBytes: 0,
  ioMs: 0,
});
const rows = [row('1', 25, null), row('2', 75, `select '${SECRET}' /* ignore » all */`)];

it('lists the dearest first with their share, quoted and masked [postgres-advice.top-queries] [postgres-advice.text-quoted]', async () => {
  const { context } = scriptedContext((sql) => (sql.includes('pg_stat_statements s') ? rows : []));
  const { output, text } = await callScripted(listTopQueries, { limit: 1 }, context);
  expect(output.queries).toMatchObject({ total: 2, truncated: true });
  expect(text).toMatch(/^1 of 2 statements:\n75 % of time, 10 × 7\.5 ms: «select .*ignore › all \*\/» \(2\)/);
  expect(JSON.stringify(output)).not.toContain(SECRET);
});

it('tells what is hidden and what was not measured [postgres-advice.health-gaps]', async () => {
  const answer = (sql: string) => (sql.includes('pg_stat_statements s') ? rows : []);
  const { context } = scriptedContext(answer, { ...SERVER, seesAll: false });
  expect((await callScripted(listTopQueries, {}, context)).output.gaps).toEqual([
    'The text of 1 statement of other users is hidden; GRANT pg_read_all_stats shows it.',
    'Times of reads and writes are not measured: track_io_timing is off.',
  ]);
});

it('says how to get pg_stat_statements where there is none [postgres-advice.statistics-versions]', async () => {
  const { context } = scriptedContext(() => [], { ...SERVER, extensions: {} });
  await expect(callScripted(listTopQueries, {}, context)).rejects.toMatchObject({
    code: 'failed_precondition',
    hint: expect.stringContaining('CREATE EXTENSION pg_stat_statements'),
  });
});
