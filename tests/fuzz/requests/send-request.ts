import { connect } from 'node:net';

/** Bytes to send, and how the answer to them ends. */
export interface RawRequest {
  readonly bytes: Buffer;
  /** A stream of notices may go on for ever: it is left once it has begun. */
  readonly mayStream: boolean;
  /** What was sent is no whole request: the client closes its side, and the server may close without a word. */
  readonly isCut: boolean;
  /** The answer has no body whatever its headers say. */
  readonly isHead: boolean;
}

/** What came back. `status` is 0 where the connection was closed without an answer. */
export interface RawAnswer {
  readonly status: number;
  readonly headers: string;
  readonly body: string;
  /** How it ended: `whole`; `closed` before its end; `left`, a stream; `late`, it never ended. */
  readonly end: 'whole' | 'closed' | 'left' | 'late';
}

/** An answer that takes longer has no end: calls on small logs take milliseconds. */
const LATE_MS = 30_000;
/** How long a stream is listened to. */
const STREAM_MS = 50;

/** Sends bytes over a connection of their own, and waits for the end of the answer. */
export function sendRequest(port: number, request: RawRequest): Promise<RawAnswer> {
  const socket = connect(port, '127.0.0.1');
  const chunks: Buffer[] = [];
  return new Promise((resolve) => {
    let leaving: NodeJS.Timeout | undefined;
    const finish = (end: RawAnswer['end']) => {
      clearTimeout(late);
      clearTimeout(leaving);
      socket.destroy();
      const { status, headers, body } = partsOf(Buffer.concat(chunks));
      resolve({ status, headers, body, end });
    };
    const late = setTimeout(() => finish('late'), LATE_MS);
    socket.on('connect', () => {
      socket.write(request.bytes);
      if (request.isCut) socket.end();
    });
    socket.on('data', (chunk) => {
      chunks.push(chunk);
      const received = Buffer.concat(chunks);
      if (isWhole(received, request.isHead)) finish('whole');
      else if (
        request.mayStream &&
        leaving === undefined &&
        /\r\ncontent-type: text\/event-stream/i.test(received.toString('latin1'))
      )
        leaving = setTimeout(() => finish('left'), STREAM_MS);
    });
    // A reset is a way to close too.
    socket.on('error', () => {});
    socket.on('close', () => finish(isWhole(Buffer.concat(chunks), request.isHead) ? 'whole' : 'closed'));
  });
}

function partsOf(received: Buffer): { status: number; headers: string; body: string; headEnded: boolean } {
  // A server that was told to expect more says first that it does.
  const text = received.toString('latin1').replace(/^HTTP\/1\.1 100 Continue\r\n\r\n/, '');
  const at = text.indexOf('\r\n\r\n');
  const headers = at === -1 ? text : text.slice(0, at);
  const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(headers)?.[1] ?? 0);
  return { status, headers, body: at === -1 ? '' : text.slice(at + 4), headEnded: at !== -1 };
}

/** Whether an answer has come to its end, as its own headers tell. */
function isWhole(received: Buffer, isHead: boolean): boolean {
  const { status, headers, body, headEnded } = partsOf(received);
  if (!headEnded || status === 0) return false;
  if (isHead || status === 204 || status === 304) return true;
  const length = /\r\ncontent-length: (\d+)/i.exec(headers)?.[1];
  if (length !== undefined) return body.length >= Number(length);
  return /\r\ntransfer-encoding: chunked/i.test(headers) && body.endsWith('0\r\n\r\n');
}
