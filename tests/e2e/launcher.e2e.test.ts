import { cp } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { finished, REPOSITORY, Sandbox } from './headgate-process.ts';

const { version } = createRequire(import.meta.url)('../../package.json');
/** Makes Node say that it is of this version. */
const pretend = (wanted: string) =>
  `--import=data:text/javascript,Object.defineProperty(process,'versions',{value:{...process.versions,node:'${wanted}'}})`;

let sandbox: Sandbox;

beforeEach(async () => {
  sandbox = await Sandbox.create();
});

afterEach(() => sandbox.remove());

describe('the launcher', () => {
  it('runs on the Node that started it, from any folder, with an empty PATH [house.launcher-finds-node]', async () => {
    expect(await sandbox.run(['--version'])).toEqual({ exitCode: 0, signal: null, stdout: `${version}\n`, stderr: '' });
  });

  it.each(['18.20.0', '22.17.9'])(
    'goes over to the pinned Node when it is started by Node %s [house.launcher-finds-node]',
    async (old) => {
      const result = await sandbox.run(['--version'], { nodeArgs: [pretend(old)] });
      expect(result).toEqual({ exitCode: 0, signal: null, stdout: `${version}\n`, stderr: '' });
    },
  );

  it('keeps the exit code and the output of the pinned Node', async () => {
    const nodeArgs = [pretend('20.0.0')];
    const result = await sandbox.run(['analyze', '--json'], { nodeArgs });
    expect(result.exitCode).toBe(2);
    expect(JSON.parse(result.stdout)).toMatchObject({ error: { code: 'invalid_argument' } });
  });

  it('passes signals on to the pinned Node', async () => {
    const child = sandbox.spawn(['serve', '--stdio', '--event-logs', sandbox.eventLogs], {
      nodeArgs: [pretend('20.0.0')],
    });
    const end = finished(child);
    child.stdin?.write(`${JSON.stringify(INITIALIZE)}\n`);
    child.stdout?.once('data', () => child.kill('SIGTERM'));
    expect((await end).exitCode).toBe(0);
  });

  it('says what to do when there is no Node to run on [house.launcher-finds-node]', async () => {
    await cp(join(REPOSITORY, 'bin'), join(sandbox.folder, 'alone', 'bin'), { recursive: true });
    const script = join(sandbox.folder, 'alone', 'bin', 'headgate.mjs');
    const result = await sandbox.run(['--version'], { script, nodeArgs: [pretend('20.1.2')] });
    expect(result).toMatchObject({ exitCode: 1, stdout: '' });
    expect(result.stderr).toContain('headgate needs Node.js 22.18 or newer; this is 20.1.2');
    expect(result.stderr).toContain(`Run "npm install" in ${join(sandbox.folder, 'alone')}`);
  });
});

const INITIALIZE = {
  jsonrpc: '2.0',
  id: 1,
  method: 'initialize',
  params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'test', version: '1' } },
};
