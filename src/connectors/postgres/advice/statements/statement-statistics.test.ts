import { describe, expect, it } from 'vitest';
import type { Client } from '../client.ts';
import { SERVER } from '../fixtures/scripted-database.ts';
import { loadStatements, rankStatements, type StatementStatistics } from './statement-statistics.ts';

const statement = (id: string, facts: Partial<StatementStatistics>): StatementStatistics => ({
  id,
  user: 'app',
  query: 'select $1',
  calls: 1,
  totalMs: 0,
  meanMs: 0,
  rows: 0,
  hitBlocks: 0,
  readBlocks: 0,
  writtenBlocks: 0,
  tempBlocks: 0,
  walBytes: 0,
  ioMs: 0,
  ...facts,
});

const many = [
  statement('often', { calls: 1000, totalMs: 300, meanMs: 0.3 }),
  statement('slow', { calls: 1, totalMs: 200, meanMs: 200, ioMs: 5 }),
  statement('reader', { calls: 2, totalMs: 100, meanMs: 50, readBlocks: 900, ioMs: 90 }),
  statement('total', { calls: 4, totalMs: 400, meanMs: 100, readBlocks: 100 }),
];

it.each([
  ['total_time', ['total', 'often', 'slow', 'reader']],
  ['mean_time', ['slow', 'total', 'reader', 'often']],
  ['calls', ['often', 'total', 'reader', 'slow']],
  ['io', ['reader', 'slow', 'total', 'often']],
  ['resources', ['reader', 'total', 'often', 'slow']],
] as const)('ranks by %s [postgres-advice.top-queries]', (order, ids) => {
  expect(rankStatements(many, order).map(({ id }) => id)).toEqual(ids);
});

it('gives each its share of all, not of those shown [postgres-advice.top-queries]', () => {
  const ranked = rankStatements(many, 'total_time');
  expect(ranked.map(({ timeShare }) => timeShare)).toEqual([0.4, 0.3, 0.2, 0.1]);
  expect(ranked.find(({ id }) => id === 'reader')?.resourceShare).toBe(0.9);
});

describe('pg_stat_statements', () => {
  async function sqlOf(version: string): Promise<string> {
    let sent = '';
    const client = {
      query: async (sql: string) => {
        sent = sql;
        return { rows: [] };
      },
    } as unknown as Client;
    await loadStatements(client, { ...SERVER, extensions: { pg_stat_statements: { schema: 'My "stats"', version } } });
    return sent;
  }

  it.each([
    ['1.8', 'blk_read_time + blk_write_time', false],
    ['1.9', 'blk_read_time + blk_write_time', true],
    ['1.10', 'blk_read_time + blk_write_time + temp_blk_read_time + temp_blk_write_time', true],
    ['1.11', 'shared_blk_read_time + shared_blk_write_time + temp_blk_read_time + temp_blk_write_time', true],
    ['1.12', 'shared_blk_read_time + shared_blk_write_time + temp_blk_read_time + temp_blk_write_time', true],
  ])(
    '%s is read by its own columns, wherever it is [postgres-advice.statistics-versions]',
    async (version, time, top) => {
      const sql = await sqlOf(version);
      expect(sql).toContain(`(${time})::float8 as "ioMs"`);
      expect(sql.includes('s.toplevel')).toBe(top);
      expect(sql).toContain('from "My ""stats""".pg_stat_statements s');
    },
  );

  it('older or absent is a clear error with what to do [postgres-advice.statistics-versions]', async () => {
    await expect(sqlOf('1.7')).rejects.toMatchObject({ code: 'failed_precondition', details: { version: '1.7' } });
    const client = {} as Client;
    await expect(loadStatements(client, { ...SERVER, extensions: {}, preloaded: '' })).rejects.toMatchObject({
      code: 'failed_precondition',
      hint: 'A superuser can: add pg_stat_statements to shared_preload_libraries and restart the server, then CREATE EXTENSION pg_stat_statements; in this database.',
    });
  });
});
