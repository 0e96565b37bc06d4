import { type Caller, LOCAL_TENANT } from '../../kernel/caller.ts';
import { HeadgateError } from '../../kernel/errors.ts';
import { nearest } from '../../kernel/nearest.ts';
import { defineTool } from '../../kernel/tool.ts';
import type { LocalDatabase } from './local-database.ts';

/** What the tools of this room are bound to. */
export interface LocalToolDependencies {
  readonly local: LocalDatabase;
}

/** Declares a tool of this room. */
export const defineLocalTool = defineTool<LocalToolDependencies>();

/** The only name that `database` may have here. */
export const LOCAL = 'local';

/** Errors: `permission_denied` for a tenant of others, `not_found` for a database that is not the local one. */
export function requireLocal(database: string | undefined, { tenant }: Pick<Caller, 'tenant'>): void {
  if (tenant !== LOCAL_TENANT) {
    throw new HeadgateError('permission_denied', 'The database of this machine serves the tenant local alone.', {
      hint: 'Name a PostgreSQL for the tenant at postgres.databases in the configuration.',
    });
  }
  if (database === undefined || database === LOCAL) return;
  throw new HeadgateError('not_found', `There is no database ${JSON.stringify(database)}.`, {
    hint: 'Use local, or name a PostgreSQL at postgres.databases in the configuration.',
    details: { nearest: nearest(database, [LOCAL]) },
  });
}

/** Milliseconds since `from` of `performance.now`, to a hundredth. */
export function elapsed(from: number): number {
  return Math.round((performance.now() - from) * 100) / 100;
}
