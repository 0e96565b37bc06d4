import { z } from 'zod';
import { HeadgateError } from '../../../kernel/errors.ts';
import { labelLog } from '../../../kernel/log-text.ts';
import type { Database } from '../databases.ts';
import type { Client } from './client.ts';
import { OWN } from './server-facts.ts';
import { STARTED_AT } from './statements/active-sessions.ts';

/** What the store's connections call themselves unless they are told otherwise. */
const STORE_APPLICATION = 'headgate';

const Found = z.object({
  pid: z.number(),
  kind: z.string().nullable(),
  application: z.string(),
  user: z.string().nullable(),
  isSuperuser: z.boolean(),
  state: z.string().nullable(),
  stateMs: z.number().nullable(),
  startedAt: z.string().nullable(),
  query: z.string().nullable(),
  own: z.boolean(),
});

/** A session that may be ended. */
export interface Cancellable {
  readonly session: z.infer<typeof Found>;
}

const SQL = `${OWN}
  select a.pid, a.backend_type as kind, coalesce(a.application_name, '') as application, a.usename as user,
    coalesce(r.rolsuper, false) as "isSuperuser", a.state,
    extract(epoch from clock_timestamp() - case when a.state = 'active' then a.query_start else a.state_change end)::float8
      * 1000 as "stateMs",
    ${STARTED_AT} as "startedAt",
    case when a.query = '<insufficient privilege>' then null else left(a.query, 20000) end as query,
    a.pid = pg_catalog.pg_backend_pid() as own
  from pg_catalog.pg_stat_activity a
  left join pg_catalog.pg_roles r on r.oid = a.usesysid
  where a.pid = $1`;

/**
 * Finds the session of a process and says whether it may be ended. Errors: `not_found`, `permission_denied` (the server's own
 * processes, replication, superusers, Headgate's own connections), `aborted` (it runs something else by now).
 */
export async function findCancellable(
  client: Client,
  {
    pid,
    startedAt,
    database,
  }: { readonly pid: number; readonly startedAt: string | null; readonly database: Database },
): Promise<Cancellable> {
  const { rows } = await client.query(SQL, [pid]);
  const [session] = z.array(Found).parse(rows);
  if (session === undefined) {
    throw new HeadgateError('not_found', `There is no session with pid ${pid}.`, {
      hint: 'It may have ended: list_active_queries shows what runs now.',
      details: { pid },
    });
  }
  const own = (await database.settings()).client.application_name ?? STORE_APPLICATION;
  const reason = refusalOf(session, new Set([STORE_APPLICATION, own]));
  if (reason !== null)
    throw new HeadgateError('permission_denied', `Session ${pid} is not ended from here: ${reason.why}.`, {
      hint: reason.hint,
      details: { pid },
    });
  if (startedAt !== null && session.startedAt !== startedAt) {
    throw new HeadgateError(
      'aborted',
      `Session ${pid} runs another statement by now, since ${session.startedAt ?? 'an unknown time'}.`,
      {
        hint: 'Look at it again with list_active_queries.',
        details: { pid, started_at: session.startedAt },
      },
    );
  }
  return { session };
}

function refusalOf(
  { kind, application, isSuperuser, user, own }: z.infer<typeof Found>,
  ours: ReadonlySet<string>,
): { why: string; hint: string } | null {
  const hint = 'An administrator can end it with psql.';
  if (own || ours.has(application)) {
    return {
      why: 'it is a connection of Headgate itself, and may be the store or another call',
      hint: 'Cancel the call, or the operation with cancel_operation.',
    };
  }
  if (kind === null)
    return { why: 'this role cannot see what it is', hint: 'GRANT pg_read_all_stats to the role shows it.' };
  if (kind === 'walsender') return { why: 'it feeds a standby or a backup', hint };
  if (kind !== 'client backend') return { why: `it is a process of the server (${labelLog(kind)})`, hint };
  if (isSuperuser) return { why: `it belongs to the superuser ${labelLog(user ?? '')}`, hint };
  return null;
}

/**
 * Sends the signal, to the statement that was found and no later one. Errors: `aborted` when it has ended meanwhile; the server's
 * (42501 without `pg_signal_backend`).
 */
export async function cancelSession(client: Client, { session }: Cancellable, terminate: boolean): Promise<void> {
  const signal = terminate ? 'pg_terminate_backend' : 'pg_cancel_backend';
  const { rows } = await client.query<{ sent: boolean }>(
    `${OWN} select pg_catalog.${signal}(a.pid) as sent from pg_catalog.pg_stat_activity a
      where a.pid = $1 and ${STARTED_AT} is not distinct from $2${terminate ? '' : " and a.state is distinct from 'idle'"}`,
    [session.pid, session.startedAt],
  );
  if (rows[0]?.sent === true) return;
  throw new HeadgateError('aborted', `Session ${session.pid} ran nothing to end any more.`, {
    hint: 'Look at it again with list_active_queries.',
    details: { pid: session.pid },
  });
}
