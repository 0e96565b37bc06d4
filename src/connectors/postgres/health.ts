import { type HealthReport, reportInTime } from '../../kernel/connector.ts';
import type { Database } from './databases.ts';
import { reading } from './sessions.ts';

/** How long a database may take to say how it is: less than a health check waits for all of them together, 5 s. Milliseconds. */
const CHECK_MS = 4_000;

/** Each database: whether it answers, how fast, as whom, and whether reads are read-only there. */
export async function healthOf(databases: readonly Database[], signal: AbortSignal): Promise<HealthReport[]> {
  const reports = databases.map((database) => {
    const name = `postgres ${database.name}`;
    return reportInTime(name, async (inTime) => [await checkDatabase(name, database, inTime)], signal, CHECK_MS);
  });
  return (await Promise.all(reports)).flat();
}

async function checkDatabase(name: string, database: Database, signal: AbortSignal): Promise<HealthReport> {
  const from = performance.now();
  const row = await reading(database, { signal, timeoutMs: CHECK_MS }, async (client) => {
    const { rows } = await client.query<{ version: string; role: string; superuser: boolean; read_only: string }>(
      `select pg_catalog.current_setting('server_version') as version, current_user as role,
              (select rolsuper from pg_catalog.pg_roles where rolname = session_user) as superuser,
              pg_catalog.current_setting('transaction_read_only') as read_only`,
    );
    return rows[0];
  });
  const latency = Math.round(performance.now() - from);
  const { address } = await database.settings();
  if (row?.read_only !== 'on') {
    return {
      name,
      ok: false,
      message: `${address} does not keep reads read-only.`,
      hint: 'Check the pooler before it.',
    };
  }
  const version = row.version.split(' ')[0];
  return {
    name,
    ok: true,
    message: `${address}: PostgreSQL ${version}, reads as ${row.role}, read-only, ${latency} ms.`,
    ...(row.superuser
      ? { hint: 'The login is a superuser: a login with fewer rights limits what a mistake can do.' }
      : {}),
  };
}
