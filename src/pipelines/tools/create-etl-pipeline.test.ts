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

  it('asks before its runs may empty a table that has rows, and for nothing else [pipelines.replacing-asked]', async () => {
    const tool = room.pipelines.tools.find(({ name }) => name === 'create_etl_pipeline');
    const asked = (table: string, mode: string) =>
      tool?.approval?.(
        { definition: { ...room.definition, name: 'b', destination: { type: 'postgres', table, mode } } },
        room.context,
      );
    expect(await asked('orders', 'replace')).toEqual({
      summary: 'Each run of the pipeline b replaces all rows of a table.',
      plan: ['Each run removes the rows of orders, which has rows now, and puts its own in their place.'],
    });
    expect(await asked('not_there', 'replace')).toBeNull();
    expect(await asked('orders', 'append')).toBeNull();
    room.platform.run('create table empty (id bigint)');
    expect(await asked('empty', 'replace')).toBeNull();
    await expect(tool?.approval?.({ definition: { name: 'b' } }, room.context)).rejects.toMatchObject({
      code: 'invalid_argument',
    });
  });

  it('asks when parameters name the table that its runs empty [pipelines.replacing-asked]', async () => {
    const tool = room.pipelines.tools.find(({ name }) => name === 'create_etl_pipeline');
    const definition = {
      ...room.definition,
      name: 'b',
      parameters: { target: { type: 'identifier' } },
      destination: { type: 'postgres', table: '{{ target }}', mode: 'replace' },
    };
    expect(await tool?.approval?.({ definition }, room.context)).toMatchObject({
      plan: [expect.stringContaining('parameters name')],
    });
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
