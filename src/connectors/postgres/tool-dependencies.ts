import type { SqlEngine } from '../../kernel/sql-engine.ts';
import { defineTool } from '../../kernel/tool.ts';
import type { Databases } from './databases.ts';
import type { OpenResults } from './results/open-results.ts';

/** What the tools, resources and prompts of this room are bound to. */
export interface PostgresToolDependencies {
  /** `databases.find(caller.tenant, input.database)` is the database of a call. */
  readonly databases: Databases;
  /** Results that wait for their next page. */
  readonly openResults: OpenResults;
  /** SQL on Spark, for bulk loads; null where there is none. */
  readonly spark: (tenant: string) => SqlEngine | null;
  /** Now, epoch ms. */
  readonly clock: () => number;
  /** Told what goes wrong while nobody waits for it. */
  readonly report: (message: string, error: unknown) => void;
}

/** Declares a tool of this room. */
export const definePostgresTool = defineTool<PostgresToolDependencies>();
