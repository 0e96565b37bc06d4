import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type OrdersRoom, openOrders } from '../fixtures/orders-room.ts';

describe('get_pipeline', () => {
  let room: OrdersRoom;

  beforeEach(async () => {
    room = await openOrders();
  });

  afterEach(() => room.close());

  it('gives the definition by id or name, of this tenant alone [pipelines.tenants]', async () => {
    expect(await room.call('get_pipeline', { pipeline_id: room.pipelineId })).toMatchObject({
      version: 1,
      definition: { name: 'orders', sources: [{ id: 'orders' }] },
      watermarks: [],
    });
    await expect(room.call('get_pipeline', { pipeline_id: 'order' })).rejects.toMatchObject({
      code: 'not_found',
      details: { nearest: ['orders'] },
    });
    await expect(room.call('get_pipeline', { pipeline_id: 'orders', version: 9 })).rejects.toMatchObject({
      code: 'not_found',
    });
    await expect(room.call('get_pipeline', { pipeline_id: 'orders' }, 'other')).rejects.toMatchObject({
      code: 'not_found',
    });
  });
});
