import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, rm } from 'node:fs/promises';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { type ErrorBody, HeadgateError } from '../../kernel/errors.ts';
import { bodyOf, errorOf } from '../invocation.ts';

/** What a running `headgate up` can be asked to do. */
export type FleetOrder = 'rolling-restart';

/** What it answers, a line each: what happens, then how it ended. */
interface OrderLine {
  readonly report?: string;
  readonly done?: true;
  readonly error?: ErrorBody;
}

/** Carries an order out, and tells what happens meanwhile. */
export type OrderHandler = (order: FleetOrder, report: (message: string) => void) => Promise<void>;

/** The system's limit for names of sockets is 108 bytes, on macOS 104. */
const MAX_PATH_BYTES = 100;

/** One data folder, one fleet: where it takes orders. A folder with a long name has its socket among the temporary files. */
export function socketPathOf(home: string): string {
  const path = join(home, 'run', 'up.sock');
  if (Buffer.byteLength(path) <= MAX_PATH_BYTES) return path;
  const hash = createHash('sha256').update(path).digest('hex').slice(0, 16);
  return join(tmpdir(), `headgate-${userInfo().uid}-${hash}`, 'up.sock');
}

/** Takes orders until it is closed. Errors: `failed_precondition` when a fleet runs on this data folder already. */
export async function takeOrders(home: string, handle: OrderHandler): Promise<{ close(): Promise<void> }> {
  const path = socketPathOf(home);
  // For its owner only: whoever writes to the socket commands the fleet.
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  if (await answers(path)) {
    throw new HeadgateError('failed_precondition', 'headgate up runs already on this data folder.', {
      hint: 'Stop it with headgate stop, or give this one a data folder of its own with HEADGATE_HOME.',
    });
  }
  await rm(path, { force: true });
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket)).on('error', () => socket.destroy());
    void answer(socket, handle);
  });
  server.listen(path);
  await once(server, 'listening');
  return {
    async close() {
      for (const socket of sockets) socket.end();
      await closed(server);
      await rm(path, { force: true });
    },
  };
}

async function closed(server: Server): Promise<void> {
  const end = once(server, 'close');
  server.close();
  await end;
}

async function answer(socket: Socket, handle: OrderHandler): Promise<void> {
  const tell = (line: OrderLine) => {
    if (socket.writable) socket.write(`${JSON.stringify(line)}\n`);
  };
  for await (const order of linesOf(socket)) {
    try {
      if (order !== 'rolling-restart')
        throw new HeadgateError('invalid_argument', `${JSON.stringify(order.slice(0, 50))} is no order.`);
      await handle(order, (report) => tell({ report }));
      tell({ done: true });
    } catch (error) {
      tell({ error: bodyOf(error) });
    }
    socket.end();
  }
}

/** Gives an order to the fleet that runs, and waits until it is carried out. Errors: those of the order; `not_found` when none runs; `cancelled`; `unavailable` when it ends meanwhile. */
export async function giveOrder(
  home: string,
  order: FleetOrder,
  report: (message: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const socket = await connected(socketPathOf(home));
  if (socket === null) {
    throw new HeadgateError('not_found', 'No headgate up runs on this data folder.', {
      hint: 'Start one with headgate up, or name its data folder with HEADGATE_HOME.',
    });
  }
  const interrupt = () => socket.destroy();
  signal.addEventListener('abort', interrupt, { once: true });
  socket.write(`${order}\n`);
  try {
    for await (const text of linesOf(socket)) {
      const line = JSON.parse(text) as OrderLine;
      if (line.error !== undefined) throw errorOf(line.error);
      if (line.done === true) return;
      if (line.report !== undefined) report(line.report);
    }
  } finally {
    signal.removeEventListener('abort', interrupt);
    socket.destroy();
  }
  if (signal.aborted) throw new HeadgateError('cancelled', 'Waiting was interrupted; the fleet goes on with it.');
  throw new HeadgateError('unavailable', 'headgate up ended before it was done.');
}

async function answers(path: string): Promise<boolean> {
  const socket = await connected(path);
  socket?.destroy();
  return socket !== null;
}

/** Null: nobody listens there. */
async function connected(path: string): Promise<Socket | null> {
  const socket = connect(path);
  try {
    await once(socket, 'connect');
    socket.on('error', () => socket.destroy());
    return socket;
  } catch {
    return null;
  }
}

/** Ends with the socket, however that ends: a destroyed one has no end that would be read. */
function linesOf(socket: Socket): AsyncIterable<string> {
  const lines = createInterface({ input: socket });
  socket.once('close', () => lines.close());
  return lines;
}
