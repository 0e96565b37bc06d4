import { createWriteStream } from 'node:fs';
import { mkdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { type Entry, openPromise } from 'yauzl';
import { HeadgateError, throwIfCancelled } from '../../../../kernel/errors.ts';
import { labelLog } from '../../../../kernel/log-text.ts';

/** Event logs shrink to a twentieth or less; a zip that grows more than this many times is made to fill disks. */
const MAX_GROWTH = 200;
/** Small zips may grow to this, bytes. */
const SMALL_BYTES = 64 * 1024 * 1024;
/** Most files of one log: a rolling log has one for each 128 MB. */
const MAX_FILES = 10_000;

/** Thrown for a zip that is cut or damaged: it may be whole when it is asked for again. */
export class DamagedZip extends Error {}

/**
 * Unpacks a zip of event logs into a folder, readable by its owner alone.
 * Errors: `DamagedZip`; `failed_precondition` for names that lead out of the folder; `resource_exhausted` for a zip that
 * grows beyond all measure; `cancelled`; those of the disk.
 */
export async function unzipLog(file: string, folder: string, signal: AbortSignal | undefined): Promise<void> {
  const { size } = await stat(file);
  const zip = await openPromise(file, { autoClose: false }).catch((cause: unknown) => {
    throw new DamagedZip('it has no directory at its end', { cause });
  });
  try {
    const budget = { bytes: Math.max(SMALL_BYTES, size * MAX_GROWTH), files: MAX_FILES };
    for await (const entry of zip.eachEntry()) {
      throwIfCancelled(signal);
      budget.bytes -= entry.uncompressedSize;
      budget.files -= 1;
      if (budget.bytes < 0 || budget.files < 0) throw tooLarge();
      await unpack(zip, entry, folder, signal);
    }
  } catch (error) {
    throw asZipError(error);
  } finally {
    zip.close();
  }
}

async function unpack(
  zip: Awaited<ReturnType<typeof openPromise>>,
  entry: Entry,
  folder: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  const target = join(folder, entry.fileName);
  if (entry.fileName.endsWith('/')) {
    await mkdir(target, { recursive: true, mode: 0o700 });
    return;
  }
  await mkdir(dirname(target), { recursive: true, mode: 0o700 });
  const stream = await zip.openReadStreamPromise(entry);
  await pipeline(
    stream,
    createWriteStream(target, { flags: 'wx', mode: 0o600 }),
    signal === undefined ? {} : { signal },
  );
}

function asZipError(error: unknown): unknown {
  if (error instanceof HeadgateError || !(error instanceof Error)) return error;
  const { code, syscall, name } = error as NodeJS.ErrnoException;
  if (name === 'AbortError') return new HeadgateError('cancelled', 'The call was cancelled by its caller.');
  if (/^(?:invalid (?:relative )?path|absolute path|invalid characters in fileName)/.test(error.message)) {
    return new HeadgateError(
      'failed_precondition',
      `The zip of event logs holds a file whose name leads out of its folder: ${labelLog(error.message)}.`,
      { hint: 'No Spark server sends that: check which server this source names. Nothing of the zip was kept.' },
    );
  }
  if (code === 'EEXIST') return new DamagedZip('it holds a file twice', { cause: error });
  return syscall === undefined ? new DamagedZip('a file in it is cut or damaged', { cause: error }) : error;
}

function tooLarge(): HeadgateError {
  return new HeadgateError(
    'resource_exhausted',
    `The zip of event logs grows to more than ${MAX_GROWTH} times its size, or to more than ${MAX_FILES} files: it was not unpacked.`,
    {
      hint: 'Check which server this source names. If the logs are so, read them from where they are, with path or s3.',
    },
  );
}
