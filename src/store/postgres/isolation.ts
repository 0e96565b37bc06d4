import type { ClientBase } from 'pg';
import { APP_ROLE, UPKEEP_ROLE } from '../migrations.ts';
import { SCHEMA } from './schema-marks.ts';

/** The condition of the policy tenant_only, as the server writes it. */
const OWN_ROWS = `(tenant = current_setting('headgate.tenant'::text, true))`;

/** What of the separation of tenants is not in place, one clause each; empty when all of it is. */
export async function findLeaks(client: ClientBase): Promise<string[]> {
  const { rows } = await client.query<{ leak: string }>(
    `with tables as (
       select oid, relname, relrowsecurity and relforcerowsecurity as forced, relowner
       from pg_class where relnamespace = $1::regnamespace and relkind in ('r', 'p')
     ), app as (
       select oid, rolname, rolsuper, rolbypassrls, rolcreaterole from pg_roles where rolname = any ($2)
     )
     select format('the table %s does not force row-level security', relname) as leak from tables where not forced
     union all
     select format('the table %s has no policy tenant_only', relname) from tables
       where not exists (
         select 1 from pg_policy where polrelid = tables.oid and polname = 'tenant_only' and polcmd = '*'
           and pg_get_expr(polqual, polrelid) = $3 and pg_get_expr(polwithcheck, polrelid) = $3
       )
     union all
     select format('the table %s has the foreign policy %s', relname, polname) from pg_policy join tables on polrelid = tables.oid
       where polpermissive and polname <> 'tenant_only' and not (relname in ('audit', 'run_history', 'operations', 'approvals', 'pipelines', 'spark_jobs') and polname = 'upkeep_sees_tenants')
     union all
     select format('the role %s owns the table %s', rolname, relname) from tables join app on pg_has_role(app.oid, relowner, 'MEMBER')
     union all
     select format('the role %s is or can become %s, which row-level security does not bind', app.rolname, other.rolname)
       from app join pg_roles other on pg_has_role(app.oid, other.oid, 'MEMBER')
       where other.rolsuper or other.rolbypassrls or other.rolcreaterole`,
    [SCHEMA, [APP_ROLE, UPKEEP_ROLE], OWN_ROWS],
  );
  return rows.map(({ leak }) => leak);
}

/** True when the login owns tables of the store, or can become their owner: SQL of its own could switch row-level security off. */
export async function ownsTables(client: ClientBase): Promise<boolean> {
  const { rowCount } = await client.query(
    `select 1 from pg_class where relnamespace = $1::regnamespace and relkind in ('r', 'p')
       and pg_has_role(session_user, relowner, 'MEMBER') limit 1`,
    [SCHEMA],
  );
  return rowCount !== 0;
}
