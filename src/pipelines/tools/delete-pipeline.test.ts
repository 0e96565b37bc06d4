import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type OrdersRoom, openOrders } from '../fixtures/orders-room.ts';

describe('delete_pipeline', () => {
  let room: OrdersRoom;

  beforeEach(async () => {
    room = await openOrders();
  });

  afterEach(() => room.close());

  it('says what would be lost before it is approved, and keeps the history [pipelines.delete]', async () => {
    await room.call('execute_pipeline', { pipeline_id: 'orders', wait_s: 10 });
    const tool = room.pipelines.tools.find(({ name }) => name === 'delete_pipeline');
    expect(tool?.risk).toBe('destructive');
    expect(await tool?.approval?.({ pipeline_id: 'orders' }, room.context)).toEqual({
      summary: `delete_pipeline removes the pipeline orders (${room.pipelineId}).`,
      plan: [
        'its 1 version and its schedule can no longer be run',
        'the history of its 1 run stays',
        'tables and files that it loaded are not touched',
      ],
    });
    await room.call('delete_pipeline', { pipeline_id: 'orders' });
    await expect(room.call('execute_pipeline', { pipeline_id: room.pipelineId })).rejects.toMatchObject({
      code: 'not_found',
    });
    expect((await room.call('list_pipeline_runs', {})).runs.total).toBe(1);
  });
});
