import { describe, expect, it } from 'vitest';
import { unreachableRoom } from '../fixtures/unreachable.ts';

const room = unreachableRoom();

describe('execute_dml', () => {
  it.each([
    [{ sql: 'select 1' }, 'invalid_argument'],
    [{ sql: 'create table x (id int)' }, 'invalid_argument'],
    [{ sql: "update t set a = pg_read_file('/x') where id = 1" }, 'permission_denied'],
    [{ sql: 'delete from t where id = $1' }, 'invalid_argument'],
  ])('refuses before anything is sent: %j [postgres.write-statements]', async (input, code) => {
    expect(await room.failure('execute_dml', input)).toMatchObject({ code });
  });

  it('says what came of a change [postgres.dml]', () => {
    const render = room.find('execute_dml').renderText;
    expect(render?.({ command: 'DELETE', affected_rows: 1, dry_run: true })).toBe(
      'DELETE: 1 row, rolled back (dry run)',
    );
    expect(render?.({ command: 'TRUNCATE', affected_rows: 0, dry_run: false })).toBe('TRUNCATE: done');
    const returning = { columns: ['id'], rows: [[7]], truncated: false };
    expect(render?.({ command: 'INSERT', affected_rows: 2, dry_run: false, returning })).toBe(
      'INSERT: 2 rows\n1 row\nid\n7',
    );
  });
});
