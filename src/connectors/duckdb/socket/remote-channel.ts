import { connect, type Socket } from 'node:net';
import { HeadgateError } from '../../../kernel/errors.ts';
import type { Channel, ChannelRequest, ChannelResponse } from '../channel.ts';
import { type Frame, PROTOCOL, receiveFrames, sendFrame } from './frames.ts';

/** How long the owner may take to say who it is. Milliseconds. */
const HELLO_MS = 5_000;

/** Reaches the process that owns the file. Null when there is none: nobody listens, or what listens went away. */
export async function openRemoteChannel(path: string): Promise<RemoteChannel | null> {
  const socket = await connected(path);
  return socket === null ? null : RemoteChannel.open(socket);
}

/** True when a process serves the database. */
export async function isServed(path: string): Promise<boolean> {
  const socket = await connected(path);
  socket?.destroy();
  return socket !== null;
}

function connected(path: string): Promise<Socket | null> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => resolve(socket));
    socket.once('error', () => {
      socket.destroy();
      resolve(null);
    });
  });
}

interface Waiting {
  readonly resolve: (response: ChannelResponse) => void;
  readonly reject: (error: HeadgateError) => void;
}

/** A connection of DuckDB in the process that owns the file: a socket each, a request at a time. */
class RemoteChannel implements Channel {
  readonly #socket: Socket;
  readonly #waiting: Waiting[] = [];
  #hello: ((protocol: number | null) => void) | null = null;
  #gone = false;
  #closed = false;

  private constructor(socket: Socket) {
    this.#socket = socket;
    receiveFrames(socket, (frame, bytes) => this.#receive(frame, bytes));
    socket.on('error', () => undefined);
    socket.on('close', () => this.#lose());
  }

  /** Waits for the owner's greeting. Errors: `failed_precondition` for an owner of another version. */
  static async open(socket: Socket): Promise<RemoteChannel | null> {
    const channel = new RemoteChannel(socket);
    const protocol = await channel.#greeting();
    if (protocol === PROTOCOL) return channel;
    socket.destroy();
    if (protocol === null) return null;
    throw new HeadgateError('failed_precondition', 'Another version of Headgate owns the local database.', {
      hint: 'Restart the other gateways of this data folder, so that all are of one version.',
      details: { protocol, expected: PROTOCOL },
    });
  }

  request(request: ChannelRequest, bytes?: Uint8Array): Promise<ChannelResponse> {
    if (this.#gone) return Promise.reject(ownerGone());
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      sendFrame(this.#socket, { kind: 'request', request }, bytes);
    });
  }

  interrupt(): void {
    if (!this.#gone) sendFrame(this.#socket, { kind: 'interrupt' });
  }

  close(): Promise<void> {
    if (this.#closed || this.#gone) return Promise.resolve();
    this.#closed = true;
    return new Promise((resolve) => {
      this.#socket.once('close', () => resolve());
      // What runs still is ended by the owner when the socket closes.
      this.#socket.destroy();
    });
  }

  #greeting(): Promise<number | null> {
    return new Promise((resolve) => {
      const late = setTimeout(() => resolve(null), HELLO_MS);
      this.#hello = (protocol) => {
        clearTimeout(late);
        resolve(protocol);
      };
    });
  }

  #receive(frame: Frame, bytes: Uint8Array): void {
    if (frame.kind === 'hello') this.#hello?.(frame.protocol);
    else if (frame.kind === 'response') this.#waiting.shift()?.resolve({ value: frame.value, bytes });
    else if (frame.kind === 'fault') {
      const { code, message, hint, details } = frame.error;
      const more = { ...(hint === undefined ? {} : { hint }), ...(details === undefined ? {} : { details }) };
      this.#waiting.shift()?.reject(new HeadgateError(code, message, more));
    }
  }

  #lose(): void {
    this.#gone = true;
    this.#hello?.(null);
    for (const { reject } of this.#waiting.splice(0)) reject(ownerGone());
  }
}

function ownerGone(): HeadgateError {
  return new HeadgateError(
    'aborted',
    'The process that owned the local database ended; what was not committed is undone.',
    {
      hint: 'Repeat the call: another process takes the database over.',
      details: { owner_gone: true },
    },
  );
}
