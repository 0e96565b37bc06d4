import { describe, expect, it } from 'vitest';
import { cancelOperation } from './cancel-operation.ts';

describe('cancel_operation', () => {
  it('says whether it has ended or still has to [operations.handed-over]', () => {
    const view = { operation_id: 'op_1', tool: 'bulk_load', cancel_requested: true, error: null };
    const text = (state: 'running' | 'succeeded') => cancelOperation.renderText?.({ ...view, state });
    expect(text('running')).toBe('op_1 (bulk_load) is running and is asked to end.');
    expect(text('succeeded')).toBe('op_1 (bulk_load) succeeded.');
  });
});
