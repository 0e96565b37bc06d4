import { describe, expect, it } from 'vitest';
import { unreachableRoom } from '../fixtures/unreachable.ts';

const room = unreachableRoom();

describe('list_tables', () => {
  it('refuses what it did not offer before anything is sent [postgres.list-tables]', async () => {
    expect(await room.failure('list_tables', { cursor: 'nothing' })).toMatchObject({ code: 'invalid_argument' });
    expect(room.find('list_tables').input.safeParse({ kind: 'index' }).success).toBe(false);
    expect(await room.failure('list_tables', { database: 'mian' })).toMatchObject({
      code: 'not_found',
      details: { nearest: ['main'] },
    });
  });

  it('says that the server cannot be reached [postgres.server-gone]', async () => {
    expect(await room.failure('list_tables', {})).toMatchObject({ code: 'unavailable', retryable: true });
  });
});
