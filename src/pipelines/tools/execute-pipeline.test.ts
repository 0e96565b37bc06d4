import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type OrdersRoom, openOrders } from '../fixtures/orders-room.ts';

describe('execute_pipeline', () => {
  let room: OrdersRoom;

  beforeEach(async () => {
    room = await openOrders();
  });

  afterEach(() => room.close());

  it('answers at once where nobody wants to wait, and names its operation', async () => {
    const { run, operation_id } = await room.call('execute_pipeline', { pipeline_id: 'orders', wait_s: 0 });
    expect(['queued', 'running', 'succeeded']).toContain(run.state);
    expect((await room.operations.settled('local', operation_id, 5_000)).state).toBe('succeeded');
  });

  it.each([
    ['an unknown parameter', { parameters: { x: 1 } }],
    ['half a range', { from: '2026-01-01' }],
    ['a range that goes back', { from: '2026-01-02', to: '2026-01-01' }],
  ])('refuses %s', async (_name, more) => {
    await expect(room.call('execute_pipeline', { pipeline_id: 'orders', ...more })).rejects.toMatchObject({
      code: 'invalid_argument',
    });
  });

  it('begins no more runs than one call may [pipelines.backfill]', async () => {
    const range = { from: '2020-01-01', to: '2026-01-01', by: 'hour' };
    await expect(room.call('execute_pipeline', { pipeline_id: 'orders', ...range })).rejects.toMatchObject({
      code: 'resource_exhausted',
    });
  });
});
