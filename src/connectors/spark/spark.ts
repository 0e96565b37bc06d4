import type { Caller } from '../../kernel/caller.ts';
import type { SparkConfiguration } from '../../kernel/config.ts';
import { HeadgateError } from '../../kernel/errors.ts';
import { defineTool } from '../../kernel/tool.ts';
import type { Master } from './cluster/master.ts';
import type { Jobs } from './jobs/jobs.ts';
import type { SparkSessions } from './sql/sessions.ts';

/** What the tools and resources of the room work with. */
export interface SparkPlatform {
  readonly config: SparkConfiguration;
  readonly clock: () => number;
  readonly jobs: Jobs;
  readonly sessions: SparkSessions;
  readonly master: Master | null;
  /** Folder of the files with results. */
  readonly resultFolder: string;
}

/** What every handler of the room gets beside its call. */
export interface SparkToolDependencies {
  readonly spark: SparkPlatform;
}

/** Declares a tool of this room. */
export const defineSparkJobTool = defineTool<SparkToolDependencies>();

/** Errors: `permission_denied` for a tenant that may not use this Spark. */
export function requireTenant({ tenants }: Pick<SparkConfiguration, 'tenants'>, tenant: string): void {
  if (tenants === null || tenants.includes(tenant)) return;
  throw new HeadgateError('permission_denied', `Spark is not open to the tenant ${JSON.stringify(tenant)}.`, {
    hint: 'Add it at spark.tenants in the configuration.',
  });
}

/** Errors: `permission_denied` for a caller without the scope. */
export function requireWrite({ scopes }: Pick<Caller, 'scopes'>, what: string): void {
  if (scopes.has('write')) return;
  throw new HeadgateError('permission_denied', `${what} needs the scope write, which the caller does not have.`, {
    hint: 'Call it as somebody who has the scope write.',
    details: { required_scope: 'write' },
  });
}
