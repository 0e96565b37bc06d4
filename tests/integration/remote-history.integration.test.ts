import { cp, mkdtemp, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSparkHistory } from '../../src/connectors/spark-history/connector.ts';
import { toolContext } from '../../src/connectors/spark-history/fixtures/fake-logs.ts';
import {
  accessTo,
  type ScriptedServer,
  startScriptedServer,
} from '../../src/connectors/spark-history/sources/rest/fixtures/scripted-server.ts';
import type { SourcePlace, SparkHistorySource } from '../../src/kernel/config.ts';
import type { Connector } from '../../src/kernel/connector.ts';
import type { Output } from '../../src/kernel/tool.ts';
import { type HistoryServer, KEEP_EVERYTHING, startHistoryServer } from '../stack/history-server.ts';
import { type ServerProcess, startServer } from '../stack/server-process.ts';
import { installSpark, type SparkLine } from '../stack/spark.ts';

const EXAMPLES = fileURLToPath(new URL('../../examples/event-logs/', import.meta.url));
const WORKLOAD = fileURLToPath(new URL('../fixtures/spark/workloads/lock_contention.py', import.meta.url));

let work: string;

beforeAll(async () => {
  work = await mkdtemp(join(tmpdir(), 'headgate-remote-'));
});
afterAll(() => rm(work, { recursive: true, force: true }));

function connect(places: Readonly<Record<string, SourcePlace>>): Connector {
  const sources = Object.entries(places).map(([name, place]): SparkHistorySource => ({ name, place, tenants: null }));
  return createSparkHistory({ sources }, { clock: Date.now, spoolFolder: join(work, 'spool') });
}

async function ask(connector: Connector, name: string, input: Record<string, unknown>): Promise<Output> {
  const tool = connector.tools.find((one) => one.name === name);
  if (tool === undefined) throw new Error(`There is no tool ${name}.`);
  return tool.output.parse(await tool.call(tool.input.parse(input), toolContext())) as Output;
}

/** Without the fields that name the source, or that the way of reading decides. */
function without(output: Output, ...names: string[]): unknown {
  return JSON.parse(JSON.stringify(output, (key, value) => (names.includes(key) ? undefined : value)));
}

describe('a real History Server of Spark 4.3 as a source', () => {
  let historyServer: HistoryServer;
  let ids: string[];
  /** Stands before the History Server and gives no logs out. */
  let front: ScriptedServer;
  let connector: Connector;

  beforeAll(async () => {
    const logs = join(work, 'logs');
    await cp(EXAMPLES, logs, { recursive: true });
    historyServer = await startHistoryServer({ logDirectory: logs, properties: KEEP_EVERYTHING });
    ids = await historyServer.waitForApplications(7);
    front = await startScriptedServer((asked, answer) => {
      if (asked.url?.endsWith('/logs')) {
        answer.writeHead(403).end();
        return;
      }
      request(`${historyServer.url}${asked.url}`, (from) => {
        answer.writeHead(from.statusCode ?? 502, from.headers);
        from.pipe(answer);
      }).end();
    });
    connector = connect({
      folder: { kind: 'folder', path: EXAMPLES },
      server: { kind: 'history-server', ...accessTo(historyServer.url, { timeoutMs: 60_000 }) },
      fields: { kind: 'history-server', ...accessTo(front.url, { timeoutMs: 60_000 }) },
    });
  });
  afterAll(async () => {
    await connector?.close();
    await front?.close();
    await historyServer?.stop();
  });

  it('lists what it has, with headlines from its listing [remote-history.listing]', async () => {
    const { applications } = (await ask(connector, 'list_applications', { server: 'server', limit: 50 })) as {
      applications: { total: number; columns: string[]; rows: unknown[][] };
    };
    expect(applications.total).toBe(7);
    const column = applications.columns.indexOf('app_id');
    expect(applications.rows.map((row) => row[column]).sort()).toEqual([...ids].sort());
  });

  it('answers by its zip as the folder does, field for field [remote-history.logs-zip]', async () => {
    for (const appId of ids) {
      for (const tool of ['get_application_summary', 'get_job_bottlenecks', 'list_stages', 'list_sql_executions']) {
        const [byServer, byFolder] = await Promise.all(
          ['server', 'folder'].map(async (server) =>
            without(await ask(connector, tool, { app_id: appId, server }), 'server'),
          ),
        );
        expect({ appId, tool, ...(byServer as object) }).toEqual({ appId, tool, ...(byFolder as object) });
      }
    }
  });

  it('answers field by field as the folder does, where the REST tells [remote-history.same-answers]', async () => {
    for (const appId of ids) {
      for (const tool of [
        'list_jobs',
        'list_stages',
        'list_executors',
        'list_sql_executions',
        'get_resource_usage_timeline',
      ]) {
        const [byFields, byFolder] = await Promise.all(
          ['fields', 'folder'].map(async (server) =>
            without(await ask(connector, tool, { app_id: appId, server }), 'server', 'gaps'),
          ),
        );
        expect({ appId, tool, ...(byFields as object) }).toEqual({ appId, tool, ...(byFolder as object) });
      }
    }
    const { gaps } = await ask(connector, 'list_jobs', { app_id: ids[0], server: 'fields' });
    expect(gaps).toEqual([expect.stringMatching(/^Read over REST, field by field, because .*\(403\)/)]);
  });

  it('has no threads, and says what has [remote-history.thread-dump]', async () => {
    const dump = ask(connector, 'get_executor_thread_dump', { app_id: ids[0], server: 'server' });
    await expect(dump).rejects.toMatchObject({ code: 'failed_precondition', hint: expect.stringContaining('live_ui') });
  });

  it('is named when it is gone, and holds no other source up [remote-history.unreachable-named]', async () => {
    const gone = connect({
      folder: { kind: 'folder', path: EXAMPLES },
      gone: { kind: 'history-server', ...accessTo('http://127.0.0.1:1') },
    });
    const { applications, gaps } = (await ask(gone, 'list_applications', {})) as {
      applications: { total: number };
      gaps: string[];
    };
    expect(applications.total).toBe(7);
    expect(gaps.join(' ')).toContain('gone');
    await gone.close();
  });
});

describe.each(['4.3', '3.5'] as const)('the UI of a running application of Spark %s as a source', (line: SparkLine) => {
  let application: ServerProcess;
  let connector: Connector;
  let appId: string;

  beforeAll(async () => {
    const spark = await installSpark(line);
    const submit = join(spark.sparkHome, 'bin', 'spark-submit');
    application = await startServer({
      name: 'lock_contention.py',
      command: submit,
      args: ['--master', 'local[2]', '--conf', 'spark.ui.port=0', WORKLOAD],
      env: spark.env,
      cwd: work,
      readyWhen: /RUNNING (\S+) (http:\S+) END/,
      timeoutMs: 120_000,
    });
    appId = application.ready[1] ?? '';
    connector = connect({ live: { kind: 'live-ui', ...accessTo(application.ready[2] ?? '', { timeoutMs: 60_000 }) } });
  });
  afterAll(async () => {
    await connector?.close();
    await application?.stop();
  });

  it('answers the tools about what is known so far [remote-history.live-ui]', async () => {
    const { jobs, gaps } = (await ask(connector, 'list_jobs', { app_id: appId })) as {
      jobs: { columns: string[]; rows: unknown[][] };
      gaps: string[];
    };
    const status = jobs.columns.indexOf('status');
    expect(jobs.rows.map((row) => row[status]).sort()).toContain('RUNNING');
    expect(jobs.rows.map((row) => row[status])).toContain('SUCCEEDED');
    expect(gaps.join(' ')).toContain('still running');
    const summary = await ask(connector, 'get_application_summary', { app_id: appId });
    expect(JSON.stringify(summary)).toContain('RUNNING');
    expect(await connector.health(new AbortController().signal)).toEqual([
      { name: 'spark_history.sources.live', ok: true, message: `UI of 1 application: ${appId}` },
    ]);
  });

  it('says which thread blocks which, and what the tasks wait for [remote-history.thread-dump]', async () => {
    const dump = (await ask(connector, 'get_executor_thread_dump', { app_id: appId })) as {
      deadlocks: string[];
      blocked: Array<{ waiting_threads: number; waiting: string[]; holder_stack: string }>;
      task_threads: { rows: unknown[][] };
    };
    expect(dump.deadlocks).toEqual([]);
    const [first] = dump.blocked;
    expect(first?.waiting_threads).toBe(2);
    expect(first?.waiting.join()).toMatch(/waits for .*(?:BufferedInputStream|ProcessPipeInputStream|ProcessImpl)/);
    expect(first?.holder_stack).toContain('FileInputStream.read');
    expect(dump.task_threads.rows).toHaveLength(2);
    expect(JSON.stringify(dump.task_threads.rows)).toContain('org.apache.spark.api.python');
  });

  it('names an executor that there is not [remote-history.thread-dump]', async () => {
    const dump = ask(connector, 'get_executor_thread_dump', { app_id: appId, executor_id: '77' });
    await expect(dump).rejects.toMatchObject({ code: 'not_found', hint: expect.stringContaining('list_executors') });
  });

  it('is gone when its application has ended [remote-history.live-ui]', async () => {
    await application.stop();
    await expect(ask(connector, 'list_jobs', { app_id: appId })).rejects.toMatchObject({ code: 'unavailable' });
  });
});
