import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type OrdersRoom, openOrders } from '../fixtures/orders-room.ts';

describe('list_pipelines', () => {
  let room: OrdersRoom;

  beforeEach(async () => {
    room = await openOrders();
  });

  afterEach(() => room.close());

  it('lists pipelines with their last run, page by page', async () => {
    for (const name of ['a', 'b']) await room.call('create_etl_pipeline', { definition: { ...room.definition, name } });
    await room.call('execute_pipeline', { pipeline_id: 'b' });
    const first = (await room.call('list_pipelines', { length: 2 })).pipelines;
    expect(first.rows.map((row: unknown[]) => [row[1], row[3]])).toEqual([
      ['a', null],
      ['b', 'succeeded'],
    ]);
    const second = (await room.call('list_pipelines', { length: 2, cursor: first.cursor })).pipelines;
    expect(second.rows.map((row: unknown[]) => row[1])).toEqual(['orders']);
    await expect(room.call('list_pipelines', { cursor: 'x' })).rejects.toMatchObject({ code: 'invalid_argument' });
  });
});
