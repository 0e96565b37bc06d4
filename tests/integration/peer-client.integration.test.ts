import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type App, createApp } from '../../src/app.ts';
import { loadConfiguration } from '../../src/configuration/index.ts';
import { type HistoryServer, KEEP_EVERYTHING, startHistoryServer } from '../stack/history-server.ts';
import { installPeerMcpServer } from '../stack/peer-mcp-server.ts';

/** SQL with AQE, a failed one, and one of RDDs with lost executors: more only takes longer. */
const APPLICATIONS = ['local-1795245906434', 'local-1795246630922', 'app-20261121072725-0000'];

const LOGS = path.join(import.meta.dirname, '../../examples/event-logs');

let folder: string;
let real: HistoryServer;
let app: App;
let client: Client;
let apps: string[];

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'headgate-peer-'));
  const command = await installPeerMcpServer();
  real = await startHistoryServer({ logDirectory: LOGS, properties: KEEP_EVERYTHING });
  const listed = await real.waitForApplications(7);
  apps = APPLICATIONS.filter((id) => listed.includes(id));
  app = await createApp(await loadConfiguration({ eventLogs: LOGS }, { env: { HEADGATE_HOME: folder } }));
  const { url } = await app.gateway.listen({ host: '127.0.0.1', port: 0 });
  const config = path.join(folder, 'config.yaml');
  const settings = {
    servers: { real: { url: real.url, default: true }, headgate: { url } },
    mcp: { transport: 'stdio' },
  };
  await writeFile(config, JSON.stringify(settings));
  client = new Client({ name: 'headgate-test', version: '1.0.0' });
  await client.connect(new StdioClientTransport({ command, args: ['--config', config], stderr: 'ignore' }));
});
afterAll(async () => {
  await client?.close();
  await app?.close();
  await real?.stop();
  await rm(folder, { recursive: true, force: true });
});

/** What may differ: the name of the server or source in its own configuration, and the headers of an error. */
const OWN = [
  /\b(?:real|headgate)\b/g,
  /"logSourceName":\s*"[^"]*"/g,
  /HTTP response headers: HTTPHeaderDict\(\{.*?\}\)/g,
];

/** What the client's tool says over one of the two servers. */
async function ask(server: 'real' | 'headgate', name: string, args: Record<string, unknown>) {
  const { isError, content } = await client.callTool({ name, arguments: { ...args, server } });
  const texts = (content as Array<{ text: string }>).map(({ text }) =>
    OWN.reduce((kept, own) => kept.replaceAll(own, ''), text),
  );
  return { isError: isError === true, answers: texts.map(parsed) };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

interface Listed {
  readonly stageId?: number;
  readonly id?: string | number;
}

/** The ids that an answer lists, however the client wraps it. */
const listed = ({ answers }: Awaited<ReturnType<typeof ask>>): Listed[] =>
  answers.flat().filter((one): one is Listed => typeof one === 'object' && one !== null);

describe('the MCP server that others put in front of a Spark History Server', () => {
  it('says the same over our REST as over the real one, with every tool that it has [peer.client-unchanged]', async () => {
    const { tools } = await client.listTools();
    const called = new Set<string>();
    const differing: string[] = [];
    const same = async (name: string, args: Record<string, unknown>) => {
      called.add(name);
      const [theirs, ours] = [await ask('real', name, args), await ask('headgate', name, args)];
      try {
        expect(ours).toEqual(theirs);
      } catch (error) {
        differing.push(
          `${name} ${JSON.stringify(args)}: ${JSON.stringify({ theirs, ours, message: String(error) }).slice(0, 3_000)}`,
        );
      }
      return theirs;
    };
    await same('list_applications', {});
    await same('list_applications', { status: ['COMPLETED'], limit: 3 });
    for (const [index, appId] of apps.entries()) {
      const app_id = appId;
      const other = apps[(index + 1) % apps.length];
      await same('list_applications', { app_id });
      await same('list_jobs', { app_id });
      await same('list_jobs', { app_id, sort_by: 'duration', status: ['SUCCEEDED'] });
      const stages = listed(await same('list_stages', { app_id, with_summaries: true }));
      for (const { stageId } of stages.slice(0, 3)) {
        await same('get_stage', { app_id, stage_id: stageId, with_summaries: true, quantiles: '0.1,0.5,0.9' });
        await same('list_stage_task_failures', { app_id, stage_id: stageId });
        await same('compare_stages', { app_id1: app_id, stage_id1: stageId, app_id2: app_id, stage_id2: stageId });
      }
      await same('get_environment', { app_id });
      await same('list_executors', { app_id, include_inactive: true });
      await same('get_executor_summary', { app_id });
      await same('get_executor_thread_dump', { app_id, executor_id: 'driver' });
      await same('compare_job_environments', { app_id1: app_id, app_id2: other });
      await same('compare_job_performance', { app_id1: app_id, app_id2: other });
      const executions = listed(await same('list_sql_executions', { app_id, limit: 0 }));
      for (const { id } of executions.slice(0, 3)) {
        await same('get_sql_execution', { app_id, execution_id: Number(id), include_plan: true, include_stages: true });
        await same('compare_sql_executions', {
          app_id1: app_id,
          app_id2: app_id,
          execution_id1: Number(id),
          execution_id2: Number(id),
        });
      }
      await same('get_job_bottlenecks', { app_id });
      await same('get_resource_usage_timeline', { app_id });
    }
    expect(tools.map(({ name }) => name).filter((name) => !called.has(name))).toEqual([]);
    expect(differing).toEqual([]);
  });
});
