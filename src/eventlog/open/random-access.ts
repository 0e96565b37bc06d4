import { readSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { isMainThread } from 'node:worker_threads';
import { ioError } from './io-error.ts';
import type { LogFile } from './log-ref.ts';

/** A file that is open for reading at any place: on a disk, or an object of a store read by ranges. */
export interface RandomAccess {
  /** As messages name it. */
  readonly path: string;
  /** When it was opened: what a running application appends later is not read. */
  readonly sizeBytes: number;
  /**
   * Reads at an offset into the whole of `into`. Resolves with how many bytes: fewer than asked for are no end, 0 is.
   * Errors: `not_found`, `permission_denied`, `unavailable`, and what a remote place adds.
   */
  readAt(offset: number, into: Uint8Array): Promise<number>;
  close(): Promise<void>;
}

/** Opens a file of a log where it is. Errors: as `readAt`. */
export type OpenFile = (file: LogFile) => Promise<RandomAccess>;

/** Opens a file of this machine. Errors: what `ioError` makes of a file that cannot be opened. */
export const openLocalFile: OpenFile = async ({ path }) => {
  const handle = await open(path, 'r').catch((cause) => {
    throw ioError(path, cause);
  });
  const stats = await handle.stat().catch(async (cause) => {
    await handle.close();
    throw ioError(path, cause);
  });
  return {
    path,
    sizeBytes: stats.size,
    async readAt(offset, into) {
      try {
        // A reader thread has nothing else to do meanwhile, and each hop through the thread pool costs it 50 to 100 µs.
        if (!isMainThread) return readSync(handle.fd, into, 0, into.length, offset);
        return (await handle.read(into, 0, into.length, offset)).bytesRead;
      } catch (cause) {
        throw ioError(path, cause);
      }
    },
    close: () => handle.close(),
  };
};
