import { describe, expect, it } from 'vitest';
import { HeadgateError } from '../../../kernel/errors.ts';
import { localCaller } from '../../calls/local-caller.ts';
import type { Operations } from '../operations.ts';
import { listOperations } from './list-operations.ts';

describe('list_operations', () => {
  it('has a row an operation and refuses a cursor that it did not hand out [operations.handed-over]', async () => {
    const at = Date.parse('2026-01-02T03:04:05Z');
    const failed = {
      id: 'op_1',
      tenant: 'local',
      subject: 'ada',
      tool: 'bulk_load',
      title: 'load orders\nnow',
      state: 'failed' as const,
      progress: { done: 1, total: 2 },
      cancelRequested: false,
      createdAt: at,
      updatedAt: at,
      endedAt: at,
      result: null,
      error: new HeadgateError('aborted', 'It ended.').toBody(),
    };
    const operations = { list: async () => ({ operations: [failed], total: 3 }) } as unknown as Operations;
    const context = {
      operations,
      caller: localCaller('rest'),
      signal: new AbortController().signal,
      progress: () => {},
    };
    const time = '2026-01-02T03:04:05.000Z';
    expect((await listOperations.handler({ length: 1 }, context)).operations).toMatchObject({
      rows: [['op_1', 'bulk_load', '«load orders now»', 'failed', '50 %', time, time, 'aborted']],
      total: 3,
      truncated: true,
      cursor: expect.any(String),
    });
    await expect(listOperations.handler({ length: 1, cursor: 'x' }, context)).rejects.toMatchObject({
      code: 'invalid_argument',
    });
  });
});
