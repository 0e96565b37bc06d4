import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type OrdersRoom, openOrders } from '../fixtures/orders-room.ts';

describe('list_pipeline_runs', () => {
  let room: OrdersRoom;

  beforeEach(async () => {
    room = await openOrders();
  });

  afterEach(() => room.close());

  it('pages the history, newest first, also of a pipeline that was deleted [pipelines.history]', async () => {
    for (let time = 0; time < 3; time += 1) await room.call('execute_pipeline', { pipeline_id: 'orders', wait_s: 10 });
    await room.call('delete_pipeline', { pipeline_id: 'orders' });
    const first = (await room.call('list_pipeline_runs', { pipeline_id: room.pipelineId, length: 2 })).runs;
    const second = (
      await room.call('list_pipeline_runs', { pipeline_id: room.pipelineId, length: 2, cursor: first.cursor })
    ).runs;
    expect([...first.rows, ...second.rows].map((row: unknown[]) => [row[3], row[7]])).toEqual([
      ['succeeded', 2],
      ['succeeded', 2],
      ['succeeded', 2],
    ]);
    expect(second).toMatchObject({ total: 3, truncated: false });
    expect((await room.call('list_pipeline_runs', { state: 'failed' })).runs.total).toBe(0);
  });
});
