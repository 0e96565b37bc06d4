import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type OrdersRoom, openOrders } from '../fixtures/orders-room.ts';

describe('update_pipeline', () => {
  let room: OrdersRoom;

  beforeEach(async () => {
    room = await openOrders();
  });

  afterEach(() => room.close());

  it('asks before its runs may empty another table that has rows [pipelines.replacing-asked]', async () => {
    const tool = room.pipelines.tools.find(({ name }) => name === 'update_pipeline');
    const asked = (table: string) =>
      tool?.approval?.(
        {
          pipeline_id: 'orders',
          definition: { ...room.definition, destination: { type: 'postgres', table, mode: 'replace' } },
        },
        room.context,
      );
    room.platform.run('create table target (id bigint)');
    room.platform.run('insert into target values (1)');
    expect(await asked('target')).toBeNull();
    expect(await asked('orders')).toMatchObject({ plan: [expect.stringContaining('the rows of orders')] });
  });

  it('makes a new version and keeps the one before [pipelines.versions]', async () => {
    const definition = { ...room.definition, schedule: { cron: '0 3 * * *' } };
    const updated = await room.call('update_pipeline', { pipeline_id: 'orders', definition });
    expect(updated).toMatchObject({ pipeline_id: room.pipelineId, version: 2 });
    expect(updated.next_run_at).toMatch(/T03:00:00.000Z$/);
    expect(
      (await room.call('get_pipeline', { pipeline_id: 'orders', version: 1 })).definition.schedule,
    ).toBeUndefined();
    await expect(room.call('update_pipeline', { pipeline_id: 'orders', definition, version: 1 })).rejects.toMatchObject(
      {
        code: 'aborted',
      },
    );
  });
});
