import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A relay before a TCP server that a test can cut. */
export interface TcpProxy {
  readonly port: number;
  /** Connections so far. */
  connections(): number;
  /** Bytes that went back to clients so far. */
  bytes(): number;
  /** Cuts every connection that carried this many bytes back to its client; each once. */
  cutAfter(bytes: number): void;
  /** Cuts all connections now. */
  cut(): void;
  stop(): Promise<void>;
}

/** Starts a relay to a loopback port on a free one. */
export async function startTcpProxy(targetPort: number): Promise<TcpProxy> {
  const open = new Set<Socket>();
  let limit = Number.POSITIVE_INFINITY;
  let connections = 0;
  let bytes = 0;
  const server = createServer((client) => {
    connections += 1;
    let carried = 0;
    const upstream = connect(targetPort, '127.0.0.1');
    const close = () => {
      client.destroy();
      upstream.destroy();
      open.delete(client);
    };
    open.add(client);
    for (const socket of [client, upstream]) socket.on('error', close).on('close', close);
    client.pipe(upstream);
    upstream.on('data', (chunk: Buffer) => {
      carried += chunk.length;
      bytes += chunk.length;
      if (carried >= limit) close();
      else if (!client.write(chunk)) {
        upstream.pause();
        client.once('drain', () => upstream.resume());
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const cut = () => {
    for (const client of open) client.destroy();
  };
  return {
    port: (server.address() as AddressInfo).port,
    connections: () => connections,
    bytes: () => bytes,
    cutAfter: (after) => {
      limit = after;
    },
    cut,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        cut();
      }),
  };
}
