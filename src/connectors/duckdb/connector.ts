import type { LocalConfiguration } from '../../kernel/config.ts';
import { type Connector, failedReport, type HealthReport } from '../../kernel/connector.ts';
import type { RelationalDatabase } from '../../kernel/relational-database.ts';
import type { SqlEngine } from '../../kernel/sql-engine.ts';
import type { TracePort } from '../../kernel/trace.ts';
import { requireDatabaseFile } from './database-file.ts';
import { createEngine } from './engine.ts';
import { createDatabase } from './load.ts';
import { LocalDatabase } from './local-database.ts';
import { placesOf, requireSafeRoots } from './places.ts';
import { isServed } from './socket/remote-channel.ts';
import { withConnection } from './statements.ts';
import { localTools } from './surface.ts';

/** What the connector gets from outside. */
export interface DuckdbDependencies {
  /** Now, epoch ms. */
  readonly clock: () => number;
  /** False: its tools are not offered, because PostgreSQL has tools of these names. */
  readonly tools: boolean;
  readonly trace?: TracePort | undefined;
  /** Absolute paths of what SQL must never reach: the data folder, the store, the configuration file. */
  readonly kept?: readonly string[] | undefined;
  /** Told what goes wrong while nobody waits for it. */
  readonly report: (message: string, error: unknown) => void;
}

/** DuckDB on this machine: the connector, and its database for other rooms. */
export interface DuckdbConnector extends Connector {
  readonly engine: SqlEngine;
  readonly database: RelationalDatabase;
}

/** SQL on this machine. Opens nothing until it is asked. */
export function createDuckdb(config: LocalConfiguration, dependencies: DuckdbDependencies): DuckdbConnector {
  const local = new LocalDatabase({
    places: placesOf(config.path, config.roots),
    kept: dependencies.kept ?? [],
    memoryLimitMb: config.memoryLimitMb,
    threads: config.threads,
    report: dependencies.report,
  });
  return {
    id: 'duckdb',
    platform: 'duckdb',
    tools: dependencies.tools ? localTools({ local }) : [],
    resources: [],
    prompts: [],
    engine: createEngine(local),
    database: createDatabase(local),
    health: async (signal) => [await healthOf(local, signal)],
    close: () => local.close(),
  };
}

/** How the database is. One that nobody uses is not opened to know: its file is looked at. */
async function healthOf(local: LocalDatabase, signal: AbortSignal): Promise<HealthReport> {
  const { places, kept } = local.settings;
  try {
    requireSafeRoots(places, kept);
    if (!local.owns && !(await isServed(places.socket))) {
      await requireDatabaseFile(places.file);
      return { name: 'duckdb', ok: true, message: `${places.file} is opened when SQL first needs it.` };
    }
    await withConnection(local, signal, (connection) => connection.script('SELECT 1', signal));
    const how = local.owns ? 'open in this process' : 'open in another process of Headgate';
    return { name: 'duckdb', ok: true, message: `${places.file} is ${how}.` };
  } catch (error) {
    return failedReport('duckdb', error);
  }
}
