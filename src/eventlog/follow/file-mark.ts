import { open } from 'node:fs/promises';
import type { LogFile } from '../open/index.ts';
import { ioError } from '../open/io-error.ts';

/** Bytes at the beginning of a file, and before the place where reading ended, that tell a file from one in its place. */
const MARK_BYTES = 1024;

/** What a file was like when it was read. */
export interface FileMark {
  readonly device: bigint;
  readonly inode: bigint;
  /** Bytes that were read: a shorter file is another one. */
  readonly size: number;
  readonly head: Buffer;
  /** Bytes before `size`. */
  readonly end: Buffer;
}

/** Takes the mark of a file of which `size` bytes were read. Errors: what `ioError` makes of a file that cannot be read. */
export async function markFile(file: Pick<LogFile, 'path'>, size: number): Promise<FileMark> {
  const handle = await open(file.path, 'r').catch((cause) => {
    throw ioError(file.path, cause);
  });
  try {
    const stats = await handle.stat({ bigint: true });
    const readAt = async (offset: number, length: number): Promise<Buffer> => {
      const bytes = Buffer.alloc(length);
      const { bytesRead } = await handle.read(bytes, 0, length, offset);
      return bytes.subarray(0, bytesRead);
    };
    const length = Math.min(MARK_BYTES, size);
    return {
      device: stats.dev,
      inode: stats.ino,
      size: Math.min(size, Number(stats.size)),
      head: await readAt(0, length),
      end: await readAt(size - length, length),
    };
  } catch (cause) {
    throw ioError(file.path, cause);
  } finally {
    await handle.close();
  }
}

/** True when the file, whatever its name is now, still begins with what was read of it. */
export async function isSameFile(file: Pick<LogFile, 'path'>, before: FileMark): Promise<boolean> {
  const now = await markFile(file, before.size);
  return (
    now.device === before.device &&
    now.inode === before.inode &&
    now.size === before.size &&
    now.head.equals(before.head) &&
    now.end.equals(before.end)
  );
}
