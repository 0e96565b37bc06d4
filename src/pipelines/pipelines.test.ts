import { encode } from 'gpt-tokenizer/encoding/o200k_base';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type OrdersRoom, openOrders } from './fixtures/orders-room.ts';

describe('the tools of pipelines', () => {
  let room: OrdersRoom;

  beforeAll(async () => {
    room = await openOrders();
  });

  afterAll(() => room.close());

  it('are listed together in 2,800 tokens [pipelines.tools-cost]', () => {
    const listed = room.pipelines.tools.map(({ name, title, description, input, output }) => ({
      name,
      title,
      description,
      inputSchema: z.toJSONSchema(input, { io: 'input' }),
      outputSchema: z.toJSONSchema(output, { io: 'output' }),
    }));
    const withoutOutputs = listed.map(({ outputSchema: _outputs, ...tool }) => tool);
    expect(encode(JSON.stringify(withoutOutputs)).length).toBeLessThanOrEqual(2_800);
    expect(encode(JSON.stringify(listed)).length).toBeLessThanOrEqual(6_000);
  });

  it('have names of their files, descriptions of 200 characters or less, and a risk that says what is lost', () => {
    for (const { name, description, risk } of room.pipelines.tools) {
      expect(description.length, name).toBeLessThanOrEqual(210);
      expect(risk).toBe(/^(?:get|list)_/.test(name) ? 'read' : name === 'delete_pipeline' ? 'destructive' : 'write');
    }
  });
});
