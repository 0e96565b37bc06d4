import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type OrdersRoom, openOrders } from '../fixtures/orders-room.ts';

describe('pipelines://active', () => {
  let room: OrdersRoom;

  beforeEach(async () => {
    room = await openOrders();
  });

  afterEach(() => room.close());

  it('shows what is due, and tells its watchers of changes [pipelines.active-resource]', async () => {
    const [active] = room.pipelines.resources;
    let changes = 0;
    const stop = active?.watch?.({}, room.context.caller, () => {
      changes += 1;
    });
    const definition = { ...room.definition, schedule: { cron: '0 3 * * *' } };
    await room.call('update_pipeline', { pipeline_id: 'orders', definition });
    expect(changes).toBe(1);
    await room.call('execute_pipeline', { pipeline_id: 'orders', wait_s: 10 });
    expect(changes).toBeGreaterThan(3);
    stop?.();
    const seen = changes;
    await room.call('pause_pipeline', { pipeline_id: 'orders', paused: false });
    expect(changes).toBe(seen);
    expect(await active?.read({}, room.context)).toMatchObject({
      running: [],
      scheduled: [{ pipeline_id: room.pipelineId, name: 'orders' }],
    });
  });
});
