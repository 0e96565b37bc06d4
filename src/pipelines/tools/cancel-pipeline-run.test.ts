import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type OrdersRoom, openOrders } from '../fixtures/orders-room.ts';

describe('cancel_pipeline_run', () => {
  let room: OrdersRoom;

  beforeEach(async () => {
    room = await openOrders();
  });

  afterEach(() => room.close());

  it('leaves a run that has ended as it is [pipelines.cancel]', async () => {
    const { execution_id } = await room.call('execute_pipeline', { pipeline_id: 'orders', wait_s: 10 });
    expect(await room.call('cancel_pipeline_run', { execution_id })).toEqual({
      execution_id,
      state: 'succeeded',
      cancel_requested: false,
    });
    await expect(room.call('cancel_pipeline_run', { execution_id: 'ex_none' })).rejects.toMatchObject({
      code: 'not_found',
    });
  });
});
