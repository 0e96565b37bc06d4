import type { Socket } from 'node:net';
import { type ErrorBody, HeadgateError } from '../../../kernel/errors.ts';
import type { ChannelRequest } from '../channel.ts';

/** The protocol's number: processes of other numbers do not talk to one another. */
export const PROTOCOL = 1;

/** What is sent: a head in JSON, and bytes where there are some. */
export type Frame =
  | { readonly kind: 'hello'; readonly protocol: number; readonly pid: number }
  | { readonly kind: 'request'; readonly request: ChannelRequest }
  | { readonly kind: 'interrupt' }
  | { readonly kind: 'response'; readonly value: unknown }
  | { readonly kind: 'fault'; readonly error: ErrorBody };

/** Two lengths before each frame, big-endian: of the head and of the bytes. */
const LENGTHS_BYTES = 8;
/** Largest head and largest bytes of a frame: more is no frame of ours. */
const MAX_PART_BYTES = 512 * 1024 * 1024;

/** Sends a frame. Gives whether the socket takes more at once. */
export function sendFrame(socket: Socket, frame: Frame, bytes: Uint8Array = new Uint8Array()): boolean {
  const head = Buffer.from(JSON.stringify(frame));
  const lengths = Buffer.alloc(LENGTHS_BYTES);
  lengths.writeUInt32BE(head.length, 0);
  lengths.writeUInt32BE(bytes.length, 4);
  socket.write(Buffer.concat([lengths, head]));
  return bytes.length === 0 || socket.write(bytes);
}

/** Calls `receive` for each whole frame that comes. Errors go to `socket` as its error: who sends something else is cut off. */
export function receiveFrames(socket: Socket, receive: (frame: Frame, bytes: Uint8Array) => void): void {
  let parts: Buffer[] = [];
  let length = 0;
  let wanted = LENGTHS_BYTES;
  socket.on('data', (part: Buffer) => {
    parts.push(part);
    length += part.length;
    if (length < wanted) return;
    try {
      const { rest, next } = takeFrames(Buffer.concat(parts), receive);
      parts = rest.length > 0 ? [rest] : [];
      length = rest.length;
      wanted = next;
    } catch (error) {
      socket.destroy(error instanceof Error ? error : notOurs());
    }
  });
}

/** Hands over the whole frames that `bytes` begin with. Gives what is left, and how much the next frame needs. */
function takeFrames(bytes: Buffer, receive: (frame: Frame, bytes: Uint8Array) => void): { rest: Buffer; next: number } {
  let rest = bytes;
  for (;;) {
    const size = sizeOf(rest);
    if (size === null || rest.length < size) return { rest, next: size ?? LENGTHS_BYTES };
    const headEnd = LENGTHS_BYTES + rest.readUInt32BE(0);
    const frame = parseHead(rest.subarray(LENGTHS_BYTES, headEnd));
    // Arrow reads numbers in place: they begin where numbers may begin only in a buffer of their own.
    receive(frame, new Uint8Array(rest.subarray(headEnd, size)));
    rest = rest.subarray(size);
  }
}

/** Length of the frame that `bytes` begin with; null while its lengths are not there. */
function sizeOf(bytes: Buffer): number | null {
  if (bytes.length < LENGTHS_BYTES) return null;
  const [head, body] = [bytes.readUInt32BE(0), bytes.readUInt32BE(4)];
  if (head === 0 || head > MAX_PART_BYTES || body > MAX_PART_BYTES) throw notOurs();
  return LENGTHS_BYTES + head + body;
}

function parseHead(head: Buffer): Frame {
  try {
    const frame: unknown = JSON.parse(head.toString('utf8'));
    if (typeof frame === 'object' && frame !== null && 'kind' in frame) return frame as Frame;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw notOurs();
}

function notOurs(): HeadgateError {
  return new HeadgateError(
    'unavailable',
    'Something that does not speak the protocol of Headgate is at the socket of the local database.',
  );
}
