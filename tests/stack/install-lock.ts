import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

const POLL_MS = 500;

/**
 * Runs `install` while no other process of this machine does the same for `directory`.
 * A lock whose owner is gone is taken over. Errors: the lock is not free within `timeoutMs`.
 */
export async function withInstallLock<T>(
  directory: string,
  install: () => Promise<T>,
  timeoutMs = 900_000,
): Promise<T> {
  const lock = `${directory}.lock`;
  const deadline = Date.now() + timeoutMs;
  while (!(await acquire(lock))) {
    if (Date.now() > deadline) {
      throw new Error(`another process holds ${lock} for more than ${timeoutMs} ms; remove it if none is running`);
    }
    await pause(POLL_MS);
  }
  try {
    return await install();
  } finally {
    await rm(lock, { recursive: true, force: true });
  }
}

async function acquire(lock: string): Promise<boolean> {
  try {
    await mkdir(lock);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    if (await isAbandoned(lock)) await rm(lock, { recursive: true, force: true });
    return false;
  }
  await writeFile(join(lock, 'pid'), String(process.pid));
  return true;
}

async function isAbandoned(lock: string): Promise<boolean> {
  const pid = Number(await readFile(join(lock, 'pid'), 'utf8').catch(() => ''));
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}
