import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { encode } from 'gpt-tokenizer/encoding/o200k_base';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { z } from 'zod';
import type { Caller } from '../../kernel/caller.ts';
import { createDuckdb } from './connector.ts';
import { type OpenLocal, openLocal } from './fixtures/open-local.ts';

const TOOLS_FOLDER = path.join(import.meta.dirname, 'tools');

let local: OpenLocal;
beforeAll(async () => {
  local = await openLocal();
});
afterAll(() => local.close());

it('has a file and a test named after each tool', () => {
  const names = local.connector.tools.map(({ name }) => name.replaceAll('_', '-'));
  const expected = names.flatMap((name) => [`${name}.ts`, `${name}.test.ts`]);
  expect(readdirSync(TOOLS_FOLDER).sort()).toEqual(expected.sort());
});

it('offers its tools only where nobody else has tools of these names [local.tools-when-alone]', () => {
  expect(local.connector.tools.map(({ name }) => name)).toEqual([
    'execute_query',
    'execute_dml',
    'list_tables',
    'get_table_schema',
    'create_table',
  ]);
  const config = { path: '/nowhere/local.duckdb', roots: [], memoryLimitMb: null, threads: null };
  expect(createDuckdb(config, { clock: () => 0, tools: false, report: () => undefined }).tools).toEqual([]);
});

it('costs few tokens to list [local.token-cost]', () => {
  const listed = local.connector.tools.map(({ name, title, description, input }) => ({
    name,
    title,
    description,
    inputSchema: z.toJSONSchema(input, { io: 'input' }),
  }));
  expect(encode(JSON.stringify(listed)).length).toBeLessThanOrEqual(1_500);
});

it('loads no DuckDB and makes no file before SQL needs it [local.lazy]', async () => {
  const program = `
    import { createDuckdb } from ${JSON.stringify(path.join(import.meta.dirname, 'connector.ts'))};
    const local = createDuckdb(
      { path: ${JSON.stringify(path.join(local.home, 'other', 'local.duckdb'))}, roots: [], memoryLimitMb: null, threads: null },
      { clock: Date.now, tools: true, report() {} },
    );
    const health = await local.health(new AbortController().signal);
    await local.close();
    const loaded = process.report.getReport().sharedObjects.filter((name) => name.includes('duckdb'));
    console.log(JSON.stringify({ ok: health[0].ok, loaded }));`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', program]);
  expect(JSON.parse(stdout)).toEqual({ ok: true, loaded: [] });
  expect(readdirSync(local.home)).not.toContain('other');
});

it('says how the database is without opening it, and how once it is open [local.file-faults]', async () => {
  const signal = new AbortController().signal;
  const another = local.another();
  expect(await another.health(signal)).toMatchObject([{ name: 'duckdb', ok: true }]);
  await local.call('execute_query', { sql: 'SELECT 1' });
  expect(await local.connector.health(signal)).toMatchObject([
    { ok: true, message: expect.stringContaining('this process') },
  ]);
  expect(await another.health(signal)).toMatchObject([{ ok: true }]);
});

it('serves one tenant alone: there is nothing between tenants in one file [local.store-unreachable]', async () => {
  const [tool] = local.connector.tools;
  const caller = { tenant: 'acme' } as Caller;
  const context = { caller, signal: new AbortController().signal, progress: () => undefined };
  await expect(tool?.call({ sql: 'SELECT 1' }, context)).rejects.toMatchObject({ code: 'permission_denied' });
});

it('ends what is still read when it closes [local.cancel]', async () => {
  const another = local.another();
  const { chunks } = await another.engine.query('SELECT i FROM range(100000000) t(i)', {
    signal: new AbortController().signal,
  });
  const reader = chunks[Symbol.asyncIterator]();
  expect((await reader.next()).done).toBe(false);
  await another.close();
  await expect(reader.next()).rejects.toMatchObject({ code: expect.stringMatching(/aborted|cancelled/) });
});
