import { describe, expect, it } from 'vitest';
import { unreachableRoom } from '../fixtures/unreachable.ts';

const room = unreachableRoom();

describe('get_table_schema', () => {
  it('says that the server cannot be reached [postgres.server-gone]', async () => {
    expect(await room.failure('get_table_schema', { table: 'orders' })).toMatchObject({ code: 'unavailable' });
  });

  it('needs a table [postgres.bad-input]', () => {
    expect(room.find('get_table_schema').input.safeParse({ table: '' }).success).toBe(false);
  });
});
