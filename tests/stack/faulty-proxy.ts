import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A request as it passes. */
export interface Passing {
  readonly method: string;
  /** Path and query. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** How often this method and URL came before. */
  readonly before: number;
}

/** What becomes of a request: it passes; it is answered here; its body is cut after so many bytes; it is never answered. */
export type Fate =
  | 'pass'
  | 'hang'
  | { readonly status: number; readonly body: string; readonly headers?: Readonly<Record<string, string>> }
  | { readonly cutAfter: number };

/** A server that stands before another one and does to its requests what a test wants. */
export interface FaultyProxy {
  /** `http://127.0.0.1:PORT`. */
  readonly url: string;
  /** Every request since the last `forget`. */
  readonly requests: Passing[];
  /** Decides about each request from now on. */
  decide(fate: (passing: Passing) => Fate | Promise<Fate>): void;
  /** Most requests that were open at once since the last `forget`. */
  mostAtOnce(): number;
  forget(): void;
  stop(): Promise<void>;
}

/** Starts a proxy before `target` on a free loopback port. Everything passes until a test decides otherwise. */
export async function startFaultyProxy(target: string): Promise<FaultyProxy> {
  const requests: Passing[] = [];
  let fate: (passing: Passing) => Fate | Promise<Fate> = () => 'pass';
  const open = { now: 0, most: 0 };
  const server = createServer(async (incoming, answer) => {
    open.now += 1;
    open.most = Math.max(open.most, open.now);
    answer.once('close', () => {
      open.now -= 1;
    });
    const { method = '', url = '', headers } = incoming;
    const before = requests.filter((one) => one.method === method && one.url === url).length;
    const passing = { method, url, headers, before };
    requests.push(passing);
    const decided = await fate(passing);
    if (decided === 'hang') return;
    if (decided === 'pass') forward(target, incoming, answer, Number.POSITIVE_INFINITY);
    else if ('cutAfter' in decided) forward(target, incoming, answer, decided.cutAfter);
    else answer.writeHead(decided.status, { ...decided.headers }).end(decided.body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    decide: (next) => {
      fate = next;
    },
    mostAtOnce: () => open.most,
    forget: () => {
      requests.length = 0;
      open.most = open.now;
      fate = () => 'pass';
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function forward(target: string, incoming: IncomingMessage, answer: ServerResponse, limit: number): void {
  const { method, url, headers } = incoming;
  const upstream = request(new URL(url ?? '/', target), { method, headers }, (received) => {
    answer.writeHead(received.statusCode ?? 502, received.headers);
    let left = limit;
    received.on('data', (bytes: Buffer) => {
      answer.write(bytes.subarray(0, left));
      left -= bytes.length;
      if (left <= 0) answer.destroy();
    });
    received.on('end', () => answer.end());
  });
  upstream.on('error', () => answer.destroy());
  incoming.pipe(upstream);
}
