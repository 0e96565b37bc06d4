import { z } from 'zod';
import type { Client } from '../client.ts';
import { OWN } from '../server-facts.ts';

const Session = z.object({
  pid: z.number(),
  database: z.string().nullable(),
  user: z.string().nullable(),
  application: z.string(),
  client: z.string().nullable(),
  /** `client backend`, `walsender`, `autovacuum worker` …; null: the role may not see it. */
  kind: z.string().nullable(),
  /** `active`, `idle`, `idle in transaction` …; null: the role may not see it. */
  state: z.string().nullable(),
  /** `Lock: transactionid`; null: it runs. */
  wait: z.string().nullable(),
  /** Start of the statement; RFC 3339 with microseconds. */
  startedAt: z.string().nullable(),
  /** Of the running statement, or since the last one ended. */
  stateMs: z.number().nullable(),
  transactionMs: z.number().nullable(),
  /** Processes whose locks it waits for. */
  blockedBy: z.array(z.number()),
  query: z.string().nullable(),
});

/** One session of the server, as `pg_stat_activity` shows it. */
export type ActiveSession = z.infer<typeof Session>;

/** RFC 3339 with microseconds: two statements of one session never have the same. */
export const STARTED_AT = `to_char(a.query_start at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`;

const SQL = `${OWN}
  select a.pid, a.datname as database, a.usename as user, coalesce(a.application_name, '') as application,
    coalesce(host(a.client_addr), 'local') as client, a.backend_type as kind, a.state,
    case when a.wait_event_type is null or a.wait_event_type = 'Client' then null
      else a.wait_event_type || ': ' || a.wait_event end as wait,
    ${STARTED_AT} as "startedAt",
    extract(epoch from clock_timestamp() - case when a.state = 'active' then a.query_start else a.state_change end)::float8
      * 1000 as "stateMs",
    extract(epoch from clock_timestamp() - a.xact_start)::float8 * 1000 as "transactionMs",
    case when a.wait_event_type = 'Lock' then pg_catalog.pg_blocking_pids(a.pid) else '{}'::int[] end as "blockedBy",
    case when a.query = '<insufficient privilege>' then null else left(a.query, 20000) end as query
  from pg_catalog.pg_stat_activity a
  where a.pid <> pg_catalog.pg_backend_pid()`;

/** Every other session of the server. Those of other users are bare without `pg_read_all_stats`. */
export async function loadSessions(client: Client): Promise<ActiveSession[]> {
  const { rows } = await client.query(SQL);
  return z.array(Session).parse(rows);
}

/** A session that waits, and how many locks away from the root. */
export interface Waiter {
  readonly session: ActiveSession;
  /** 1: waits for the root itself. */
  readonly depth: number;
}

/** Sessions that wait for one session's locks, straight or behind one another. */
export interface BlockingChain {
  /** Waits for nobody itself; in a circle the one with the lowest pid. */
  readonly root: ActiveSession;
  /** Nearest first. A session is in one chain only. */
  readonly waiters: readonly Waiter[];
  readonly longestMs: number;
}

/**
 * Who blocks whom, most waiting sessions first. Sessions that wait for a prepared transaction (pid 0) or for one that is not in
 * the list have no root here and are left out. Cost: linear in the pairs of waiter and blocker.
 */
export function blockingChains(sessions: readonly ActiveSession[]): BlockingChain[] {
  const waitersOf = new Map<number, ActiveSession[]>();
  for (const session of sessions) {
    for (const pid of new Set(session.blockedBy)) waitersOf.set(pid, [...(waitersOf.get(pid) ?? []), session]);
  }
  const seen = new Set<number>();
  return rootsOf(sessions, waitersOf)
    .map((root) => {
      const waiters = waitersBehind(root, waitersOf, seen);
      return { root, waiters, longestMs: Math.max(0, ...waiters.map(({ session }) => session.stateMs ?? 0)) };
    })
    .sort((a, b) => b.waiters.length - a.waiters.length || b.longestMs - a.longestMs);
}

function rootsOf(sessions: readonly ActiveSession[], waitersOf: ReadonlyMap<number, unknown>): ActiveSession[] {
  const blockers = sessions.filter(({ pid }) => waitersOf.has(pid));
  const free = blockers.filter(({ blockedBy }) => blockedBy.length === 0);
  if (free.length > 0 || blockers.length === 0) return free;
  return [blockers.reduce((lowest, one) => (one.pid < lowest.pid ? one : lowest))];
}

/** Level by level, so that a long queue at one lock, where everybody also waits for all before, stays a queue. */
function waitersBehind(
  root: ActiveSession,
  waitersOf: ReadonlyMap<number, readonly ActiveSession[]>,
  seen: Set<number>,
): Waiter[] {
  seen.add(root.pid);
  const found: Waiter[] = [];
  let level: readonly ActiveSession[] = [root];
  for (let depth = 1; level.length > 0; depth += 1) {
    const next: ActiveSession[] = [];
    for (const waiter of level.flatMap(({ pid }) => waitersOf.get(pid) ?? [])) {
      if (seen.has(waiter.pid)) continue;
      seen.add(waiter.pid);
      next.push(waiter);
    }
    found.push(...next.map((session) => ({ session, depth })));
    level = next;
  }
  return found;
}
