import { open } from 'node:fs/promises';
import { HeadgateError } from '../../kernel/errors.ts';

/** `DUCK` after the checksum of the first block: what every database file of DuckDB begins with. */
const MAGIC = { at: 8, bytes: Buffer.from('DUCK') };

/**
 * Checks that a file is one of DuckDB, or is not there yet. Only for a process that has no lock on it: closing a file gives up the
 * locks that the process has on it. Errors: `failed_precondition`, `permission_denied`.
 */
export async function requireDatabaseFile(file: string): Promise<void> {
  const handle = await open(file, 'r').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw new HeadgateError(
      'permission_denied',
      `The local database ${file} cannot be read: ${error.code ?? 'unknown'}.`,
      {
        hint: 'Give the user of Headgate the right to write it, or name another at local.path.',
        cause: error,
      },
    );
  });
  if (handle === null) return;
  try {
    const { buffer } = await handle.read(Buffer.alloc(MAGIC.bytes.length), 0, MAGIC.bytes.length, MAGIC.at);
    if (buffer.equals(MAGIC.bytes)) return;
  } finally {
    await handle.close();
  }
  throw new HeadgateError('failed_precondition', `The local database ${file} is damaged, or is no DuckDB database.`, {
    hint: 'Move it and its .wal aside, or restore a copy; Headgate makes a new one.',
    details: { file },
  });
}
