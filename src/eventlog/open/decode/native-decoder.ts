import { createInflateRaw, createZstdDecompress } from 'node:zlib';
import { HeadgateError } from '../../../kernel/errors.ts';

/** The native context behind a stream of node:zlib, which Node's own sync functions drive in this way. Tried on Node 22, 24 and 26. */
interface ZlibHandle {
  writeSync(
    flush: number,
    input: Uint8Array,
    inputAt: number,
    inputLength: number,
    output: Uint8Array,
    outputAt: number,
    outputLength: number,
  ): void;
  reset(): void;
  onerror: (message: string) => void;
}

interface ZlibStream {
  readonly _handle?: unknown;
  readonly _writeState?: unknown;
  close(): void;
}

interface Context {
  readonly stream: ZlibStream;
  readonly handle: ZlibHandle;
  readonly state: Uint32Array;
}

/** `Z_NO_FLUSH` and `ZSTD_e_continue`. */
const CONTINUE = 0;

/**
 * One decoding context of node:zlib, driven step by step into the caller's memory.
 *
 * Spark's zstd logs hold thousands of frames of a few KB. The public functions allocate for each and stop after the first;
 * over 16 KB frames `zstdDecompressSync` reaches 0.3 to 0.5 GB/s, a stream 0.3 GB/s, one context driven on 1.8 GB/s.
 */
export class NativeDecoder {
  /** Input bytes that the last step took. */
  consumed = 0;
  /** Output bytes that the last step wrote. Output that a failing step wrote is not counted. */
  produced = 0;
  /** What went wrong in the last step, or null. The decoder must be reset after an error. */
  error: string | null = null;

  readonly #open: () => ZlibStream;
  #context: Context;
  #failed = false;

  private constructor(open: () => ZlibStream) {
    this.#open = open;
    this.#context = this.#start();
  }

  #start(): Context {
    const stream = this.#open();
    const { _handle: handle, _writeState: state } = stream;
    if (!isHandle(handle) || !(state instanceof Uint32Array) || state.length !== 2) {
      throw new HeadgateError('failed_precondition', `Node ${process.version} has another zlib than Headgate knows.`, {
        hint: 'Run Headgate on Node 24: its launcher finds the one that was installed with it.',
      });
    }
    handle.onerror = (message) => {
      this.error = message;
      this.#failed = true;
    };
    return { stream, handle, state };
  }

  /** Decodes zstd frames one after another; a step may end with its frame. Windows over 128 MB are refused. */
  static zstd(): NativeDecoder {
    return new NativeDecoder(() => createZstdDecompress({ chunkSize: 64 }) as ZlibStream);
  }

  /** Decodes one deflate stream, e.g. of a gzip member. At its end a step takes and writes nothing. */
  static deflate(): NativeDecoder {
    return new NativeDecoder(() => createInflateRaw({ chunkSize: 64 }) as ZlibStream);
  }

  /** Decodes input[at, end) into `output` from `outputAt` until either is used up. Sets `consumed`, `produced`, `error`. */
  step(input: Uint8Array, at: number, end: number, output: Uint8Array, outputAt: number): void {
    const room = output.length - outputAt;
    this.error = null;
    const { handle, state } = this.#context;
    handle.writeSync(CONTINUE, input, at, end - at, output, outputAt, room);
    const failed = this.error !== null;
    this.produced = failed ? 0 : room - (state[0] ?? 0);
    this.consumed = failed ? 0 : end - at - (state[1] ?? 0);
  }

  /** Makes ready for a new frame or stream. */
  reset(): void {
    this.error = null;
    if (!this.#failed) {
      this.#context.handle.reset();
      return;
    }
    // A zstd context keeps reporting its first error after a reset.
    this.close();
    this.#failed = false;
    this.#context = this.#start();
  }

  close(): void {
    this.#context.stream.close();
  }
}

function isHandle(handle: unknown): handle is ZlibHandle {
  if (typeof handle !== 'object' || handle === null) return false;
  const members = handle as Partial<Record<keyof ZlibHandle, unknown>>;
  return typeof members.writeSync === 'function' && typeof members.reset === 'function' && 'onerror' in members;
}
