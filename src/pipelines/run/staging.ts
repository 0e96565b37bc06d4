import { HeadgateError } from '../../kernel/errors.ts';
import type { PipelinePlatforms } from '../../kernel/pipelines.ts';
import type { RelationalDatabase } from '../../kernel/relational-database.ts';
import type { ArrowRows, SqlColumn, SqlOptions, SqlSession } from '../../kernel/sql-engine.ts';
import type { Progress } from '../../kernel/tool.ts';
import { type BoundSql, type Dialect, identifier, render, sql } from '../definition/bound-sql.ts';

/** Engines that hold rows between steps. */
export type EngineChoice = 'spark' | 'duckdb' | null;

/** The rows of a step: a query that a database runs when it is read, or a name in a session of an engine. */
export type Relation =
  | { readonly in: 'database'; readonly database: RelationalDatabase; readonly statement: BoundSql }
  | { readonly in: 'engine'; readonly session: SqlSession; readonly name: string };

/** What statements of one run are run with. */
export interface StagingOptions {
  readonly tenant: string;
  readonly platforms: PipelinePlatforms;
  readonly signal: AbortSignal;
  readonly onProgress?: ((progress: Progress) => void) | undefined;
}

/** Where the rows of a run are between its steps: sessions of engines that are opened when they are needed. */
export class Staging {
  readonly #options: StagingOptions;
  readonly #sessions = new Map<EngineChoice, SqlSession>();
  readonly #relations = new Map<string, Relation>();
  #broken = false;

  constructor(options: StagingOptions) {
    this.#options = options;
  }

  /** True when an engine failed in a way after which its session may be gone. */
  get broken(): boolean {
    return this.#broken;
  }

  /** The rows of a step that was staged. */
  relation(step: string): Relation {
    const relation = this.#relations.get(step);
    if (relation === undefined) throw new Error(`The step ${step} is not staged.`);
    return relation;
  }

  has(step: string): boolean {
    return this.#relations.has(step);
  }

  keep(step: string, relation: Relation): void {
    this.#relations.set(step, relation);
  }

  /** A database by its name. Errors: `not_found`. */
  database(name: string | undefined): RelationalDatabase {
    return this.#options.platforms.databases.find(this.#options.tenant, name ?? null);
  }

  /** The database that is this machine's own file; null where there is none. */
  localDatabase(): RelationalDatabase | null {
    const { platforms, tenant } = this.#options;
    const found = platforms.databases.names(tenant).map((name) => platforms.databases.find(tenant, name));
    return found.find(({ engine }) => engine === 'duckdb') ?? null;
  }

  /** Whether an engine can be had at all. */
  hasEngine(choice: EngineChoice): boolean {
    try {
      this.#options.platforms.engine(this.#options.tenant, choice);
      return true;
    } catch (error) {
      if (error instanceof HeadgateError) return false;
      throw error;
    }
  }

  /** The run's session on an engine. Errors: `failed_precondition` where there is none. */
  async session(choice: EngineChoice): Promise<SqlSession> {
    const open = this.#sessions.get(choice);
    if (open !== undefined) return open;
    const engine = this.#options.platforms.engine(this.#options.tenant, choice);
    const same = [...this.#sessions.values()].find((session) => session.engine === engine.engine);
    const session = same ?? (await this.#onEngine(() => engine.session()));
    this.#sessions.set(choice, session);
    return session;
  }

  /** Makes the rows of a step known by its name in a session, wherever they are. Gives how many were moved; null: none had to be. */
  async bring(step: string, session: SqlSession): Promise<number | null> {
    const relation = this.relation(step);
    if (relation.in === 'engine' && relation.session === session) return null;
    const rows = await this.rowsOf(relation);
    const count = await this.#onEngine(() => session.viewRows(step, rows, this.options()));
    this.keep(step, { in: 'engine', session, name: step });
    return count;
  }

  /** Does something with a session, and notes when that breaks it. */
  onSession<T>(session: SqlSession, work: (session: SqlSession) => Promise<T>): Promise<T> {
    return this.#onEngine(() => work(session));
  }

  /** Every row of a relation. */
  rowsOf(relation: Relation): Promise<ArrowRows> {
    return relation.in === 'database'
      ? this.#read(relation.database, relation.statement)
      : this.query(relation, (table) => sql`select * from ${table}`);
  }

  /** Runs a query over a relation where its rows are. */
  query(relation: Relation, write: (table: BoundSql) => BoundSql): Promise<ArrowRows> {
    if (relation.in === 'database') return this.#read(relation.database, write(sql`(${relation.statement}) as q`));
    const { session, name } = relation;
    const { sql: text, parameters } = render(write(identifier(name)), session.engine);
    return this.#onEngine(() => session.query(text, this.options(parameters)));
  }

  /** Columns of a relation, with the types of whoever has its rows. */
  async columns(relation: Relation): Promise<readonly SqlColumn[]> {
    const rows = await this.query(relation, (table) => sql`select * from ${table} limit 0`);
    // Ends the query.
    for await (const _chunk of rows.chunks) break;
    return rows.columns;
  }

  options(parameters: readonly unknown[] = []): SqlOptions {
    const { signal, onProgress } = this.#options;
    return {
      signal,
      ...(parameters.length === 0 ? {} : { parameters }),
      ...(onProgress === undefined ? {} : { onProgress }),
    };
  }

  /** Forgets what was staged and closes the sessions; the next use opens others. */
  async close(): Promise<void> {
    const open = new Set(this.#sessions.values());
    this.#sessions.clear();
    this.#relations.clear();
    this.#broken = false;
    await Promise.all([...open].map((session) => session.close()));
  }

  #read(database: RelationalDatabase, statement: BoundSql): Promise<ArrowRows> {
    const { sql: text, parameters } = render(statement, database.engine);
    return database.read(text, this.options(parameters));
  }

  async #onEngine<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      this.#broken ||= !(error instanceof HeadgateError) || error.retryable;
      throw error;
    }
  }
}

/** Who reads SQL over a relation. */
export const dialectOf = (relation: Relation): Dialect =>
  relation.in === 'database' ? relation.database.engine : relation.session.engine;
