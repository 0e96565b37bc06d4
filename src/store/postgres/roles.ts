import type { ClientBase } from 'pg';
import { HeadgateError } from '../../kernel/errors.ts';
import { APP_ROLE, UPKEEP_ROLE } from '../migrations.ts';

/** Since 16 a member may be allowed to become a role or not. */
const SET_OPTION_SINCE = 160_000;
const ROLES = [APP_ROLE, UPKEEP_ROLE] as const;

/** The role that Headgate logs in as, and what it may do. */
export interface Login {
  readonly name: string;
  readonly database: string;
  /** As `server_version_num`, e.g. 150018. */
  readonly server: number;
  readonly serverText: string;
  /** True when it is, or can become, a role that row-level security does not bind: a superuser, or one with BYPASSRLS or CREATEROLE. */
  readonly unbound: boolean;
  readonly mayCreateRoles: boolean;
  readonly isSuperuser: boolean;
}

/** Asks the server who we are. */
export async function readLogin(client: ClientBase): Promise<Login> {
  const { rows } = await client.query<Login>(
    `select session_user as name, current_database() as database,
       current_setting('server_version_num')::int as server, current_setting('server_version') as "serverText",
       own.rolsuper as "isSuperuser", own.rolcreaterole or own.rolsuper as "mayCreateRoles",
       exists (
         select 1 from pg_roles other
         where (other.rolsuper or other.rolbypassrls or other.rolcreaterole)
           and pg_has_role(session_user, other.oid, 'MEMBER')
       ) as unbound
     from pg_roles own where own.rolname = session_user`,
  );
  return rows[0] as Login;
}

/**
 * Sees that the two roles exist and that the login may become them; creates and grants them where it may.
 * Errors: `failed_precondition` with the SQL that an administrator has to run.
 */
export async function ensureRoles(client: ClientBase, login: Login): Promise<void> {
  const missing = await rolesWithout(client, 'select 1 from pg_roles where rolname = $1');
  if (missing.length > 0 && !login.mayCreateRoles) throw needsAdministrator(login, missing);
  for (const role of missing) {
    // Roles belong to the whole server: a Headgate on another database may create them in the same moment.
    await client.query(
      `do $$ begin create role ${role} nologin; exception when duplicate_object or unique_violation then null; end $$`,
    );
  }
  const unheld = await rolesNotHeld(client, login);
  if (unheld.length === 0) return;
  const options = login.server >= SET_OPTION_SINCE ? ' with inherit false, set true' : '';
  await client.query('savepoint grants');
  try {
    await client.query(`grant ${unheld.join(', ')} to ${client.escapeIdentifier(login.name)}${options}`);
  } catch (error) {
    await client.query('rollback to savepoint grants');
    if ((error as { code?: unknown }).code === '42501') throw needsAdministrator(login, unheld);
    throw error;
  }
}

/** Errors: `failed_precondition` when the login may not become the roles that every transaction runs as. */
export async function requireRoles(client: ClientBase, login: Login): Promise<void> {
  const unheld = await rolesNotHeld(client, login);
  if (unheld.length > 0) throw needsAdministrator(login, unheld);
}

function rolesNotHeld(client: ClientBase, { server }: Login): Promise<string[]> {
  const right = server >= SET_OPTION_SINCE ? 'SET' : 'MEMBER';
  return rolesWithout(
    client,
    `select 1 from pg_roles where rolname = $1 and pg_has_role(session_user, oid, '${right}')`,
  );
}

async function rolesWithout(client: ClientBase, query: string): Promise<string[]> {
  const without: string[] = [];
  for (const role of ROLES) {
    const { rowCount } = await client.query(query, [role]);
    if (rowCount === 0) without.push(role);
  }
  return without;
}

function needsAdministrator({ name, database }: Login, roles: readonly string[]): HeadgateError {
  const quoted = `"${name.replaceAll('"', '""')}"`;
  const sql = [...ROLES.map((role) => `CREATE ROLE ${role} NOLOGIN;`), `GRANT ${ROLES.join(', ')} TO ${quoted};`].join(
    ' ',
  );
  return new HeadgateError(
    'failed_precondition',
    `The role ${quoted} of the database ${database} may not act as ${roles.join(' and ')}, which keep tenants apart.`,
    {
      hint: `Let an administrator of the server run: ${sql} A role that exists already needs no CREATE.`,
      details: { sql },
    },
  );
}

/** Errors: `failed_precondition` when several tenants are served and SQL of this login could step out of row-level security. */
export function requireBound({ name, unbound }: Login, severalTenants: boolean): void {
  if (!unbound || !severalTenants) return;
  const sql = [
    "CREATE ROLE headgate_runtime LOGIN NOINHERIT PASSWORD '…';",
    `GRANT ${ROLES.join(', ')} TO headgate_runtime;`,
  ].join(' ');
  throw new HeadgateError(
    'failed_precondition',
    `Several tenants are configured, and the database role "${name}" is or can become one that no row-level security binds.`,
    { hint: `Run as this role: ${sql} Then name headgate_runtime in HEADGATE_DATABASE_URL.`, details: { sql } },
  );
}
