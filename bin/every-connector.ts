import { createDuckdb } from '../src/connectors/duckdb/connector.ts';
import { createEnvoy } from '../src/connectors/envoy/connector.ts';
import { createPostgres } from '../src/connectors/postgres/connector.ts';
import { createSpark } from '../src/connectors/spark/connector.ts';
import { createSparkHistory } from '../src/connectors/spark-history/connector.ts';
import { createOwnConnector } from '../src/gateway/index.ts';
import type { Connector } from '../src/kernel/connector.ts';
import { createPipelines } from '../src/pipelines/index.ts';

/** Nothing is asked of a connector whose definitions are read. */
const nothing = new Proxy(
  {},
  {
    get: () => () => Promise.reject(new Error('only definitions are read here')),
  },
) as never;

const shared = {
  clock: Date.now,
  resolveSecret: async () => '',
  report: () => {},
  operations: { ...(nothing as object), recoverWith: () => {} } as never,
};

const SPARK = {
  remote: null,
  token: null,
  master: null,
  masterUrl: null,
  submissionUrl: null,
  home: null,
  appName: 'headgate',
  roots: [],
  eventLogs: null,
  conf: {},
  maxJobs: 1,
  tenants: null,
};

const CONTROL_PLANE = { url: 'http://127.0.0.1:8080', token: null, ca: null, client: null, timeoutMs: 1 };

const LOCAL = { path: '/local.duckdb', roots: [], memoryLimitMb: null, threads: null };

/**
 * Every connector that can be configured, with nothing configured: definitions need no platform. Tools that PostgreSQL and DuckDB
 * both have come once, as PostgreSQL has them.
 */
export function everyConnector(): Connector[] {
  const postgres = createPostgres({ databases: [], default: null }, { ...shared, spark: () => null });
  const duckdb = createDuckdb(LOCAL, { ...shared, tools: true });
  const shown = new Set(postgres.tools.map(({ name }) => name));
  return [
    createSparkHistory({ sources: [] }, { clock: Date.now }),
    createSpark(SPARK, { ...shared, jobs: nothing, folder: '/jobs' }),
    postgres,
    { ...duckdb, tools: duckdb.tools.filter(({ name }) => !shown.has(name)) },
    createPipelines({ scheduler: false, maxRuns: 1 }, { ...shared, platforms: nothing, store: nothing }),
    createEnvoy(CONTROL_PLANE, shared),
    createOwnConnector(shared.operations, { summary: async () => ({}) as never }),
  ];
}
