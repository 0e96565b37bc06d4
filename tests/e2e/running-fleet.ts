import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { Agent, request } from 'undici';
import { firstOutput, type Sandbox } from './headgate-process.ts';

/** What `headgate up --json` prints once a request was answered. */
export interface FleetReady {
  readonly pid: number;
  readonly url: string;
  readonly mcp_url: string;
  readonly admin_url: string;
  readonly api_url: string;
  readonly replicas: readonly string[];
  readonly envoy: { readonly path: string; readonly version: string };
  readonly running: Readonly<Record<string, number>>;
  readonly warnings: readonly string[];
}

/** A fleet of a test. */
export interface RunningFleet {
  readonly ready: FleetReady;
  readonly child: ChildProcess;
  /** Everything that it and its parts logged. */
  log(): string;
  /** Ends it as Ctrl-C does; resolves to its exit code. */
  stop(): Promise<number | null>;
}

const FREE_PORTS = ['port', 'admin-port', 'first-replica-port', 'xds-port', 'api-port'].flatMap((name) => [
  `--${name}`,
  '0',
]);

/** Starts `headgate up` on free ports. */
export async function startFleet(
  sandbox: Sandbox,
  envoy: string,
  args: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
): Promise<RunningFleet> {
  const child = sandbox.spawn(
    ['up', '--json', '--envoy', envoy, '--event-logs', sandbox.eventLogs, ...FREE_PORTS, ...args],
    { env },
  );
  const lines: string[] = [];
  child.stderr?.setEncoding('utf8').on('data', (text: string) => lines.push(text));
  const ready: FleetReady = JSON.parse(await firstOutput(child, /^\}\n/m));
  return {
    ready,
    child,
    log: () => lines.join(''),
    async stop() {
      const end = once(child, 'exit');
      child.kill('SIGINT');
      const [exitCode] = await end;
      return exitCode;
    },
  };
}

/** Processes that were started with this data folder: those of a fleet, Envoy and its watchdog among them. */
export function processesOf(home: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .map(Number)
    .filter((pid) => environmentOf(pid).includes(`HEADGATE_HOME=${home}\0`));
}

function environmentOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8');
  } catch {
    return '';
  }
}

/** A stateless call of a tool: MCP 2026-07-28 needs no session. */
const CALL = JSON.stringify({
  jsonrpc: '2.0',
  id: 1,
  method: 'tools/list',
  params: {
    _meta: {
      'io.modelcontextprotocol/protocolVersion': '2026-07-28',
      'io.modelcontextprotocol/clientInfo': { name: 'load', version: '1' },
      'io.modelcontextprotocol/clientCapabilities': {},
    },
  },
});

const HEADERS = {
  'content-type': 'application/json',
  accept: 'application/json, text/event-stream',
  'mcp-protocol-version': '2026-07-28',
  'mcp-method': 'tools/list',
};

/** One call through Envoy; what it was answered with. */
export async function callOnce(url: string, dispatcher?: Agent): Promise<{ status: number; body: string }> {
  const answer = await request(url, {
    method: 'POST',
    headers: HEADERS,
    body: CALL,
    ...(dispatcher === undefined ? {} : { dispatcher }),
  });
  return { status: answer.statusCode, body: await answer.body.text() };
}

/** Calls all the time until it is stopped, from several clients at once; tells every answer that is no result. */
export function startLoad(url: string, clients = 4): { stop(): Promise<{ calls: number; failures: string[] }> } {
  const dispatcher = new Agent({ connections: clients });
  const failures: string[] = [];
  let calls = 0;
  let running = true;
  const client = async () => {
    while (running) {
      calls++;
      try {
        const { status, body } = await callOnce(url, dispatcher);
        if (status !== 200 || !body.includes('"tools"')) failures.push(`${status} ${body.slice(0, 200)}`);
      } catch (error) {
        failures.push(String(error));
      }
    }
  };
  const clientsDone = Array.from({ length: clients }, client);
  return {
    async stop() {
      running = false;
      await Promise.all(clientsDone);
      await dispatcher.close();
      return { calls, failures };
    },
  };
}
