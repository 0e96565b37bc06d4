import { cpSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { zstdDecompressSync } from 'node:zlib';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { describe, expect, it, onTestFinished } from 'vitest';
import { fromBuffer } from 'yauzl';
import { addressesOf } from '../conformance/history-server/rest-addresses.ts';
import { finished, firstOutput, REPOSITORY, type Ready, Sandbox } from './headgate-process.ts';

/** Logs of real Spark with these planted wherever Spark tells them; see RECORDED.md there. */
const LOGS = join(REPOSITORY, 'tests/fixtures/privacy');
const SECRET = /hunter2hunter2/g;
const LITERAL = /Guineafowl|(?<![\w.])98765|1987-06-05/g;
const IDENTITY = /alice\.jones|node17|lake\.internal/g;

const LEVELS = ['secrets', 'literals', 'identities'] as const;
type Level = (typeof LEVELS)[number];

/** Everything that left Headgate by one of its faces, each text with where it came from. */
type Told = Array<readonly [from: string, text: string]>;

/** Matches, each with the place and some text around. */
function found(told: Told, mark: RegExp): string[] {
  return told.flatMap(([from, text]) =>
    [...text.matchAll(mark)].map(
      ({ index }) => `${from}: ${text.slice(Math.max(0, index - 80), index + 60).replaceAll('\n', ' ')}`,
    ),
  );
}

/** What a level must not let through, and, so that nothing is looked for in vain, what it does. */
function expectKept(level: Level, told: Told, shows: { literals: boolean; identities: boolean }): void {
  expect(told.length).toBeGreaterThan(0);
  expect(found(told, SECRET)).toEqual([]);
  if (level !== 'secrets') expect(found(told, LITERAL)).toEqual([]);
  else if (shows.literals) expect(found(told, LITERAL)).not.toEqual([]);
  if (level === 'identities') expect(found(told, IDENTITY)).toEqual([]);
  else if (shows.identities) expect(found(told, IDENTITY)).not.toEqual([]);
}

interface Application {
  readonly id: string;
  readonly stages: readonly number[];
  readonly executions: readonly number[];
}

interface Gateway {
  readonly client: Client;
  readonly rest: string;
  readonly applications: readonly Application[];
  readonly sandbox: Sandbox;
  readonly spans: Told;
  /** Ends it; what it wrote to stderr. */
  stop(): Promise<string>;
}

/** Headgate as a process over both logs, saying in its log and its traces all that it can. */
async function start(level: Level): Promise<Gateway> {
  const sandbox = await Sandbox.create();
  onTestFinished(() => sandbox.remove());
  for (const line of ['3.5', '4.3']) cpSync(join(LOGS, line), join(sandbox.folder, 'logs', line), { recursive: true });
  const collector = await startCollector();
  const child = sandbox.spawn(['serve', '--port', '0', '--json', '--event-logs', join(sandbox.folder, 'logs')], {
    env: { HEADGATE_REDACT: level, HEADGATE_LOG_LEVEL: 'trace', OTEL_EXPORTER_OTLP_ENDPOINT: collector.url },
  });
  let stderr = '';
  child.stderr?.on('data', (text: Buffer) => {
    stderr += text.toString();
  });
  const { url } = JSON.parse(await firstOutput(child, /^\}\n/m)) as Ready;
  const client = new Client({ name: 'privacy-test', version: '1.0.0' });
  await client.connect(new StreamableHTTPClientTransport(new URL(`${url}/mcp`)));
  const rest = `${url}/api/v1`;
  const json = async <T>(path: string): Promise<T[]> => (await (await fetch(rest + path)).json()) as T[];
  const applications: Application[] = [];
  for (const { id } of await json<{ id: string }>('/applications')) {
    const stages = await json<{ stageId: number }>(`/applications/${id}/stages`);
    const executions = await json<{ id: number }>(`/applications/${id}/sql?length=1000`);
    applications.push({
      id,
      stages: stages.map(({ stageId }) => stageId),
      executions: executions.map((one) => one.id),
    });
  }
  expect(applications.length).toBe(2);
  return {
    client,
    rest,
    applications,
    sandbox,
    spans: collector.spans,
    async stop() {
      await client.close();
      const end = finished(child);
      child.kill('SIGTERM');
      await end;
      return stderr;
    },
  };
}

async function startCollector(): Promise<{ url: string; spans: Told }> {
  const spans: Told = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    spans.push(['span', body]);
    response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, spans };
}

interface Property {
  readonly type?: string;
  readonly maximum?: number;
}
interface InputSchema {
  readonly properties?: Readonly<Record<string, Property>>;
  readonly required?: readonly string[];
}

/** Arguments for everything that a tool can be asked of an application: once as little as it takes, once with everything on. */
function argumentsFor(
  schema: InputSchema,
  application: Application,
  other: Application,
): Array<Record<string, unknown>> {
  const names = Object.keys(schema.properties ?? {});
  const required = schema.required ?? [];
  const numbers = names.some((name) => name.startsWith('stage_id'))
    ? [...application.stages, 99_999]
    : names.some((name) => name.startsWith('execution_id') && required.includes(name))
      ? [...application.executions, 99_999]
      : [0];
  return numbers.flatMap((number) => {
    const known: Record<string, unknown> = {
      app_id: application.id,
      app_id1: application.id,
      app_id2: other.id,
      stage_id: number,
      stage_id1: number,
      stage_id2: number,
      execution_id: number,
      executor_id: 'driver',
    };
    const least = Object.fromEntries(required.map((name) => [name, known[name]]));
    const most: Record<string, unknown> = { ...least };
    for (const [name, { type, maximum }] of Object.entries(schema.properties ?? {})) {
      if (type === 'boolean') most[name] = true;
      else if (/length|limit|top_n/.test(name) && maximum !== undefined) most[name] = maximum;
    }
    return [least, most];
  });
}

async function askTools({ client, applications }: Gateway): Promise<Told> {
  const told: Told = [];
  const { tools } = await client.listTools();
  expect(tools.length).toBeGreaterThan(20);
  for (const [index, application] of applications.entries()) {
    const other = applications[1 - index] as Application;
    for (const { name, inputSchema } of tools) {
      for (const args of argumentsFor(inputSchema as InputSchema, application, other)) {
        const answer = await client.callTool({ name, arguments: args });
        told.push([`${name} ${JSON.stringify(args)}`, JSON.stringify(answer)]);
      }
      const lost = await client.callTool({ name, arguments: { app_id: 'no-such', server: 'no-such' } });
      told.push([name, JSON.stringify(lost)]);
    }
  }
  return told;
}

async function askResourcesAndPrompts(gateway: Gateway): Promise<Told> {
  const { client, applications } = gateway;
  const told: Told = [['resources/list', JSON.stringify(await client.listResources())]];
  for (const [index, application] of applications.entries()) {
    told.push(...(await askResources(client, application)));
    told.push(...(await askPrompts(client, application, applications[1 - index] as Application)));
  }
  return told;
}

async function askResources(client: Client, { id, stages, executions }: Application): Promise<Told> {
  const told: Told = [];
  const { resourceTemplates } = await client.listResourceTemplates();
  expect(resourceTemplates.length).toBeGreaterThan(2);
  const numbers: Readonly<Record<string, readonly number[]>> = { stage: stages, execution: executions };
  for (const { uriTemplate } of resourceTemplates) {
    const variables = [...uriTemplate.matchAll(/\{(\w+)\}/g)].map(([, name]) => name ?? '');
    for (const number of numbers[variables.at(-1) ?? ''] ?? [0]) {
      const uri = uriTemplate.replace('{id}', id).replace(/\{\w+\}/, String(number));
      told.push([uri, JSON.stringify(await client.readResource({ uri }))]);
    }
    for (const name of variables) {
      const ref = { type: 'ref/resource' as const, uri: uriTemplate };
      const completed = await client.complete({ ref, argument: { name, value: '' }, context: { arguments: { id } } });
      told.push([`complete ${uriTemplate}`, JSON.stringify(completed)]);
    }
  }
  return told;
}

/** Others tell of databases, which hold nothing that a log holds. */
const aboutApplications = ({ arguments: wanted = [] }: { arguments?: Array<{ name: string }> | undefined }): boolean =>
  wanted.some(({ name }) => name.startsWith('app_'));

async function askPrompts(client: Client, { id }: Application, other: Application): Promise<Told> {
  const told: Told = [];
  const { prompts } = await client.listPrompts();
  expect(prompts.length).toBeGreaterThan(2);
  const known: Readonly<Record<string, string>> = { app_id: id, app_a: id, app_b: other.id };
  for (const { name, arguments: wanted = [] } of prompts.filter(aboutApplications)) {
    const required = wanted.filter((one) => one.required).map((one) => [one.name, known[one.name] ?? '']);
    told.push([name, JSON.stringify(await client.getPrompt({ name, arguments: Object.fromEntries(required) }))]);
  }
  return told;
}

async function askRest({ rest }: Gateway): Promise<Told> {
  const told: Told = [];
  const ask = async (path: string) => {
    const answer = await fetch(rest + path);
    const body = await answer.text();
    told.push([path, body]);
    return { status: answer.status, body };
  };
  const listed = JSON.parse((await ask('/applications')).body) as Parameters<typeof addressesOf>[1][];
  for (const application of listed) {
    for (const { path } of await addressesOf(ask, application, undefined)) await ask(path);
  }
  return told;
}

/** Every text in the data folder: files as they are, rows of the store, and what is compressed in these. */
async function readKept({ sandbox }: Gateway): Promise<Told> {
  const files = await readdir(sandbox.home, { recursive: true, withFileTypes: true });
  const paths = files.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const told: Told = [];
  for (const path of paths) told.push([path, (await readFile(path)).toString('latin1')]);
  return [...told, ...readRows(join(sandbox.home, 'headgate.db'))];
}

function readRows(path: string): Told {
  const store = new DatabaseSync(path, { readOnly: true });
  const tables = store.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").all();
  const told = tables.flatMap(({ name }): Told => {
    const values = store
      .prepare(`SELECT * FROM "${String(name)}"`)
      .all()
      .flatMap(Object.values);
    return values.flatMap((value: unknown): Told => {
      return value instanceof Uint8Array
        ? uncompressed(String(name), Buffer.from(value))
        : [[String(name), String(value)]];
    });
  });
  store.close();
  return told;
}

const ZSTD = Buffer.from([0x28, 0xb5, 0x2f, 0xfd]);

function uncompressed(from: string, blob: Buffer): Told {
  const told: Told = [[from, blob.toString('utf8')]];
  for (let at = blob.indexOf(ZSTD); at !== -1; at = blob.indexOf(ZSTD, at + 1)) {
    const frame = Buffer.from(zstdDecompressSync(blob.subarray(at)));
    told.push([from, frame.toString('utf8')], [from, frame.toString('utf16le')]);
  }
  return told;
}

/** Entries of a zip, decoded where they are zstd. */
async function unzip(bytes: Buffer): Promise<Map<string, string>> {
  const entries = new Map<string, string>();
  const zip = await new Promise<import('yauzl').ZipFile>((resolve, reject) =>
    fromBuffer(bytes, { lazyEntries: false }, (error, file) => (error ? reject(error) : resolve(file))),
  );
  const reading: Array<Promise<void>> = [];
  zip.on('entry', (entry: import('yauzl').Entry) => {
    reading.push(
      new Promise((resolve, reject) =>
        zip.openReadStream(entry, async (error, stream) => {
          if (error) return reject(error);
          const chunks: Buffer[] = [];
          for await (const chunk of stream) chunks.push(chunk as Buffer);
          entries.set(entry.fileName, Buffer.concat(chunks).toString('utf8'));
          resolve();
        }),
      ),
    );
  });
  await new Promise((resolve) => zip.once('end', resolve));
  await Promise.all(reading);
  return entries;
}

describe.each(LEVELS)('at the level %s', (level) => {
  it('no face tells what the level masks [privacy.every-face] [privacy.before-result-store-trace] [privacy.rest-masked-as-spark]', async () => {
    const gateway = await start(level);
    expectKept(level, await askTools(gateway), { literals: true, identities: true });
    expectKept(level, await askResourcesAndPrompts(gateway), { literals: true, identities: true });
    expectKept(level, await askRest(gateway), { literals: true, identities: true });
    const stderr = await gateway.stop();
    expectKept(level, await readKept(gateway), { literals: true, identities: true });
    // Neither logs nor traces tell anything of an application, whatever the level.
    expectKept('identities', [['stderr', stderr], ...gateway.spans], { literals: false, identities: false });
    expect(gateway.spans.length).toBeGreaterThan(0);
  });

  it('the zip of event logs is masked alike, or refused [privacy.logs-refused] [privacy.logs-masked-alike]', async () => {
    const gateway = await start(level);
    for (const { id } of gateway.applications) {
      const answer = await fetch(`${gateway.rest}/applications/${id}/logs`);
      if (level !== 'secrets') {
        expect(answer.status).toBe(403);
        expect(await answer.text()).toContain('redact: secrets');
        continue;
      }
      expect(answer.status).toBe(200);
      const entries = [...(await unzip(Buffer.from(await answer.arrayBuffer())))];
      expect(found(entries, SECRET)).toEqual([]);
      expect(found(entries, /"spark\.my\.password":"\*{9}\(redacted\)"/g)).not.toEqual([]);
      expect(found(entries, LITERAL)).not.toEqual([]);
    }
    await gateway.stop();
  });

  it('the command line tells no more [privacy.every-face]', async () => {
    const sandbox = await Sandbox.create();
    onTestFinished(() => sandbox.remove());
    const told: Told = [];
    for (const args of [
      ['analyze', LOGS],
      ['analyze', LOGS, '--json'],
    ]) {
      const { exitCode, stdout, stderr } = await sandbox.run(args, { env: { HEADGATE_REDACT: level } });
      expect(exitCode).toBe(0);
      told.push([args.join(' '), stdout + stderr]);
    }
    expectKept(level, told, { literals: true, identities: true });
  });
});
