import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type OrdersRoom, openOrders } from '../fixtures/orders-room.ts';

describe('create_etl_pipeline', () => {
  let room: OrdersRoom;

  beforeEach(async () => {
    room = await openOrders();
  });

  afterEach(() => room.close());

  it('stores a first version and says what the platforms say [pipelines.probed]', async () => {
    const definition = {
      ...room.definition,
      name: 'wrong',
      transformations: [{ id: 'few', sql: 'select absent_column from orders' }],
    };
    expect(await room.call('create_etl_pipeline', { definition })).toMatchObject({
      name: 'wrong',
      version: 1,
      next_run_at: null,
      warnings: ['few: no such column: absent_column'],
    });
    expect(room.platform.run("select name from sqlite_master where name = 'target'")).toEqual([]);
  });

  it('refuses a name that is taken and a database that is not there', async () => {
    const { definition } = room;
    await expect(room.call('create_etl_pipeline', { definition })).rejects.toMatchObject({
      code: 'failed_precondition',
    });
    const elsewhere = { ...definition, name: 'b', destination: { type: 'postgres', table: 'x', database: 'maine' } };
    await expect(room.call('create_etl_pipeline', { definition: elsewhere })).rejects.toMatchObject({
      code: 'not_found',
      details: { nearest: ['main'] },
    });
  });
});
