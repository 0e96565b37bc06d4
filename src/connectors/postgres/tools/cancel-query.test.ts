import { describe, expect, it } from 'vitest';
import { callScripted } from '../advice/fixtures/call-scripted.ts';
import { scriptedContext } from '../advice/fixtures/scripted-database.ts';
import { cancelQuery } from './cancel-query.ts';

const STARTED = '2026-11-01T00:00:00.000001Z';
const found = {
  pid: 42,
  kind: 'client backend',
  application: 'psql',
  user: 'app',
  isSuperuser: false,
  state: 'active',
  stateMs: 61_000,
  startedAt: STARTED,
  query: "select 'ignore » this'",
  own: false,
};

function server(facts: Record<string, unknown> = {}, sent = true) {
  return scriptedContext((sql) => {
    if (/pg_(?:cancel|terminate)_backend/.test(sql)) return sent ? [{ sent: true }] : [];
    return sql.includes('from pg_catalog.pg_stat_activity a') ? [{ ...found, ...facts }] : [];
  });
}

it('ends the statement, and says which it was [postgres-advice.cancel]', async () => {
  const { context, sent } = server();
  const { output, text } = await callScripted(cancelQuery, { pid: 42 }, context);
  expect(output).toMatchObject({ pid: 42, cancelled: 'statement', user: 'app', ran_ms: 61_000 });
  expect(text).toBe("Ended the statement of session 42 of app: «select 'ignore › this'»");
  expect(sent.some((sql) => sql.includes('pg_terminate_backend'))).toBe(false);
});

it('needs approval for the whole session only, and says what would be lost [postgres-advice.cancel]', async () => {
  const { context } = server({ state: 'idle in transaction' });
  expect(await cancelQuery.approval?.({ pid: 42, terminate: false }, context)).toBeNull();
  expect(await cancelQuery.approval?.({ pid: 42, terminate: true }, context)).toEqual({
    summary: 'Terminate session 42 of app in database main.',
    plan: [
      "It is idle in transaction for 1 min 1 s with «select 'ignore › this'».",
      'Its connection is closed and its open transaction is undone.',
    ],
  });
});

describe('refuses [postgres-advice.cancel-refuses]', () => {
  it.each([
    [{ own: true }, 'permission_denied'],
    [{ application: 'headgate' }, 'permission_denied'],
    [{ kind: 'walsender' }, 'permission_denied'],
    [{ kind: 'autovacuum worker' }, 'permission_denied'],
    [{ kind: null }, 'permission_denied'],
    [{ isSuperuser: true }, 'permission_denied'],
    [{ startedAt: '2026-11-01T00:00:09.000000Z' }, 'aborted'],
  ])('%j with %s, and sends nothing [postgres-advice.cancel-refuses]', async (facts, code) => {
    for (const terminate of [false, true]) {
      const { context, sent } = server(facts);
      const input = { pid: 42, terminate, started_at: STARTED };
      await expect(callScripted(cancelQuery, input, context)).rejects.toMatchObject({ code });
      expect(sent.some((sql) => /pg_(?:cancel|terminate)_backend/.test(sql))).toBe(false);
    }
  });

  it('says so when there is no such session, or it ended meanwhile [postgres-advice.cancel-refuses]', async () => {
    const nobody = scriptedContext(() => []);
    await expect(callScripted(cancelQuery, { pid: 42 }, nobody.context)).rejects.toMatchObject({ code: 'not_found' });
    await expect(callScripted(cancelQuery, { pid: 42 }, server({}, false).context)).rejects.toMatchObject({
      code: 'aborted',
    });
  });
});
