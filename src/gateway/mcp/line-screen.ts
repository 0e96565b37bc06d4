import { isUtf8 } from 'node:buffer';
import { Transform, type TransformCallback } from 'node:stream';
import { ProtocolErrorCode, parseJSONRPCMessage } from '@modelcontextprotocol/server';
import { isNestedTooDeep, MAX_NESTING } from '../calls/nesting.ts';

/** Longest message without its newline, in bytes: the SDK's own limit. */
export const MAX_LINE_BYTES = 10 * 1024 * 1024;

const NEWLINE = 0x0a;

/** What is wrong with a line. */
export interface Refusal {
  readonly code: ProtocolErrorCode;
  readonly message: string;
  /** That of the request when it can be read, else null (JSON-RPC 2.0, section 5). */
  readonly id: string | number | null;
  /** False for what is meant as a response: answering one could go on for ever. */
  readonly answered: boolean;
}

/**
 * Passes on the lines that are JSON-RPC messages, one a chunk, and tells of every other: the SDK drops those without a
 * word, and ends the connection at a line that is too long. Blank lines are left out. What `refuse` returns is awaited.
 */
export class LineScreen extends Transform {
  readonly #refuse: (refusal: Refusal) => Promise<void>;
  #parts: Buffer[] = [];
  #length = 0;
  /** Inside a line that was refused for its length. */
  #skipping = false;

  constructor(refuse: (refusal: Refusal) => Promise<void>) {
    super({ readableObjectMode: true });
    this.#refuse = refuse;
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.#take(chunk).then(() => done(), done);
  }

  override _flush(done: TransformCallback): void {
    this.#endLine().then(() => done(), done);
  }

  async #take(chunk: Buffer): Promise<void> {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
      await this.#add(chunk.subarray(start, end));
      await this.#endLine();
      start = end + 1;
    }
    await this.#add(chunk.subarray(start));
  }

  async #add(part: Buffer): Promise<void> {
    if (this.#skipping || part.length === 0) return;
    this.#parts.push(part);
    this.#length += part.length;
    if (this.#length <= MAX_LINE_BYTES) return;
    this.#forget();
    this.#skipping = true;
    await this.#refuse(
      refusal(ProtocolErrorCode.InvalidRequest, `The message is longer than ${MAX_LINE_BYTES} bytes.`),
    );
  }

  async #endLine(): Promise<void> {
    const line = Buffer.concat([...this.#parts, Buffer.of(NEWLINE)], this.#length + 1);
    this.#forget();
    this.#skipping = false;
    const wrong = check(line);
    if (wrong === 'blank') return;
    if (wrong === null) this.push(line);
    else await this.#refuse(wrong);
  }

  #forget(): void {
    this.#parts = [];
    this.#length = 0;
  }
}

/** Null when the line is a JSON-RPC message. */
function check(line: Buffer): Refusal | 'blank' | null {
  if (!isUtf8(line)) return refusal(ProtocolErrorCode.ParseError, 'The message is not UTF-8.');
  const text = line.toString('utf8').trim();
  if (text === '') return 'blank';
  let message: unknown;
  try {
    message = JSON.parse(text);
  } catch {
    return refusal(ProtocolErrorCode.ParseError, 'The message is not JSON: send one message a line.');
  }
  if (Array.isArray(message)) {
    return refusal(ProtocolErrorCode.InvalidRequest, 'Batches are not supported: send one message a line.');
  }
  if (isNestedTooDeep(message)) {
    const wrong = `The message is nested deeper than ${MAX_NESTING} levels.`;
    return refusal(ProtocolErrorCode.InvalidRequest, wrong, message);
  }
  try {
    parseJSONRPCMessage(message);
    return null;
  } catch {
    return refusal(ProtocolErrorCode.InvalidRequest, 'The message is not a JSON-RPC 2.0 message.', message);
  }
}

function refusal(code: ProtocolErrorCode, message: string, said?: unknown): Refusal {
  const { method, id, result, error } = Object(said) as Record<string, unknown>;
  const isResponse = method === undefined && (result !== undefined || error !== undefined);
  // Without a method the id may be that of a request of ours, which is none of the client's.
  const isOwnId = typeof method === 'string' && (typeof id === 'string' || Number.isInteger(id));
  return { code, message, id: isOwnId ? (id as string | number) : null, answered: !isResponse };
}
