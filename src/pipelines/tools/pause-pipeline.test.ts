import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type OrdersRoom, openOrders } from '../fixtures/orders-room.ts';

describe('pause_pipeline', () => {
  let room: OrdersRoom;

  beforeEach(async () => {
    room = await openOrders();
  });

  afterEach(() => room.close());

  it('stops a schedule and starts it again [pipelines.paused]', async () => {
    const definition = { ...room.definition, schedule: { cron: '0 3 * * *', catch_up: 'none' } };
    await room.call('update_pipeline', { pipeline_id: 'orders', definition });
    expect(await room.call('pause_pipeline', { pipeline_id: 'orders' })).toMatchObject({
      paused: true,
      next_run_at: null,
    });
    const again = await room.call('pause_pipeline', { pipeline_id: 'orders', paused: false });
    expect(again.next_run_at).toMatch(/T03:00:00.000Z$/);
  });
});
