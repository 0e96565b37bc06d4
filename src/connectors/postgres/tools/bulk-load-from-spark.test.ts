import { describe, expect, it } from 'vitest';
import { LOCAL_TENANT } from '../../../kernel/caller.ts';
import { bindTool, type ToolContext } from '../../../kernel/tool.ts';
import type { PostgresToolDependencies } from '../tool-dependencies.ts';
import { bulkLoadFromSpark } from './bulk-load-from-spark.ts';

const context: ToolContext = {
  caller: {
    subject: 'me',
    tenant: LOCAL_TENANT,
    scopes: new Set(['read', 'write']),
    via: 'cli',
    abilities: { elicitation: false, progress: false, tasks: false },
  },
  signal: new AbortController().signal,
  progress: () => {},
};

const tool = bindTool(bulkLoadFromSpark, {
  databases: { find: () => ({ name: 'main' }) },
  spark: () => null,
} as unknown as PostgresToolDependencies);
const inputOf = (input: object) => tool.input.parse({ target_table: 't', ...input });

describe('bulk_load_from_spark', () => {
  it('takes exactly one source [bulk-load.tool]', async () => {
    for (const input of [{}, { query: 'select 1', path: '/x' }, { source_table: 'a', path: '/x' }]) {
      await expect(tool.call(inputOf(input), context)).rejects.toMatchObject({ code: 'invalid_argument' });
      await expect(tool.approval?.(inputOf(input), context)).rejects.toMatchObject({ code: 'invalid_argument' });
    }
    expect(await tool.approval?.(inputOf({ query: 'select 1' }), context)).toBeNull();
  });

  it('says that there is no Spark [bulk-load.tool]', async () => {
    await expect(tool.call(inputOf({ query: 'select 1' }), context)).rejects.toMatchObject({
      code: 'failed_precondition',
      hint: expect.stringContaining('spark.remote'),
    });
  });

  it('reads as its answer first [bulk-load.tool]', () => {
    const result = {
      ...{ engine: 'postgres', database: 'main', table: 'orders', mode: 'append', way: 'copy', load_id: null },
      ...{
        rows: 1_000_000,
        inserted: 1_000_000,
        updated: 0,
        bytes: 48_000_000,
        duration_ms: 1500,
        rows_per_s: 666_667,
      },
      ...{ created: false, already_loaded: false },
    };
    expect(tool.renderText?.(result)).toBe(
      'orders: 1,000,000 rows in 1.5 s by copy (1,000,000 inserted, 0 updated, 45.8 MiB).',
    );
    expect(tool.renderText?.({ ...result, already_loaded: true })).toContain('nothing was done');
  });
});
