import type { Configuration } from '../../kernel/config.ts';
import type { Connector } from '../../kernel/connector.ts';
import type { DatabasesPort } from '../../kernel/relational-database.ts';
import type { SecretResolver } from '../../kernel/secret-resolver.ts';
import type { SqlEngine } from '../../kernel/sql-engine.ts';
import type { TracePort } from '../../kernel/trace.ts';
import { relationalDatabase } from './bulk-load/postgres-database.ts';
import { Databases } from './databases.ts';
import { healthOf } from './health.ts';
import { OpenResults } from './results/open-results.ts';
import { postgresSurface } from './surface.ts';

/** What the connector gets from outside. */
export interface PostgresDependencies {
  /** Now, epoch ms. */
  readonly clock: () => number;
  readonly resolveSecret: SecretResolver;
  /** SQL on Spark for bulk loads; null where there is none. */
  readonly spark: (tenant: string) => SqlEngine | null;
  readonly trace?: TracePort | undefined;
  /** Told what goes wrong while nobody waits for it. */
  readonly report: (message: string, error: unknown) => void;
}

/** PostgreSQL: the connector, and its databases for other rooms. */
export interface PostgresConnector extends Connector {
  readonly databases: DatabasesPort;
}

/** Queries, changes, schema and health of PostgreSQL databases. Opens nothing until it is asked. */
export function createPostgres(
  config: Configuration['postgres'],
  dependencies: PostgresDependencies,
): PostgresConnector {
  const { clock, spark, report } = dependencies;
  const databases = new Databases(config, dependencies);
  const openResults = new OpenResults();
  return {
    id: 'postgres',
    platform: 'postgres',
    ...postgresSurface({ databases, openResults, spark, clock, report }),
    databases: {
      find: (tenant, name) => relationalDatabase(databases.find(tenant, name)),
      names: (tenant) => databases.names(tenant),
    },
    health: (signal) => healthOf(databases.all, signal),
    close: async () => {
      await openResults.close();
      await databases.close();
    },
  };
}
