/** The Python MCP server for PostgreSQL that queries are measured beside: PyPI `postgres-mcp`, by SSE, which is what its release speaks over HTTP. */
import { spawn } from 'node:child_process';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { request } from 'undici';
import { runChecked } from '../../tests/stack/command.ts';
import { installPythonEnvironment } from '../../tests/stack/python-environment.ts';

const FOLDER = fileURLToPath(new URL('../../.cache/postgres-mcp/environment', import.meta.url));
const VERSION = '0.3.0';
const REQUIREMENTS = [
  'mcp[cli]==1.26.0',
  'psycopg[binary]',
  'psycopg-pool',
  'pglast==7.20',
  'humanize',
  'attrs',
  'instructor',
  'typing-extensions',
];

/** Installs the peer for Python 3.11, where it asks for 3.12 and one name of its `typing`. Returns its command. */
export async function installPeer(): Promise<string> {
  const python = await installPythonEnvironment(FOLDER, REQUIREMENTS);
  const folder = dirname(python);
  if (!readdirSync(folder).includes('postgres-mcp')) {
    const args = [
      '-m',
      'pip',
      'install',
      '--quiet',
      '--no-deps',
      '--ignore-requires-python',
      `postgres-mcp==${VERSION}`,
    ];
    await runChecked(python, args, { timeoutMs: 600_000 });
    const library = join(folder, '..', 'lib');
    const site = join(library, readdirSync(library)[0] ?? '', 'site-packages');
    mkdirSync(site, { recursive: true });
    const shim = 'import typing, typing_extensions\ntyping.override = typing_extensions.override\n';
    writeFileSync(join(site, 'sitecustomize.py'), shim);
  }
  return join(folder, 'postgres-mcp');
}

/** Starts it read-only in front of a database. */
export function startPeer(command: string, databaseUrl: string, port: number) {
  const args = ['--access-mode=restricted', '--transport=sse', `--sse-port=${port}`, databaseUrl];
  return spawn(command, args, { stdio: 'ignore' });
}

/** One client of a server that speaks MCP over SSE: requests go by POST, answers come on one stream. */
export class SseClient {
  readonly #waiting = new Map<number, (body: string) => void>();
  readonly #url: string;
  #endpoint = '';
  #id = 0;

  constructor(url: string) {
    this.#url = url;
  }

  /** Opens the stream and a session. */
  async open(): Promise<void> {
    const { body } = await request(`${this.#url}/sse`, { headersTimeout: 0, bodyTimeout: 0 });
    let gather = '';
    const endpoint = new Promise<void>((resolve) => {
      body.on('data', (chunk: Buffer) => {
        gather += chunk.toString('utf8').replaceAll('\r\n', '\n');
        for (let end = gather.indexOf('\n\n'); end >= 0; end = gather.indexOf('\n\n')) {
          const event = gather.slice(0, end);
          gather = gather.slice(end + 2);
          const text = /^data: (.*)$/m.exec(event)?.[1] ?? '';
          if (event.includes('event: endpoint')) {
            this.#endpoint = text;
            resolve();
          } else this.#take(text);
        }
      });
      body.on('error', () => undefined);
    });
    await endpoint;
    const clientInfo = { name: 'bench', version: '1' };
    await this.call('initialize', { protocolVersion: '2024-11-05', capabilities: {}, clientInfo });
    await this.#post({ method: 'notifications/initialized' });
  }

  /** Asks, and gives the answer as text. */
  async call(method: string, params: Record<string, unknown>): Promise<string> {
    const id = ++this.#id;
    const answer = new Promise<string>((resolve) => this.#waiting.set(id, resolve));
    await this.#post({ id, method, params });
    return answer;
  }

  #take(text: string): void {
    const id = Number(/"id":(\d+)/.exec(text)?.[1]);
    this.#waiting.get(id)?.(text);
    this.#waiting.delete(id);
  }

  async #post(message: Record<string, unknown>): Promise<void> {
    const { body } = await request(`${this.#url}${this.#endpoint}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ jsonrpc: '2.0', ...message }),
    });
    await body.dump();
  }
}
