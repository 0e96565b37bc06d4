import { z } from 'zod';
import { formatDuration, formatShare } from '../../../../kernel/units.ts';
import { type Advisory, figure } from '../advisory.ts';
import { defineLook } from './health-check.ts';

/** Shares of max_connections, those for superusers left out: time to act, and about to refuse logins. */
const NEARLY_FULL = 0.8;
const FULL = 0.95;
/** A transaction without work keeps its locks and every dead row since its start. Source: the manual at idle_in_transaction_session_timeout. */
const IDLE_IN_TRANSACTION_MS = 5 * 60_000;
const LONG_TRANSACTION_MS = 3_600_000;

const Connections = z.object({
  used: z.number(),
  allowed: z.number(),
  idle: z.number(),
  hidden: z.number(),
  idleInTransaction: z.number(),
  idlePid: z.number().nullable(),
  idleMs: z.number().nullable(),
  longPid: z.number().nullable(),
  longMs: z.number().nullable(),
});

/** How full the server is, and who holds a transaction open. */
export const connectionsLook = defineLook({
  what: 'connections',
  sql: () => `
    with sessions as (
      select *, extract(epoch from clock_timestamp() - state_change)::float8 * 1000 as state_ms,
        extract(epoch from clock_timestamp() - xact_start)::float8 * 1000 as xact_ms
      from pg_catalog.pg_stat_activity where pid <> pg_catalog.pg_backend_pid()),
    idlers as (select * from sessions where state like 'idle in transaction%' order by state_ms desc limit 1),
    longest as (
      select * from sessions where xact_ms is not null and state not like 'idle in transaction%' and backend_type = 'client backend'
      order by xact_ms desc limit 1)
    select
      (select count(*) from sessions where backend_type = 'client backend' or backend_type is null)::int as used,
      current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int as allowed,
      (select count(*) from sessions where state = 'idle')::int as idle,
      (select count(*) from sessions where state is null and query = '<insufficient privilege>')::int as hidden,
      (select count(*) from sessions where state like 'idle in transaction%')::int as "idleInTransaction",
      (select pid from idlers) as "idlePid", (select state_ms from idlers) as "idleMs",
      (select pid from longest) as "longPid", (select xact_ms from longest) as "longMs"`,
  row: Connections,
  judge: ([row], server) => {
    if (row === undefined) return { findings: [] };
    return {
      findings: [...fullness(row), ...idleTransactions(row), ...longTransaction(row)],
      gaps:
        row.hidden > 0 && !server.seesAll
          ? ['connections: sessions of other users are hidden; GRANT pg_read_all_stats to the role shows them.']
          : [],
    };
  },
});

type Row = z.infer<typeof Connections>;

function fullness({ used, allowed, idle }: Row): Advisory[] {
  const share = used / Math.max(allowed, 1);
  if (share < NEARLY_FULL) return [];
  return [
    {
      rule: 'postgres/connections-full',
      title: `${formatShare(share)} of the connections are taken`,
      severity: share >= FULL ? 'critical' : 'warning',
      evidence: [
        figure(`${used} of ${allowed}, ${idle} of them idle`, 'pg_stat_activity', 'connections', used, 'connections'),
      ],
      advice: [
        idle > used / 2
          ? 'Most do nothing: a pool (PgBouncer, or a smaller pool in the applications) frees them.'
          : 'Find who opened them with list_active_queries; raise max_connections only when memory allows.',
      ],
    },
  ];
}

function idleTransactions({ idleInTransaction, idlePid, idleMs }: Row): Advisory[] {
  if (idleMs === null || idleMs < IDLE_IN_TRANSACTION_MS) return [];
  return [
    {
      rule: 'postgres/idle-in-transaction',
      title: `A session holds a transaction open and does nothing, for ${formatDuration(idleMs)}`,
      severity: idleMs >= LONG_TRANSACTION_MS ? 'critical' : 'warning',
      evidence: [
        figure(`${idleInTransaction} idle in transaction`, `sessions/${idlePid}`, 'idle_ms', Math.round(idleMs), 'ms'),
      ],
      advice: [
        `cancel_query with pid ${idlePid} and terminate ends it; its transaction is undone.`,
        'Set idle_in_transaction_session_timeout, and let the application commit before it waits.',
      ],
    },
  ];
}

function longTransaction({ longPid, longMs }: Row): Advisory[] {
  if (longMs === null || longMs < LONG_TRANSACTION_MS) return [];
  return [
    {
      rule: 'postgres/long-transaction',
      title: `A transaction runs for ${formatDuration(longMs)}`,
      severity: 'warning',
      evidence: [
        figure(
          'vacuum cannot remove what died since it began',
          `sessions/${longPid}`,
          'transaction_ms',
          Math.round(longMs),
          'ms',
        ),
      ],
      advice: ['list_active_queries shows what it runs. Split the work, or run it on a standby.'],
    },
  ];
}
