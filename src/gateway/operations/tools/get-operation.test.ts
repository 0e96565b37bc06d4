import { describe, expect, it } from 'vitest';
import { getOperation } from './get-operation.ts';

const view = {
  operation_id: 'op_1',
  tool: 'bulk_load',
  title: 'load orders',
  state: 'running' as const,
  cancel_requested: false,
  progress: { done: 2, total: 5, message: 'copy' },
  created_at: '2026-01-02T03:04:05.000Z',
  updated_at: '2026-01-02T03:04:06.000Z',
  ended_at: null,
  error: null,
  result: null,
};

describe('get_operation', () => {
  it('says in its first line what runs, how far it is, and what came of it [operations.handed-over]', () => {
    const text = (over: object) => getOperation.renderText?.({ ...view, ...over });
    expect(text({})).toBe('op_1 (bulk_load) is running, 40 % (copy).');
    expect(text({ progress: { done: 7 }, cancel_requested: true })).toBe(
      'op_1 (bulk_load) is running and is asked to end, 7 done.',
    );
    expect(text({ state: 'succeeded', result: { rows: 3 } })).toBe('op_1 (bulk_load) succeeded.\n\nrows: 3');
    const error = { code: 'aborted', message: 'It ended.', hint: 'Run it again.', retryable: true };
    expect(text({ state: 'failed', error })).toBe('op_1 (bulk_load) failed: aborted: It ended. Run it again.');
  });
});
