import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** Logs of jobs and files of results are kept so long. Milliseconds. */
export const KEPT_MS = 7 * 86_400_000;
/** Folders without an exit code, whose job may still run in silence. Milliseconds. */
const SILENT_MS = 30 * 86_400_000;

/** Removes the folders of jobs that ended long ago, and files of old results. What cannot be removed stays. */
export async function sweepFolders(folder: string, now: number): Promise<void> {
  for (const name of await namesIn(folder)) {
    if (!name.startsWith('job-')) continue;
    const path = join(folder, name);
    const ended = await changedAt(join(path, 'exit'));
    const limit = ended === null ? SILENT_MS : KEPT_MS;
    const last = Math.max(ended ?? 0, (await changedAt(path)) ?? now, (await changedAt(join(path, 'stderr'))) ?? 0);
    if (now - last > limit) await rm(path, { recursive: true, force: true }).catch(() => undefined);
  }
  const results = join(folder, 'results');
  for (const name of await namesIn(results)) {
    const path = join(results, name);
    if (now - ((await changedAt(path)) ?? now) > KEPT_MS) await rm(path, { force: true }).catch(() => undefined);
  }
}

const namesIn = (folder: string): Promise<string[]> => readdir(folder).catch(() => []);

const changedAt = (path: string): Promise<number | null> =>
  stat(path).then(
    ({ mtimeMs }) => mtimeMs,
    () => null,
  );
