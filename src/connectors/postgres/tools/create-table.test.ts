import { describe, expect, it } from 'vitest';
import { unreachableRoom } from '../fixtures/unreachable.ts';

const room = unreachableRoom();

describe('create_table', () => {
  it.each([
    [{ table: '', columns: [{ name: 'a', type: 'int' }] }, 'invalid_argument'],
    [{ table: 't', columns: [{ name: 'a', type: 'int, b int' }] }, 'invalid_argument'],
    [{ table: 't', columns: [{ name: 'a', type: 'int', default: '1); drop table x; --' }] }, 'invalid_argument'],
    [{ table: 't', columns: [{ name: 'a', type: 'text', default: 'pg_read_file(b)' }] }, 'permission_denied'],
  ])('refuses before anything is sent: %j [postgres.create-table]', async (input, code) => {
    expect(await room.failure('create_table', input)).toMatchObject({ code });
  });

  it('shows what it ran [postgres.create-table]', () => {
    const output = { database: 'main', created: true, sql: 'CREATE TABLE "t" ()' };
    expect(room.find('create_table').renderText?.(output)).toBe('Created\nCREATE TABLE "t" ()');
  });
});
