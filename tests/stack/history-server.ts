import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { startServer } from './server-process.ts';
import { installSpark, type SparkInstallation } from './spark.ts';

/** How a History Server is started. */
export interface HistoryServerSettings {
  logDirectory: string;
  /** More Spark properties; they win over those that are set here. */
  properties?: Record<string, string>;
  /** Java heap, as Spark writes it. Default: `1g`, which is Spark's own. */
  memory?: string;
  /** Default: the pinned Spark 4.3. */
  spark?: SparkInstallation;
}

/** A running History Server. */
export interface HistoryServer {
  /** `http://127.0.0.1:PORT`, without a slash at its end. */
  url: string;
  /** The Java process. */
  pid: number;
  /** Answer of `/api/v1` + `path`, as JSON. Errors: any status but 200. */
  get(path: string): Promise<unknown>;
  /** Waits until that many applications are listed, and returns their ids in the order of the list. */
  waitForApplications(count: number, timeoutMs?: number): Promise<string[]>;
  stop(): Promise<void>;
}

/** Keeps every job, stage, task and SQL execution: the History Server drops the oldest beyond 1,000, 1,000, 100,000 and 1,000. */
export const KEEP_EVERYTHING: Readonly<Record<string, string>> = {
  'spark.ui.retainedJobs': '1000000',
  'spark.ui.retainedStages': '1000000',
  'spark.ui.retainedTasks': '10000000',
  'spark.ui.retainedDeadExecutors': '100000',
  'spark.sql.ui.retainedExecutions': '1000000',
};

const POLL_MS = 50;

/**
 * Starts the real Spark History Server on a free loopback port over a folder of event logs.
 * Resolves when it listens: its list of applications may still be empty (`waitForApplications`).
 */
export async function startHistoryServer(settings: HistoryServerSettings): Promise<HistoryServer> {
  const spark = settings.spark ?? (await installSpark('4.3'));
  const work = await mkdtemp(join(tmpdir(), 'headgate-history-server-'));
  const properties: Record<string, string> = {
    'spark.history.fs.logDirectory': pathToFileURL(settings.logDirectory).href,
    'spark.history.ui.port': '0',
    'spark.history.fs.update.interval': '1h',
    ...settings.properties,
  };
  const propertiesFile = join(work, 'history-server.conf');
  await writeFile(
    propertiesFile,
    Object.entries(properties)
      .map(([key, value]) => `${key} ${value}\n`)
      .join(''),
  );
  const server = await startServer({
    name: 'Spark History Server',
    command: join(spark.sparkHome, 'bin', 'spark-class'),
    args: ['org.apache.spark.deploy.history.HistoryServer', '--properties-file', propertiesFile],
    env: { ...spark.env, SPARK_DAEMON_MEMORY: settings.memory ?? '1g' },
    cwd: work,
    readyWhen: /started at (http:\/\/[^\s]+:\d+)/,
  });
  const url = `http://127.0.0.1:${new URL(server.ready[1] ?? '').port}`;
  const get = (path: string) => getJson(`${url}/api/v1${path}`);
  return {
    url,
    pid: server.pid,
    get,
    waitForApplications: (count, timeoutMs = 60_000) => waitForApplications(get, count, timeoutMs),
    async stop() {
      await server.stop();
      await rm(work, { recursive: true, force: true });
    },
  };
}

async function getJson(address: string): Promise<unknown> {
  const response = await fetch(address);
  if (response.status !== 200) {
    throw new Error(`${address} answered ${response.status}: ${(await response.text()).slice(0, 300)}`);
  }
  return response.json();
}

async function waitForApplications(get: HistoryServer['get'], count: number, timeoutMs: number): Promise<string[]> {
  const deadline = Date.now() + timeoutMs;
  let listed: string[] = [];
  while (Date.now() < deadline) {
    listed = ((await get('/applications?limit=100000')) as { id: string }[]).map((application) => application.id);
    if (listed.length >= count) return listed;
    await pause(POLL_MS);
  }
  throw new Error(`the History Server lists ${listed.length} of ${count} applications after ${timeoutMs} ms`);
}
