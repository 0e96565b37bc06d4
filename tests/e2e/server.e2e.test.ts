import { mkdir, readdir, readFile, realpath, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { APP_ID, finished, firstOutput, LAUNCHER, REPOSITORY, type Ready, Sandbox } from './headgate-process.ts';

let sandbox: Sandbox;

beforeEach(async () => {
  sandbox = await Sandbox.create();
});

afterEach(() => sandbox.remove());

type StdioCommand = Ready['client_configuration']['stdio']['mcpServers']['headgate'];

/** Connects a client the way a client does that was given this configuration, in another folder and with an empty PATH. */
async function connect({ command, args, env }: StdioCommand): Promise<Client> {
  const client = new Client({ name: 'e2e', version: '1' });
  const elsewhere = join(sandbox.folder, 'elsewhere');
  await mkdir(elsewhere, { recursive: true });
  const transport = new StdioClientTransport({
    command,
    args,
    env: { PATH: '', ...env },
    cwd: elsewhere,
    stderr: 'ignore',
  });
  await client.connect(transport);
  return client;
}

/** The ids that list_applications answers with. */
async function applicationIds(client: Client): Promise<unknown[]> {
  const { structuredContent } = await client.callTool({ name: 'list_applications', arguments: {} });
  const { columns, rows } = (structuredContent as { applications: { columns: string[]; rows: unknown[][] } })
    .applications;
  return rows.map((row) => row[columns.indexOf('app_id')]);
}

/** The JSON objects in a text, each starting at the beginning of a line. */
function jsonBlocks(text: string): unknown[] {
  return [...text.matchAll(/^\{\n[\s\S]*?^\}$/gm)].map(([block]) => JSON.parse(block));
}

describe('npm start', () => {
  it('prints its address, client configurations of absolute paths, and a question [cli.start-prints-what-to-do]', async () => {
    const child = sandbox.spawn(['--port', '0', '--event-logs', sandbox.eventLogs], {
      script: join(REPOSITORY, 'bin', 'start.mjs'),
      cwd: REPOSITORY,
    });
    const text = await firstOutput(child, /ask: ".+\?"/);
    const url = /^Headgate listens on (http:\/\/127\.0\.0\.1:\d+) /.exec(text)?.[1];
    expect(jsonBlocks(text)).toEqual([
      { mcpServers: { headgate: { type: 'http', url: `${url}/mcp` } } },
      {
        mcpServers: {
          headgate: {
            command: expect.stringMatching(/^\/.+\/bin\/node$/),
            args: [await realpath(LAUNCHER), 'serve', '--stdio', '--event-logs', sandbox.eventLogs],
            env: { HEADGATE_HOME: sandbox.home },
          },
        },
      },
    ]);
    expect((await fetch(`${url}/ready`)).status).toBe(200);
    const end = finished(child);
    child.kill('SIGTERM');
    expect((await end).exitCode).toBe(0);
  });
});

describe('headgate serve', () => {
  it('prints a stdio configuration that works from another folder with an empty PATH [cli.client-configuration-works-anywhere]', async () => {
    const server = await sandbox.serve();
    const client = await connect(server.ready.client_configuration.stdio.mcpServers.headgate);
    expect(await applicationIds(client)).toEqual([APP_ID]);
    await client.close();
    expect((await server.stop()).exitCode).toBe(0);
  });

  it('shares its data folder with two stdio clients and analyze at once [cli.many-processes]', async () => {
    const command = {
      command: process.execPath,
      args: [LAUNCHER, 'serve', '--stdio', '--event-logs', sandbox.eventLogs],
      env: { HEADGATE_HOME: sandbox.home },
    };
    const [server, first, second, analysis] = await Promise.all([
      sandbox.serve(),
      connect(command),
      connect(command),
      sandbox.run(['analyze', sandbox.eventLogs, '--json']),
    ]);
    const overHttp = await fetch(`${server.ready.url}/api/v1/tools/list_applications`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{}',
    });
    expect(await Promise.all([applicationIds(first), applicationIds(second)])).toEqual([[APP_ID], [APP_ID]]);
    expect(overHttp.status).toBe(200);
    expect(JSON.parse(analysis.stdout).applications).toMatchObject([{ app_id: APP_ID, task_count: 2 }]);
    await Promise.all([first.close(), second.close()]);
    await server.stop();
    const { openStore } = await import('../../src/store/index.ts');
    const store = await openStore({ path: join(sandbox.home, 'headgate.db') });
    const entries = await store.audit.recent({ tenant: 'local', limit: 10 });
    await store.close();
    expect(entries.map(({ tool, via }) => `${tool} ${via}`).sort()).toEqual([
      'list_applications mcp-stdio',
      'list_applications mcp-stdio',
      'list_applications rest',
    ]);
  });

  it('ends when its stdio client goes', async () => {
    const child = sandbox.spawn(['serve', '--stdio', '--event-logs', sandbox.eventLogs]);
    const end = finished(child);
    child.stdin?.end();
    expect(await end).toMatchObject({ exitCode: 0, stdout: '' });
  });

  it.each(['SIGINT', 'SIGTERM'] as const)('stops cleanly on %s', async (signal) => {
    const server = await sandbox.serve();
    expect((await server.stop(signal)).exitCode).toBe(0);
    expect(await readdir(join(sandbox.home, 'run'))).toEqual([]);
  });

  it('stops cleanly when a signal arrives twice, as from a process group', async () => {
    const server = await sandbox.serve();
    process.kill(server.ready.pid, 'SIGTERM');
    expect((await server.stop()).exitCode).toBe(0);
  });

  it.each([
    ['serve', ['serve', '--port', '0'], true],
    ['serve --detach', ['serve', '--detach', '--port', '0'], true],
    ['serve --stdio', ['serve', '--stdio'], false],
    ['tools', ['tools'], true],
  ])(
    'exits with 2 when the event logs that %s was given are not there [cli.unreadable-event-logs]',
    async (_, args, json) => {
      const absent = join(sandbox.folder, 'typo');
      const message = `The event logs cannot be read: There is no file or folder at ${absent}.`;
      const flagged = await sandbox.run([...args, '--event-logs', absent]);
      expect(flagged).toMatchObject({ exitCode: 2, stdout: '' });
      expect(flagged.stderr.split('\n')[0]).toBe(`error: ${message}`);
      if (!json) return;
      const variable = await sandbox.run([...args, '--json'], { env: { HEADGATE_EVENT_LOGS: absent } });
      expect(variable.exitCode).toBe(2);
      expect(JSON.parse(variable.stdout)).toMatchObject({ error: { code: 'invalid_argument', message } });
    },
  );

  it('starts without a source of the file that is not there, and warns loudly [cli.unreadable-event-logs]', async () => {
    const file = join(sandbox.folder, 'absent.yaml');
    await writeFile(file, 'spark_history: {sources: {prod: {path: ./absent}, here: {path: ./event-logs}}}\n');
    const absent = join(sandbox.folder, 'absent');
    const warning = `spark_history.sources.prod cannot be read: There is no file or folder at ${absent}.`;
    const child = sandbox.spawn(['serve', '--port', '0', '--config', file]);
    const end = finished(child);
    const welcome = await firstOutput(child, /ask: ".+\?"/);
    expect(welcome.split('\n')[0]).toBe(`WARNING: ${warning}`);
    child.kill('SIGTERM');
    expect((await end).stderr).toContain(warning);
    const detached = await sandbox.run(['serve', '--detach', '--port', '0', '--config', file, '--json']);
    expect(detached).toMatchObject({ exitCode: 0, stderr: `warning: ${warning}\n` });
    expect(JSON.parse(detached.stdout).warnings).toEqual([warning]);
    expect((await sandbox.run(['stop'])).exitCode).toBe(0);
  });

  it('refuses an address that others can reach [house.loopback-only]', async () => {
    const result = await sandbox.run(['serve', '--host', '0.0.0.0', '--json']);
    expect(result.exitCode).toBe(1);
    expect(JSON.parse(result.stdout)).toMatchObject({ error: { code: 'failed_precondition' } });
  });

  it('says that its port is taken', async () => {
    const server = await sandbox.serve();
    const result = await sandbox.run(['serve', '--port', String(server.ready.port), '--json']);
    expect(result.exitCode).toBe(1);
    expect(JSON.parse(result.stdout)).toMatchObject({ error: { code: 'failed_precondition' } });
    await server.stop();
  });

  it('does not read a headgate.yaml of the folder that a client starts it in', async () => {
    await writeFile(join(sandbox.folder, 'headgate.yaml'), 'nonsense: true\n');
    const child = sandbox.spawn(['serve', '--stdio', '--event-logs', sandbox.eventLogs]);
    const end = finished(child);
    child.stdin?.end();
    expect((await end).exitCode).toBe(0);
  });
});

describe('headgate serve --detach', () => {
  it('is ready when it returns, is listed by status, and is gone after stop [cli.detach-status-stop]', async () => {
    const started = await sandbox.run([
      'serve',
      '--detach',
      '--port',
      '0',
      '--json',
      '--event-logs',
      sandbox.eventLogs,
    ]);
    expect(started).toMatchObject({ exitCode: 0, stderr: '' });
    const { url, pid, port, log } = JSON.parse(started.stdout);
    expect((await fetch(`${url}/ready`)).status).toBe(200);
    expect(log).toBe(join(sandbox.home, 'logs', 'serve.log'));

    const status = await sandbox.run(['status', '--json']);
    expect(status.exitCode).toBe(0);
    expect(JSON.parse(status.stdout)).toMatchObject({ running: [{ url, pid, port }] });

    const stopped = await sandbox.run(['stop', '--json']);
    expect(stopped.exitCode).toBe(0);
    expect(JSON.parse(stopped.stdout)).toMatchObject({ stopped: [{ url, pid }] });
    await expect(fetch(`${url}/health`)).rejects.toThrow();
    expect(await sandbox.run(['status'])).toMatchObject({ exitCode: 1, stdout: 'No server runs.\n' });
    expect(await sandbox.run(['stop'])).toMatchObject({ exitCode: 0, stdout: 'No server runs.\n' });
  });

  it('says why the server did not start', async () => {
    const server = await sandbox.serve();
    const result = await sandbox.run(['serve', '--detach', '--port', String(server.ready.port), '--json']);
    expect(result.exitCode).toBe(1);
    expect(JSON.parse(result.stdout)).toMatchObject({
      error: { code: 'failed_precondition', message: expect.stringContaining(String(server.ready.port)) },
    });
    await server.stop();
  });

  it('takes no dead server for a running one', async () => {
    await mkdir(join(sandbox.home, 'run'), { recursive: true });
    const dead = { pid: 2 ** 22 + 1, url: 'http://127.0.0.1:9', port: 9, started_at: '2026-01-01T00:00:00.000Z' };
    await writeFile(join(sandbox.home, 'run', 'serve-9.json'), JSON.stringify(dead));
    await writeFile(join(sandbox.home, 'run', 'serve-10.json'), 'half a fi');
    expect(await sandbox.run(['status'])).toMatchObject({ exitCode: 1, stdout: 'No server runs.\n' });
    expect(await readdir(join(sandbox.home, 'run'))).toEqual([]);
  });

  it('does not touch a process that only has the number of a dead server', async () => {
    await mkdir(join(sandbox.home, 'run'), { recursive: true });
    const reused = { pid: process.pid, url: 'http://127.0.0.1:9', port: 9, started_at: '2026-01-01T00:00:00.000Z' };
    await writeFile(join(sandbox.home, 'run', 'serve-9.json'), JSON.stringify(reused));
    expect(await sandbox.run(['stop'])).toMatchObject({ exitCode: 0, stdout: 'No server runs.\n' });
  });
});

describe('what Headgate writes', () => {
  it('is below HEADGATE_HOME [house.writes-in-data-folder]', async () => {
    const places = {
      HOME: 'user',
      XDG_DATA_HOME: 'data',
      XDG_CONFIG_HOME: 'config',
      XDG_CACHE_HOME: 'cache',
      TMPDIR: 'tmp',
    };
    const env: Record<string, string> = { NODE_COMPILE_CACHE: '' };
    for (const [variable, name] of Object.entries(places)) {
      env[variable] = join(sandbox.folder, 'elsewhere', name);
      await mkdir(env[variable], { recursive: true });
    }
    const before = await readdir(sandbox.folder, { recursive: true });
    const server = await sandbox.serve([], { env });
    await sandbox.run(['call', 'list_applications', '--event-logs', sandbox.eventLogs], { env });
    await sandbox.run(['analyze', sandbox.eventLogs], { env });
    await server.stop();
    const written = (await readdir(sandbox.folder, { recursive: true })).filter((path) => !before.includes(path));
    expect(written.filter((path) => !path.startsWith('home'))).toEqual([]);
    expect(await readFile(join(sandbox.home, 'headgate.db'))).not.toHaveLength(0);
  });
});
