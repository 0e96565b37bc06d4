import type { ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { finished, firstOutput, REPOSITORY, Sandbox } from '../../e2e/headgate-process.ts';
import type { RequestSurface } from './request-surface.ts';

/** Recordings that it serves: small ones, of one stage and of many, whole and in progress. */
const RECORDINGS = [
  '4.3/first-look-none',
  '4.3/failed-udf',
  '4.3/in-progress-zstd',
  '3.5/lost-executor',
  '3.5/first-look-lzf',
];
const TOKEN = 'hg_fuzz-0123456789';
/** Sessions that requests of the older eras are sent into. */
const SESSIONS = 4;
/** What the process may hold of objects; a leak ends it. MiB. */
const HEAP_MIB = 256;

/** A gateway in a process of its own, over a few recorded logs. */
export class FuzzedServer {
  readonly port: number;
  readonly url: string;
  readonly surface: RequestSurface;
  readonly #child: ChildProcess;
  readonly #sandbox: Sandbox;
  readonly #log: string[];

  private constructor(parts: {
    url: string;
    surface: RequestSurface;
    child: ChildProcess;
    sandbox: Sandbox;
    log: string[];
  }) {
    this.url = parts.url;
    this.port = Number(new URL(parts.url).port);
    this.surface = parts.surface;
    this.#child = parts.child;
    this.#sandbox = parts.sandbox;
    this.#log = parts.log;
  }

  static async start({ withToken }: { readonly withToken: boolean }): Promise<FuzzedServer> {
    const sandbox = await Sandbox.create();
    for (const id of RECORDINGS)
      await cp(join(REPOSITORY, 'tests', 'fixtures', 'spark', id), sandbox.eventLogs, { recursive: true });
    const sha256 = createHash('sha256').update(TOKEN).digest('hex');
    const auth = `auth:\n  tokens:\n    - { name: fuzz, sha256: ${sha256}, scopes: [read] }\n`;
    const file = join(sandbox.folder, 'headgate.yaml');
    await writeFile(file, `${withToken ? auth : ''}log_level: error\n`);
    const child = sandbox.spawn(
      ['serve', '--port', '0', '--json', '--config', file, '--event-logs', sandbox.eventLogs],
      {
        env: { NODE_OPTIONS: `--max-old-space-size=${HEAP_MIB}` },
      },
    );
    const log: string[] = [];
    child.stderr?.on('data', (text: Buffer | string) => log.push(String(text)));
    const { url } = JSON.parse(await firstOutput(child, /^\}\n/m)) as { url: string };
    const token = withToken ? TOKEN : null;
    const surface = await surfaceOf(url, token);
    return new FuzzedServer({ url, surface, child, sandbox, log });
  }

  /** What it wrote to its log. */
  get log(): string {
    return this.#log.join('');
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  async get(path: string): Promise<Response> {
    return fetch(new URL(path, this.url), { headers: headersOf(this.surface.token) });
  }

  /** Memory of the process, bytes. */
  async memoryBytes(): Promise<number> {
    const text = await (await this.get('/metrics')).text();
    const found = /^process_resident_memory_bytes (\S+)$/m.exec(text)?.[1];
    if (found === undefined) throw new Error(`/metrics tells no memory: ${text.slice(0, 200)}`);
    return Number(found);
  }

  /** Ends the process as a supervisor does. Resolves with its exit code. */
  async stop(): Promise<number | null> {
    const end = finished(this.#child);
    this.#child.kill('SIGTERM');
    const { exitCode } = await end;
    return exitCode;
  }

  remove(): Promise<void> {
    return this.#sandbox.remove();
  }
}

const headersOf = (token: string | null): Record<string, string> =>
  token === null ? {} : { Authorization: `Bearer ${token}` };

async function surfaceOf(url: string, token: string | null): Promise<RequestSurface> {
  const ask = async (path: string): Promise<unknown> =>
    (await fetch(new URL(path, url), { headers: headersOf(token) })).json();
  const applications = (await ask('/api/v1/applications')) as Array<{ id: string }>;
  const { tools } = (await ask('/api/v1/tools')) as {
    tools: Array<{ name: string; input_schema: { properties?: Record<string, unknown> } }>;
  };
  const sessions = await Promise.all(Array.from({ length: SESSIONS }, () => openSession(url, token)));
  return {
    applicationIds: applications.map(({ id }) => id),
    tools: tools.map(({ name, input_schema }) => ({ name, parameters: Object.keys(input_schema.properties ?? {}) })),
    token,
    sessions,
  };
}

async function openSession(url: string, token: string | null): Promise<string> {
  const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'fuzz', version: '1' } };
  const response = await fetch(new URL('/mcp', url), {
    method: 'POST',
    headers: {
      'Content-Type': 'application/json',
      Accept: 'application/json, text/event-stream',
      ...headersOf(token),
    },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'initialize', params }),
  });
  await response.text();
  const session = response.headers.get('mcp-session-id');
  if (session === null) throw new Error(`initialize was answered ${response.status} without a session`);
  return session;
}
