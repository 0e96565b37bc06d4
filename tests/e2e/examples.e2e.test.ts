import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type App, createApp } from '../../src/app.ts';
import { loadConfiguration } from '../../src/configuration/index.ts';
import { installPythonEnvironment } from '../stack/python-environment.ts';
import { REPOSITORY, Sandbox } from './headgate-process.ts';

const CLIENTS = join(REPOSITORY, 'examples', 'clients');
const PYTHON = fileURLToPath(new URL('../../.cache/python-clients', import.meta.url));

let sandbox: Sandbox;
let app: App;
let url: string;
let python: string;

beforeAll(async () => {
  sandbox = await Sandbox.create();
  python = await installPythonEnvironment(PYTHON, ['mcp==1.26.0']);
  const env = { HEADGATE_HOME: sandbox.home, LOG_LEVEL: 'silent' };
  app = await createApp(await loadConfiguration({}, { env, workingDirectory: sandbox.folder }));
  url = (await app.gateway.listen({ host: '127.0.0.1', port: 0 })).url;
});

afterAll(async () => {
  await app.close();
  await sandbox.remove();
});

async function run(command: string, file: string): Promise<string> {
  const child = spawn(command, [join(CLIENTS, file), url], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [output, code] = await Promise.all([text(child.stdout), new Promise((resolve) => child.once('exit', resolve))]);
  expect(code).toBe(0);
  return output;
}

describe('the example clients', () => {
  it.each([
    ['ask.ts', () => process.execPath],
    ['ask.py', () => python],
  ])('find out over MCP why the slowest application is slow: %s [examples.clients-run]', async (file, command) => {
    const output = await run(command(), file);
    expect(output).toMatch(/^\d+ tools/);
    expect(output).toMatch(/\nget_job_bottlenecks\n\S/);
  });

  it('read numbers and errors over REST: rest.py [examples.clients-run]', async () => {
    expect(await run(python, 'rest.py')).toMatch(/^\d+ runs, [\d.]+ core-hours\nnot_found - .*no-such-application/);
  });
});
