import { type FileHandle, mkdir, open } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Application, LogFile, LogRef } from '../../../eventlog/index.ts';
import type { SpoolFolder } from './spool-folder.ts';

/** Longest name of a spooled file, from its end, where its codec stands. */
const NAME_CHARS = 120;

type Take = (bytes: Uint8Array, offset: number) => Promise<void>;
type Followed = ((done: number, total: number) => void) | undefined;

/** How the files of a remote log come here. */
export interface Spooling<T = Application> {
  readonly spool: SpoolFolder;
  /** Hands on bytes [start, end) of a file, each stretch with its offset in the file. */
  readonly fetch: (file: LogFile, range: { readonly start: number; readonly end: number }, take: Take) => Promise<void>;
  /** A file is fetched in parts of so many bytes, so many at once. */
  readonly partBytes: number;
  readonly partsAtOnce: number;
  /** Bytes fetched and then read: twice the size of the log together. */
  readonly onProgress?: Followed;
  readonly read: (local: LogRef, onProgress: Followed) => Promise<T>;
}

/**
 * Reads a remote log: puts its files into a folder of their own, has them read there, and removes them.
 * Errors: what `fetch` and `read` throw; `resource_exhausted` for a full disk.
 */
export function spoolLog<T>(log: LogRef, spooling: Spooling<T>): Promise<T> {
  const { onProgress } = spooling;
  const total = 2 * log.sizeBytes;
  let fetched = 0;
  const count = (bytes: number) => {
    fetched += bytes;
    onProgress?.(fetched, total);
  };
  return spooling.spool.use(async (folder) => {
    const files: LogFile[] = [];
    for (const [index, file] of log.files.entries()) {
      const path = join(folder, `${index}`, localName(file.path));
      await mkdir(dirname(path), { mode: 0o700 });
      await spoolFile(file, path, spooling, count);
      files.push({ path, sizeBytes: file.sizeBytes });
    }
    return spooling.read(
      { ...log, files },
      onProgress === undefined ? undefined : (done) => onProgress(log.sizeBytes + done, total),
    );
  });
}

async function spoolFile(file: LogFile, path: string, spooling: Spooling<unknown>, count: (bytes: number) => void) {
  const handle = await open(path, 'wx', 0o600);
  try {
    const { partBytes } = spooling;
    const starts = Array.from({ length: Math.ceil(file.sizeBytes / partBytes) }, (_, part) => part * partBytes);
    const waiting = starts.values();
    let failed = false;
    const work = async () => {
      for (const start of waiting) {
        if (failed) return;
        const end = Math.min(start + partBytes, file.sizeBytes);
        await spooling.fetch(file, { start, end }, async (bytes, offset) => {
          await writeAll(handle, bytes, offset);
          count(bytes.length);
        });
      }
    };
    const workers = Array.from({ length: Math.min(spooling.partsAtOnce, starts.length) }, work);
    // Every worker has ended before the file is closed.
    const ended = await Promise.allSettled(
      workers.map((one) =>
        one.catch((error: unknown) => {
          failed = true;
          throw error;
        }),
      ),
    );
    const broken = ended.find((one) => one.status === 'rejected');
    if (broken !== undefined) throw broken.reason;
  } finally {
    await handle.close();
  }
}

async function writeAll(handle: FileHandle, bytes: Uint8Array, offset: number): Promise<void> {
  let written = 0;
  while (written < bytes.length) {
    written += (await handle.write(bytes, written, bytes.length - written, offset + written)).bytesWritten;
  }
}

/** The name of a file as any file system takes it: gaps of the log name its files. */
function localName(address: string): string {
  const name = basename(address)
    .replaceAll(/[^\w.-]/g, '_')
    .slice(-NAME_CHARS);
  return /^\.*$/.test(name) ? 'file' : name;
}
