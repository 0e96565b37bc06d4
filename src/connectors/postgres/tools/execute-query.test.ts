import { describe, expect, it } from 'vitest';
import { unreachableRoom } from '../fixtures/unreachable.ts';

const room = unreachableRoom();

describe('execute_query', () => {
  it.each([
    [{ sql: 'drop table x' }, 'invalid_argument', '25006'],
    [{ sql: 'select 1; select 2' }, 'invalid_argument', '42601'],
    [{ sql: "select pg_read_file('/x')" }, 'permission_denied', '42501'],
    [{ sql: 'select $1', parameters: [] }, 'invalid_argument', '08P01'],
  ])('refuses before anything is sent: %j [postgres.hostile-reads]', async (input, code, state) => {
    expect(await room.failure('execute_query', input)).toMatchObject({ code, details: { sql_state: state } });
  });

  it('says that the server cannot be reached, without user and password [postgres.server-gone] [postgres.error-meaning]', async () => {
    const body = await room.failure('execute_query', { sql: 'select 1' });
    expect(body).toMatchObject({ code: 'unavailable', retryable: true, hint: expect.stringContaining('by itself') });
    expect(JSON.stringify(body)).not.toMatch(/secret-word|somebody/);
  });

  it('knows no cursor that it did not give [postgres.cursor]', async () => {
    expect(await room.failure('execute_query', { sql: 'select 1', cursor: 'bzEw' })).toMatchObject({
      code: 'failed_precondition',
    });
  });

  it('shows rows as a table whose texts are quoted [postgres.exact-values]', () => {
    const output = {
      columns: ['n', 't'],
      rows: [
        [1, 'a|b\nc'],
        [null, true],
      ],
      truncated: true,
      cursor: 'q1',
      notes: ['One text was cut.'],
    };
    expect(room.find('execute_query').renderText?.(output)).toBe(
      '2 rows; for more pass cursor=q1\nn|t\n1|«a|b c»\n|true\nOne text was cut.',
    );
  });
});
