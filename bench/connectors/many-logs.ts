import { copyFileSync, existsSync, globSync, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** The real logs of the repository: Spark 4.3 and 3.5, all codecs, single and rolling. */
const RECORDED = ['examples/event-logs/**', 'tests/fixtures/spark/{3.5,4.3}/**'];
const NAMED = /(local-\d+|app-\d{14}-\d{4})/g;

/**
 * A folder of so many logs: the recorded ones again and again under new names, byte by byte (so copies of a log share the
 * application id that is written in it). Made once; returns its path and its size in bytes.
 */
export function manyLogs(count: number): { folder: string; bytes: number } {
  const folder = join(ROOT, '.cache', 'bench', `many-${count}`);
  const done = `${folder}.done`;
  const logs = recordedLogs();
  if (!existsSync(done)) {
    rmSync(folder, { recursive: true, force: true });
    for (let made = 0; made < count; made++) copyLog(logs[made % logs.length] ?? [], folder, made);
    writeFileSync(done, '');
  }
  const bytes = globSync('**', { cwd: folder }).reduce((sum, name) => sum + sizeOf(join(folder, name)), 0);
  return { folder, bytes };
}

/** Files of each recorded log. */
function recordedLogs(): string[][] {
  const files = globSync(RECORDED, { cwd: ROOT }).filter((name) => {
    NAMED.lastIndex = 0;
    return NAMED.test(basename(name)) && statSync(join(ROOT, name)).isFile();
  });
  return [...Map.groupBy(files.sort(), (name) => (name.includes('/eventlog_v2_') ? dirname(name) : name)).values()];
}

function copyLog(files: readonly string[], folder: string, made: number): void {
  const id = `app-2026${String(made).padStart(10, '0')}-${String(made % 10_000).padStart(4, '0')}`;
  for (const file of files) {
    const rolling = file.includes('/eventlog_v2_');
    const target = join(folder, rolling ? basename(dirname(file)) : '', basename(file)).slice(folder.length);
    const path = folder + target.replaceAll(NAMED, id);
    mkdirSync(dirname(path), { recursive: true });
    copyFileSync(join(ROOT, file), path);
  }
}

function sizeOf(path: string): number {
  const stats = statSync(path);
  return stats.isFile() ? stats.size : 0;
}
