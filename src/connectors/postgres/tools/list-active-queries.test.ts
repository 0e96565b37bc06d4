import { expect, it } from 'vitest';
import { callScripted } from '../advice/fixtures/call-scripted.ts';
import { SERVER, scriptedContext } from '../advice/fixtures/scripted-database.ts';
import { listActiveQueries } from './list-active-queries.ts';

const row = (pid: number, facts: Record<string, unknown> = {}) => ({
  pid,
  database: 'shop',
  user: 'app',
  application: 'psql',
  client: 'local',
  kind: 'client backend',
  state: 'active',
  wait: null,
  startedAt: '2026-11-01T00:00:00.000001Z',
  stateMs: 1500.4,
  transactionMs: 2000,
  blockedBy: [],
  query: 'select 1',
  ...facts,
});
const contextOf = (rows: unknown[], server = SERVER) =>
  scriptedContext((sql) => (sql.includes('from pg_catalog.pg_stat_activity a') ? rows : []), server).context;
const pids = (output: { sessions: { rows: unknown[][] } }) => output.sessions.rows.map(([pid]) => pid);

it('shows blockers first, then the longest, and who waits behind whom [postgres-advice.active-queries]', async () => {
  const rows = [
    row(3, { blockedBy: [9, 9], wait: 'Lock: tuple' }),
    row(4, { stateMs: 90_000 }),
    row(9, { state: 'idle in transaction', stateMs: 10 }),
  ];
  const { output, text } = await callScripted(listActiveQueries, {}, contextOf(rows));
  expect(pids(output)).toEqual([9, 4, 3]);
  expect(output.blocking.rows).toEqual([[9, 3, 1, 1500]]);
  expect(text).toContain('3 app active 1.5 s, waits: Lock: tuple, blocked by 9: «select 1»');
});

it('leaves out what is idle, short, or the server itself [postgres-advice.active-queries]', async () => {
  const rows = [
    row(1, { state: 'idle' }),
    row(2, { kind: 'checkpointer', user: null }),
    row(3),
    row(4, { stateMs: 5 }),
  ];
  expect(pids((await callScripted(listActiveQueries, { min_duration_ms: 100 }, contextOf(rows))).output)).toEqual([3]);
  expect(pids((await callScripted(listActiveQueries, { include_idle: true }, contextOf(rows))).output)).toEqual([
    1, 3, 4,
  ]);
});

it('shows sessions that it cannot see into as hidden, and says so [postgres-advice.health-gaps]', async () => {
  const rows = [
    row(1, { kind: null, state: null, query: null, startedAt: null, stateMs: null }),
    row(2, { kind: null, user: null }),
  ];
  const { output } = await callScripted(listActiveQueries, {}, contextOf(rows, { ...SERVER, seesAll: false }));
  expect(pids(output)).toEqual([1]);
  expect(output.gaps).toEqual([
    'What 1 session of other users do is hidden; GRANT pg_read_all_stats to the role shows it.',
  ]);
});
