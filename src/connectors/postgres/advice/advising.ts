import type { ToolContext } from '../../../kernel/tool.ts';
import type { Database } from '../databases.ts';
import { reading, type SessionOptions } from '../sessions.ts';
import type { PostgresToolDependencies } from '../tool-dependencies.ts';
import type { Client } from './client.ts';
import { loadServer, type ServerFacts } from './server-facts.ts';

/** A look at one database, inside one READ ONLY transaction. */
export interface Look {
  readonly database: Database;
  readonly client: Client;
  readonly server: ServerFacts;
}

/** Runs a look at the database that a call names, or the default. Errors: `not_found` (database), the server's, `cancelled`. */
export function advising<T>(
  { databases, caller, signal }: ToolContext & Pick<PostgresToolDependencies, 'databases'>,
  name: string | undefined,
  options: Omit<SessionOptions, 'signal'>,
  work: (look: Look) => Promise<T>,
): Promise<T> {
  const database = databases.find(caller.tenant, name);
  return reading(database, { ...options, signal }, async (client) =>
    work({ database, client, server: await loadServer(client) }),
  );
}
