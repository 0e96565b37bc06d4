import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSpark, type SparkConnector } from '../../src/connectors/spark/connector.ts';
import type { Caller, Scope } from '../../src/kernel/caller.ts';
import type { SparkConfiguration } from '../../src/kernel/config.ts';
import type { OperationsPort } from '../../src/kernel/operation.ts';
import type { Output, ToolContext } from '../../src/kernel/tool.ts';
import { openStore, type Store } from '../../src/store/open-store.ts';

/** The Spark room on a store of its own, called as a gateway calls it. */
export interface SparkGateway {
  readonly folder: string;
  readonly spark: SparkConnector;
  readonly store: Store;
  readonly reported: string[];
  call(tool: string, input: Record<string, unknown>, scopes?: readonly Scope[]): Promise<Output>;
  read(uri: string): Promise<unknown>;
  until(jobId: unknown, isWanted: (status: Output) => boolean, ms?: number): Promise<Output>;
  close(): Promise<void>;
}

/** The connector starts no operations itself. */
const NO_OPERATIONS: OperationsPort = {
  start: () => Promise.reject(new Error('no operations')),
  recoverWith: () => {},
  get: () => Promise.reject(new Error('no operations')),
  settled: () => Promise.reject(new Error('no operations')),
  cancel: () => Promise.reject(new Error('no operations')),
};

const POLL_MS = 200;

/** Opens it on a real Spark. */
export async function openSparkGateway(
  config: Partial<SparkConfiguration>,
  environment: NodeJS.ProcessEnv,
): Promise<SparkGateway> {
  const folder = await mkdtemp(join(tmpdir(), 'headgate-spark-gateway-'));
  const store = await openStore({ path: join(folder, 'headgate.db') });
  const reported: string[] = [];
  const whole: SparkConfiguration = {
    ...{ remote: null, token: null, master: null, masterUrl: null, submissionUrl: null, home: null },
    ...{ appName: 'test', roots: [], eventLogs: null, conf: {}, maxJobs: 10, tenants: null, ...config },
  };
  const spark = createSpark(whole, {
    clock: Date.now,
    resolveSecret: async (secret) => String(secret),
    operations: NO_OPERATIONS,
    jobs: store.jobs,
    folder: join(folder, 'jobs'),
    report: (message, error) => reported.push(`${message} ${error}`),
    environment,
  });
  const contextOf = (scopes: readonly Scope[]): ToolContext => {
    const caller: Caller = {
      ...{ subject: 'me', tenant: 'local', scopes: new Set(scopes), via: 'cli' },
      abilities: { elicitation: false, progress: false, tasks: false },
    };
    return { caller, signal: new AbortController().signal, progress: () => {} };
  };
  const call = async (name: string, input: Record<string, unknown>, scopes: readonly Scope[] = ['read', 'write']) => {
    const tool = spark.tools.find((one) => one.name === name);
    if (tool === undefined) throw new Error(`there is no tool ${name}`);
    return tool.output.strict().parse(await tool.call(tool.input.parse(input), contextOf(scopes)));
  };
  return {
    folder,
    spark,
    store,
    reported,
    call,
    async read(uri) {
      const resource = spark.resources.find(({ uriTemplate }) => uriTemplate === uri);
      return resource?.read({}, contextOf(['read']));
    },
    async until(jobId, isWanted, ms = 240_000) {
      const deadline = Date.now() + ms;
      for (;;) {
        const status = await call('get_job_status', { job_id: jobId });
        if (isWanted(status)) return status;
        if (Date.now() > deadline) throw new Error(`job ${jobId} is ${JSON.stringify(status)} after ${ms} ms`);
        await new Promise((resolve) => setTimeout(resolve, POLL_MS));
      }
    },
    async close() {
      await spark.close();
      await store.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
