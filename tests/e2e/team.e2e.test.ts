import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openRaw } from '../conformance/gateway/raw-connection.ts';
import { makeCertificate } from '../conformance/gateway/test-certificates.ts';
import { finished, firstOutput, Sandbox } from './headgate-process.ts';

let sandbox: Sandbox;

beforeEach(async () => {
  sandbox = await Sandbox.create();
});

afterEach(() => sandbox.remove());

/** Path of a configuration file with this text. */
async function configuration(text: string): Promise<string> {
  const file = join(sandbox.folder, 'team.yaml');
  await writeFile(file, text);
  return file;
}

/** The sentences of the log at level `warn`. */
function warningsIn(stderr: string): string[] {
  return stderr
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as { level: number; msg: string })
    .filter(({ level }) => level === 40)
    .map(({ msg }) => msg);
}

describe('an address that other machines reach', () => {
  it.each(['0.0.0.0', '::', '192.0.2.7'])(
    'such as %s is refused without authentication, with what to write [team.bind-refused]',
    async (host) => {
      const { exitCode, stderr, stdout } = await sandbox.run([
        'serve',
        '--host',
        host,
        '--port',
        '0',
        '--event-logs',
        sandbox.eventLogs,
      ]);
      expect([exitCode, stdout]).toEqual([1, '']);
      expect(stderr).toContain(
        `error: server.host is ${host}, which other machines reach, and there is no authentication.\n`,
      );
      expect(stderr).toContain('auth.tokens');
      const detached = await sandbox.run(['serve', '--detach', '--host', host, '--event-logs', sandbox.eventLogs]);
      expect([detached.exitCode, detached.stderr]).toEqual([1, stderr]);
    },
  );

  it('is warned of at every start, in the log and in the status, where it is insisted on [team.insecure-bind]', async () => {
    const args = ['--host', '0.0.0.0', '--insecure-bind'];
    const open =
      'Headgate listens on 0.0.0.0 without authentication (--insecure-bind): everybody who reaches this address can read what it reads.';
    for (const start of ['first', 'second']) {
      const child = sandbox.spawn(['serve', '--port', '0', '--json', '--event-logs', sandbox.eventLogs, ...args]);
      let stderr = '';
      child.stderr?.on('data', (text) => {
        stderr += text;
      });
      const ready = JSON.parse(await firstOutput(child, /^\}\n/m)) as { url: string; warnings: string[] };
      expect([start, ready.warnings]).toEqual([start, expect.arrayContaining([open])]);
      expect((await fetch(`${ready.url}/metrics`)).status).toBe(200);
      expect((await sandbox.run(['status'])).stdout).toContain(`WARNING: ${open}`);
      expect(warningsIn(stderr)).toContain(open);
      const end = finished(child);
      child.kill('SIGTERM');
      await end;
    }
    const detached = await sandbox.run([
      'serve',
      '--detach',
      '--port',
      '0',
      '--event-logs',
      sandbox.eventLogs,
      ...args,
    ]);
    expect(detached.stderr).toContain(`warning: ${open}\n`);
    expect(detached.stdout).toContain(`WARNING: ${open}`);
    expect(await readFile(join(sandbox.home, 'logs', 'serve.log'), 'utf8')).toContain(open);
    expect((await sandbox.run(['stop'])).exitCode).toBe(0);
  });
});

describe('a server for a team', () => {
  it('lets those in whose token headgate token made, and warns of missing TLS [team.token-command] [team.static-tokens]', async () => {
    const made = await sandbox.run(['token']);
    const [, , token = ''] = made.stdout.split('\n');
    expect(token).toMatch(/^hg_[\w-]{43}$/);
    const lines = /^auth:\n[\s\S]+$/m.exec(made.stdout)?.[0].replace('NAME', 'ada') ?? '';
    const again: { token: string; sha256: string } = JSON.parse((await sandbox.run(['token', '--json'])).stdout);
    expect(again.token).not.toBe(token);
    const file = await configuration(`server:\n  host: 0.0.0.0\n${lines}`);
    const server = await sandbox.serve(['--config', file]);
    expect(server.ready.warnings).toEqual([
      expect.stringMatching(/without TLS: tokens and results cross the network in clear/),
    ]);
    expect(server.ready.client_configuration.http.mcpServers.headgate).toEqual({
      type: 'http',
      url: `${server.ready.url}/mcp`,
      headers: { Authorization: 'Bearer TOKEN' },
    });
    const ask = async (authorization: string) =>
      (await fetch(`${server.ready.url}/api/v1/tools`, { headers: { authorization } })).status;
    expect([await ask(`Bearer ${token}`), await ask(`Bearer ${again.token}`), await ask('')]).toEqual([200, 401, 401]);
    const { stderr } = await server.stop();
    expect(stderr).not.toContain(token);
    expect(stderr).not.toContain(again.token);
  });

  it('with TLS is announced as https, found by status and ended by stop [team.tls-announced]', async () => {
    const { certificate, key } = makeCertificate(sandbox.folder, 'server');
    const file = await configuration(`server:\n  tls:\n    certificate: ${certificate}\n    key: ${key}\n`);
    const server = await sandbox.serve(['--config', file]);
    expect(server.ready.url).toBe(`https://127.0.0.1:${server.ready.port}`);
    expect(server.ready.client_configuration.http.mcpServers.headgate.url).toBe(`${server.ready.url}/mcp`);
    expect((await sandbox.run(['status'])).stdout).toContain(
      `${server.ready.url} runs as process ${server.ready.pid} `,
    );
    expect((await sandbox.run(['stop'])).stdout).toContain(`Stopped ${server.ready.url}`);
    expect((await sandbox.run(['status'])).stdout).toContain('No server runs.');
  });

  it.each([
    [
      'server:\n  tls:\n    certificate: absent.crt\n    key: absent.key\n',
      /server\.tls\.(certificate|key): there is no file/,
    ],
    [
      'auth:\n  tokens:\n    - name: ada\n      sha256: hg_token-in-clear\n',
      /auth\.tokens\.0\.sha256: must be the SHA-256 of the token/,
    ],
  ])('says what is wrong with %j before it starts [team.tls] [team.static-tokens]', async (text, message) => {
    const { exitCode, stderr } = await sandbox.run(['serve', '--port', '0', '--config', await configuration(text)]);
    expect([exitCode, stderr]).toEqual([1, expect.stringMatching(message)]);
    expect(stderr).not.toContain('hg_token-in-clear');
  });
});

describe('a server that is told to stop', () => {
  it('ends open streams, and takes its note back [team.graceful-shutdown]', async () => {
    const server = await sandbox.serve();
    const stream = await fetch(`${server.ready.url}/sse`, { headers: { Accept: 'text/event-stream' } });
    const { exitCode } = await server.stop();
    expect(exitCode).toBe(0);
    expect(await stream.text()).toMatch(/^event: endpoint\n/);
    expect(await readdir(join(sandbox.home, 'run'))).toEqual([]);
  });

  it('waits for a request that is on its way, and ends at once at a second signal [team.graceful-shutdown]', async () => {
    const child = sandbox.spawn(['serve', '--port', '0', '--json', '--event-logs', sandbox.eventLogs]);
    const { url } = JSON.parse(await firstOutput(child, /^\}\n/m)) as { url: string };
    const raw = await openRaw(url);
    raw.socket.write(
      'POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{',
    );
    await fetch(`${url}/health`);
    const end = finished(child);
    child.kill('SIGTERM');
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    expect(raw.socket.destroyed).toBe(false);
    child.kill('SIGTERM');
    expect((await end).exitCode).toBe(143);
    // An orderly end would have taken the note back.
    expect(await readdir(join(sandbox.home, 'run'))).toHaveLength(1);
  });
});
