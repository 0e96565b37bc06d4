import { HeadgateError } from '../../../kernel/errors.ts';
import type { Client } from './client.ts';
import { OWN, type ServerFacts } from './server-facts.ts';
import { quoteName } from './table-facts.ts';

/** An index that exists for the planner of this connection alone. */
export interface HypotheticalIndex {
  readonly oid: string;
  /** As plans call it: `<13556>btree_orders_status`. */
  readonly name: string;
  /** Estimated. */
  readonly bytes: number;
}

/** Why there are no hypothetical indexes, with how to get them; null: the server has hypopg. */
export function missingHypopg({ extensions, available }: ServerFacts): HeadgateError | null {
  if (extensions.hypopg !== undefined) return null;
  const there = available.includes('hypopg');
  return new HeadgateError(
    'failed_precondition',
    'The server has no hypopg: indexes that do not exist cannot be measured.',
    {
      hint: there
        ? 'Its owner or a superuser can: CREATE EXTENSION hypopg; in this database.'
        : 'Install hypopg on the server (Debian: postgresql-VERSION-hypopg; most managed services offer it), then CREATE EXTENSION hypopg; in this database.',
      details: { extension: 'hypopg', available: there },
    },
  );
}

/**
 * Hypothetical indexes of one connection. They live in the memory of the server's process, not in the transaction: `clear` takes them away
 * before the connection is given back, and before anything is planned that somebody else may have left some for.
 */
export class HypotheticalIndexes {
  readonly #client: Client;
  readonly #schema: string;

  /** Errors: `failed_precondition` without hypopg. */
  constructor(client: Client, server: ServerFacts) {
    const missing = missingHypopg(server);
    if (missing !== null) throw missing;
    this.#client = client;
    this.#schema = quoteName(server.extensions.hypopg?.schema ?? 'public');
  }

  /** Makes one from `CREATE INDEX ON …`. Errors: the server's, for tables and columns that do not exist or methods that hypopg does not know. */
  async create(statement: string): Promise<HypotheticalIndex> {
    const { rows } = await this.#client.query<HypotheticalIndex>(
      `${OWN} select i.indexrelid::text as oid, i.indexname as name,
        ${this.#schema}.hypopg_relation_size(i.indexrelid)::float8 as bytes
      from ${this.#schema}.hypopg_create_index($1) i`,
      [statement],
    );
    const [made] = rows;
    if (made === undefined) throw new HeadgateError('internal', 'hypopg made no index and gave no error.');
    return made;
  }

  /** Takes one away. */
  async drop({ oid }: Pick<HypotheticalIndex, 'oid'>): Promise<void> {
    await this.#client.query(`${OWN} select ${this.#schema}.hypopg_drop_index($1::oid)`, [oid]);
  }

  /** Takes all of this connection away. */
  async clear(): Promise<void> {
    await this.#client.query(`${OWN} select ${this.#schema}.hypopg_reset()`);
  }
}

/**
 * Runs work with hypothetical indexes and takes all of them away after it, also when a statement of it failed: the work is undone
 * to where it began first. Errors: `failed_precondition` without hypopg; those of the work.
 */
export async function withHypotheticalIndexes<T>(
  client: Client,
  server: ServerFacts,
  work: (indexes: HypotheticalIndexes) => Promise<T>,
): Promise<T> {
  const indexes = new HypotheticalIndexes(client, server);
  await client.query(`${OWN} savepoint headgate_hypothetical`);
  await indexes.clear();
  let failure: unknown = null;
  try {
    return await work(indexes);
  } catch (error) {
    failure = error;
    throw error;
  } finally {
    const cleared = client.query(`${OWN} rollback to savepoint headgate_hypothetical`).then(() => indexes.clear());
    // When the work failed because the connection broke, its error is the one to tell; the indexes ended with the connection.
    await (failure === null ? cleared : cleared.catch(() => undefined));
  }
}
