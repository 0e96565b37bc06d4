import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createHttp2Server, type Http2ServerRequest, type Http2ServerResponse } from 'node:http2';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo, Server, Socket } from 'node:net';

/** A request as it reached an upstream. */
export interface Seen {
  /** Name of the upstream: an answer that nobody scripted says it. */
  readonly server: string;
  /** Of HTTP: `1.1`, `2.0`. */
  readonly version: string;
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** How an upstream answers. Whoever does not end the response lets the client wait. */
export type Answer = (seen: Seen, response: ServerResponse) => void;

/** An HTTP server of a test, which says what it got, and can be told to do otherwise at any time. */
export interface ScriptedUpstream {
  readonly name: string;
  readonly port: number;
  /** `127.0.0.1:PORT`. */
  readonly address: string;
  /** All requests but those for `/ready`. */
  readonly seen: Seen[];
  /** Connections that were opened. */
  connectionCount(): number;
  /** What `/ready` says: null is no answer until `letReady`. */
  ready: boolean | null;
  /** Ready from now on; whoever waits for an answer gets it. */
  letReady(): void;
  answer: Answer;
  stop(): Promise<void>;
}

export interface UpstreamSettings {
  readonly http2?: boolean;
  readonly tls?: { readonly cert: string; readonly key: string };
}

/** Answers with what was seen. `initialize` opens an MCP session. */
export const echo: Answer = (seen, response) => {
  if (seen.body.includes('"initialize"')) response.setHeader('mcp-session-id', `session-of-${seen.server}`);
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify(seen));
};

/** Answers with a status. */
export const fail =
  (status: number): Answer =>
  (seen, response) => {
    response.statusCode = status;
    response.end(JSON.stringify(seen));
  };

/** Starts an upstream on 127.0.0.1. */
export async function startUpstream(name: string, settings: UpstreamSettings = {}): Promise<ScriptedUpstream> {
  const sockets = new Set<Socket>();
  const seen: Seen[] = [];
  const asking: ServerResponse[] = [];
  let connections = 0;
  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    if (request.url === '/ready') {
      if (upstream.ready === null) {
        asking.push(response);
        return;
      }
      response.statusCode = upstream.ready ? 200 : 503;
      response.end();
      return;
    }
    const one = await read(name, request);
    seen.push(one);
    upstream.answer(one, response);
  };
  const server = listenerOf(settings, (request, response) => {
    // What a client breaks off is nothing that a test waits for.
    handle(request, response).catch(() => response.destroy());
  });
  server.on('connection', (socket: Socket) => {
    connections += 1;
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const upstream: ScriptedUpstream = {
    name,
    port,
    address: `127.0.0.1:${port}`,
    seen,
    connectionCount: () => connections,
    ready: true,
    letReady() {
      upstream.ready = true;
      for (const response of asking.splice(0)) response.end();
    },
    answer: echo,
    async stop() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return upstream;
}

type Handle = (request: IncomingMessage, response: ServerResponse) => void;

function listenerOf({ http2 = false, tls }: UpstreamSettings, handle: Handle): Server {
  if (tls !== undefined) return createHttpsServer(tls, handle);
  if (!http2) return createServer({ keepAliveTimeout: 60_000 }, handle);
  return createHttp2Server((request: Http2ServerRequest, response: Http2ServerResponse) =>
    handle(request as unknown as IncomingMessage, response as unknown as ServerResponse),
  );
}

async function read(server: string, request: IncomingMessage): Promise<Seen> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return {
    server,
    version: request.httpVersion,
    method: request.method ?? '',
    path: request.url ?? '',
    headers: request.headers as Record<string, string>,
    body: Buffer.concat(chunks).toString(),
  };
}
