import { chmod, mkdir, unlink } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { dirname } from 'node:path';
import type { Channel } from '../channel.ts';
import { duckdbFault } from '../fault.ts';
import { type Frame, PROTOCOL, receiveFrames, sendFrame } from './frames.ts';

/** The owner's door for other processes. */
export interface Door {
  /** Takes nobody new in, waits until those inside are done, at most `ms`, and cuts the others off. */
  close(ms: number): Promise<void>;
}

/**
 * Serves connections of the database to other processes of this user. Only who has the file's lock may call it: a socket that is
 * there belongs to a process that died.
 */
export async function serveDatabase(
  path: string,
  openChannel: () => Promise<Channel>,
  report: (error: unknown) => void,
): Promise<Door> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
    welcome(socket, openChannel).catch((error: unknown) => {
      report(error);
      socket.destroy();
    });
  });
  await listen(server, path);
  server.on('error', report);
  return {
    async close(ms) {
      const ended = new Promise<void>((resolve) => server.close(() => resolve()));
      const late = setTimeout(() => {
        for (const socket of sockets) socket.destroy();
      }, ms);
      await ended;
      clearTimeout(late);
    },
  };
}

async function listen(server: Server, path: string): Promise<void> {
  const isPipe = path.startsWith('\\\\');
  if (!isPipe) {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    await chmod(dirname(path), 0o700);
    await unlink(path).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error;
    });
  }
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, () => {
      server.off('error', reject);
      resolve();
    });
  });
  if (!isPipe) await chmod(path, 0o600);
  // The gateway decides how long the process lives.
  server.unref();
}

async function welcome(socket: Socket, openChannel: () => Promise<Channel>): Promise<void> {
  const early: [Frame, Uint8Array][] = [];
  let channel: Channel | null = null;
  receiveFrames(socket, (frame, bytes) => {
    if (channel === null) early.push([frame, bytes]);
    else serve(socket, channel, frame, bytes);
  });
  const opened = await openChannel();
  channel = opened;
  const close = () => void opened.close();
  if (socket.destroyed) return close();
  socket.on('close', close);
  sendFrame(socket, { kind: 'hello', protocol: PROTOCOL, pid: process.pid });
  for (const [frame, bytes] of early) serve(socket, channel, frame, bytes);
}

function serve(socket: Socket, channel: Channel, frame: Frame, bytes: Uint8Array): void {
  if (frame.kind === 'interrupt') channel.interrupt();
  if (frame.kind !== 'request') return;
  channel.request(frame.request, bytes).then(
    ({ value, bytes: answer }) => {
      if (!socket.destroyed) sendFrame(socket, { kind: 'response', value }, answer);
    },
    (error: unknown) => {
      if (!socket.destroyed) sendFrame(socket, { kind: 'fault', error: duckdbFault(error).toBody() });
    },
  );
}
