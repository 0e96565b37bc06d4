import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type OrdersRoom, openOrders } from '../fixtures/orders-room.ts';

describe('get_pipeline_status', () => {
  let room: OrdersRoom;

  beforeEach(async () => {
    room = await openOrders();
  });

  afterEach(() => room.close());

  it('says of a pipeline that it has not run, and of a run what it came to', async () => {
    expect(await room.call('get_pipeline_status', { pipeline_id: 'orders' })).toMatchObject({
      run: null,
      paused: false,
    });
    const { execution_id } = await room.call('execute_pipeline', { pipeline_id: 'orders', wait_s: 10 });
    const { run } = await room.call('get_pipeline_status', { execution_id });
    expect(run).toMatchObject({ state: 'succeeded', progress: { done: 2, total: 2 }, error: null });
    await expect(room.call('get_pipeline_status', {})).rejects.toMatchObject({ code: 'invalid_argument' });
  });
});
