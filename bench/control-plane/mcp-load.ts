import { performance } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import { Client } from 'undici';

/** Tool that every server has and that does little. */
const TOOL = 'list_applications';
/** A call that takes longer is a failure: the slowest one of a busy machine takes a fraction. Milliseconds. */
const TIMEOUT_MS = 30_000;
const ACCEPT = 'application/json, text/event-stream';
const CLIENT_INFO = { name: 'bench', version: '1' };

/** How a client speaks MCP: of 2026-07-28 without sessions, of 2025-11-25 with one. */
export type Revision = '2026-07-28' | '2025-11-25';

/** A call that was not answered as it should be. */
export interface Failure {
  /** When it began and ended, `performance.now()`. */
  readonly began: number;
  readonly ended: number;
  /** Status and body, or the error of the connection. */
  readonly cause: string;
}

/** One client on one connection that is kept. */
export class McpClient {
  readonly #url: URL;
  readonly #revision: Revision;
  #connection: Client;
  #session: string | null = null;
  #calls = 0;

  constructor(url: string, revision: Revision) {
    this.#url = new URL(url);
    this.#revision = revision;
    this.#connection = this.#connect();
  }

  #connect(): Client {
    return new Client(this.#url.origin, { pipelining: 1, bodyTimeout: TIMEOUT_MS, headersTimeout: TIMEOUT_MS });
  }

  /** Opens a session where the revision has them. */
  async open(): Promise<void> {
    if (this.#revision === '2026-07-28') return;
    const params = { protocolVersion: this.#revision, capabilities: {}, clientInfo: CLIENT_INFO };
    const { headers } = await this.#send({}, { id: 0, method: 'initialize', params });
    const id = headers['mcp-session-id'];
    if (typeof id !== 'string') throw new Error('The server gave no session.');
    this.#session = id;
    await this.#send({}, { method: 'notifications/initialized' });
  }

  /** Calls the tool once. Null: it was answered with a result; else what was wrong. */
  async call(): Promise<string | null> {
    const id = ++this.#calls;
    try {
      const { status, body } = await this.#send(this.#callHeaders(), {
        id,
        method: 'tools/call',
        params: this.#params(),
      });
      return status === 200 && isResult(body, id) ? null : `${status} ${body.slice(0, 300)}`;
    } catch (error) {
      return error instanceof Error
        ? `${error.name} ${(error as { code?: string }).code ?? ''} ${error.message}`
        : String(error);
    }
  }

  /** The next call opens a new connection. */
  async reconnect(): Promise<void> {
    const before = this.#connection;
    this.#connection = this.#connect();
    await before.close();
  }

  async close(): Promise<void> {
    await this.#connection.destroy();
  }

  #params(): Record<string, unknown> {
    const call = { name: TOOL, arguments: {} };
    if (this.#revision === '2025-11-25') return call;
    const about = 'io.modelcontextprotocol';
    return {
      ...call,
      _meta: {
        [`${about}/protocolVersion`]: this.#revision,
        [`${about}/clientInfo`]: CLIENT_INFO,
        [`${about}/clientCapabilities`]: {},
      },
    };
  }

  #callHeaders(): Record<string, string> {
    return this.#revision === '2026-07-28' ? { 'mcp-method': 'tools/call', 'mcp-name': TOOL } : {};
  }

  async #send(more: Record<string, string>, message: Record<string, unknown>) {
    const { statusCode, headers, body } = await this.#connection.request({
      path: this.#url.pathname,
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: ACCEPT,
        'mcp-protocol-version': this.#revision,
        ...(this.#session === null ? {} : { 'mcp-session-id': this.#session }),
        ...more,
      },
      body: JSON.stringify({ jsonrpc: '2.0', ...message }),
    });
    return { status: statusCode, headers, body: await body.text() };
  }
}

/** A result with this id, as JSON or as the one event of a stream, that is no error of the tool. */
function isResult(body: string, id: number): boolean {
  const text = body.startsWith('{') ? body : (/^data: (\{.*\})$/m.exec(body)?.[1] ?? '{}');
  const message = JSON.parse(text) as { id?: unknown; result?: { isError?: boolean } };
  return message.id === id && message.result !== undefined && message.result.isError !== true;
}

/** How much is asked. */
export interface LoadOptions {
  readonly url: string;
  readonly clients: number;
  readonly revision?: Revision;
  /** Calls a second of all clients together; null: as many as are answered. */
  readonly rate: number | null;
  /** Calls on one connection, then the client opens another; null: it keeps the first. */
  readonly callsPerConnection: number | null;
}

/** Calls that are made all the time, until they are stopped. */
export interface Load {
  readonly calls: number;
  readonly failures: readonly Failure[];
  /** Begin (`performance.now()`) and duration of every answered call, milliseconds, pair by pair. */
  readonly answered: ReadonlyArray<readonly [began: number, took: number]>;
  stop(): Promise<void>;
}

/** Starts clients, each with one call after another. */
export function startLoad({ url, clients, revision = '2026-07-28', rate, callsPerConnection }: LoadOptions): Load {
  const failures: Failure[] = [];
  const answered: Array<readonly [number, number]> = [];
  let calls = 0;
  let running = true;
  const everyMs = rate === null ? 0 : (1000 * clients) / rate;
  const run = async (index: number) => {
    const client = new McpClient(url, revision);
    await client.open();
    let next = performance.now() + (everyMs * index) / clients;
    for (let call = 1; running; call++) {
      const early = next - performance.now();
      if (early > 0) await pause(early);
      next = Math.max(next + everyMs, performance.now() - everyMs);
      const began = performance.now();
      calls++;
      const cause = await client.call();
      const ended = performance.now();
      if (cause === null) answered.push([began, ended - began]);
      else failures.push({ began, ended, cause });
      if (callsPerConnection !== null && call % callsPerConnection === 0) await client.reconnect();
    }
    await client.close();
  };
  const done = Array.from({ length: clients }, (_, index) => run(index));
  return {
    get calls() {
      return calls;
    },
    failures,
    answered,
    async stop() {
      running = false;
      await Promise.all(done);
    },
  };
}

/** Quantile of durations; NaN of none. */
export function quantile(durations: readonly number[], part: number): number {
  const sorted = [...durations].sort((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN;
}
