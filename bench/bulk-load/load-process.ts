import { readFileSync, writeFileSync } from 'node:fs';
import { createPostgres } from '../../src/connectors/postgres/connector.ts';
import { connectSpark } from '../../src/spark-connect/index.ts';

/** What the benchmark asks of this process, which does nothing but load. */
export interface LoadOrder {
  readonly sql: string;
  readonly table: string;
}

/** What it answers. */
export interface LoadAnswer {
  readonly ms: number;
  readonly rows: number;
  /** Resident before the load, and the most during it. */
  readonly idleBytes: number;
  readonly peakBytes: number;
  /** Processor time of this process. */
  readonly cpuMs: number;
}

const [remote = '', url = ''] = process.argv.slice(2);
const limits = { poolMin: 0, poolMax: 4, statementTimeoutMs: 600_000, applicationName: 'bench', tenants: null };
const parts = { host: null, port: null, database: null, user: null, password: null, readRole: null };
const connector = createPostgres(
  { default: 'main', databases: [{ name: 'main', url: { value: url } as never, ...parts, ...limits }] },
  { clock: Date.now, resolveSecret: async () => url, spark: () => null, report: () => {} },
);
const spark = connectSpark({ remote });
const database = connector.databases.find('local', 'main');

/** A line of /proc/self/status, in bytes. */
function resident(line: 'VmRSS' | 'VmHWM'): number {
  const match = new RegExp(`^${line}:\\s+(\\d+) kB`, 'm').exec(readFileSync('/proc/self/status', 'utf8'));
  return Number(match?.[1] ?? Number.NaN) * 1024;
}

async function load({ sql, table }: LoadOrder): Promise<LoadAnswer> {
  const { signal } = new AbortController();
  globalThis.gc?.();
  // Begins the high-water mark anew.
  writeFileSync('/proc/self/clear_refs', '5');
  const idleBytes = resident('VmRSS');
  const cpu = process.cpuUsage();
  const began = performance.now();
  const rows = await spark.query(sql, { signal });
  const target = { schema: null, table, mode: 'append', keys: [], create: false } as const;
  const loaded = await database.load(rows, target, { signal });
  const ms = performance.now() - began;
  const { user, system } = process.cpuUsage(cpu);
  return { ms, rows: loaded.rows, idleBytes, peakBytes: resident('VmHWM'), cpuMs: (user + system) / 1000 };
}

process.on('message', (order: LoadOrder) => {
  load(order).then(
    (answer) => process.send?.(answer),
    (error: unknown) => {
      process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
      process.exit(1);
    },
  );
});
process.on('disconnect', () => process.exit(0));
