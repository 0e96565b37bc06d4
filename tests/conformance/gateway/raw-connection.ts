import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

/** A TCP connection that a test writes to byte by byte. It ends with the test. */
export interface RawConnection {
  readonly socket: Socket;
  /** Everything that came back so far. */
  received(): string;
  /** Resolves to everything that came back once the other side has closed. */
  readonly closed: Promise<string>;
  /** Resolves once what came back contains the text, or there is nothing more to come. */
  until(text: string | RegExp): Promise<string>;
}

/** Connects to the server of a URL. */
export async function openRaw(url: string): Promise<RawConnection> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  onTestFinished(() => void socket.destroy());
  let received = '';
  socket.on('data', (chunk: Buffer) => {
    received += chunk.toString('latin1');
  });
  // A reset is a way to close too.
  socket.on('error', () => {});
  const closed = new Promise<string>((resolve) => {
    socket.once('close', () => resolve(received));
  });
  await once(socket, 'connect');
  return {
    socket,
    received: () => received,
    closed,
    async until(text) {
      while (!(typeof text === 'string' ? received.includes(text) : text.test(received)) && !socket.destroyed) {
        const more = new Promise<void>((resolve) => {
          socket.once('data', () => resolve());
        });
        await Promise.race([more, closed]);
      }
      return received;
    },
  };
}

/** Sends a body chunk by chunk until the other side has had enough, and returns the bytes that were sent. */
export async function sendUntilRefused({ socket, closed }: RawConnection, totalBytes: number): Promise<number> {
  const piece = Buffer.alloc(64 * 1024, 'x');
  let sent = 0;
  while (sent < totalBytes && !socket.destroyed && socket.writable) {
    const goesOn = socket.write(`${piece.length.toString(16)}\r\n`) && socket.write(piece) && socket.write('\r\n');
    sent += piece.length;
    const drained = new Promise<void>((resolve) => {
      if (goesOn) setImmediate(resolve);
      else socket.once('drain', resolve);
    });
    await Promise.race([drained, closed]);
  }
  return sent;
}
