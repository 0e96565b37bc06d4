import { existsSync, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { zstdCompressSync } from 'node:zlib';
import { findLogs, openBytes } from '../../src/eventlog/index.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** The real logs of the repository: Spark 3.5 and 4.3. */
const RECORDED = ['examples/event-logs', 'tests/fixtures/spark/3.5', 'tests/fixtures/spark/4.3'];
const APP_ID = /"App ID":"([^"]+)"/;

/** A folder of logs that are applications of their own. */
export interface Fleet {
  readonly folder: string;
  readonly bytes: number;
  readonly appIds: readonly string[];
}

/**
 * So many applications: the complete recorded ones again and again, each under an id of its own in its name and in its
 * events, zstd as Spark 4 writes it. Made once.
 */
export async function fleetLogs(count: number): Promise<Fleet> {
  const folder = join(ROOT, '.cache', 'bench', `fleet-${count}`);
  const done = `${folder}.done`;
  if (!existsSync(done)) {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    const recorded = await recordedLogs();
    for (let made = 0; made < count; made++) {
      const one = recorded[made % recorded.length];
      if (one === undefined) throw new Error('There is no recorded log.');
      const id = `app-20260101000000-${String(made).padStart(6, '0')}`;
      writeFileSync(join(folder, `${id}.zstd`), zstdCompressSync(one.text.replaceAll(one.appId, id)));
    }
    writeFileSync(done, '');
  }
  const names = await readdir(folder);
  return {
    folder,
    bytes: names.reduce((sum, name) => sum + statSync(join(folder, name)).size, 0),
    appIds: names.map((name) => name.replace('.zstd', '')).sort(),
  };
}

/** Events of each recorded log that has a beginning and an end, and the id in them. */
async function recordedLogs(): Promise<Array<{ appId: string; text: string }>> {
  const recorded: Array<{ appId: string; text: string }> = [];
  for (const place of RECORDED) {
    const { logs } = await findLogs(join(ROOT, place));
    for (const log of logs) {
      const parts: string[] = [];
      for (const file of log.files) parts.push(await decoded(file));
      const text = parts.join('');
      const appId = APP_ID.exec(text)?.[1];
      const whole = text.includes('SparkListenerApplicationEnd') && text.includes('SparkListenerLogStart');
      if (appId !== undefined && whole && log.files.length === 1) recorded.push({ appId, text });
    }
  }
  return recorded;
}

async function decoded(file: Parameters<typeof openBytes>[0]): Promise<string> {
  const source = await openBytes(file);
  const chunks: Buffer[] = [];
  for (;;) {
    const chunk = Buffer.alloc(1 << 20);
    const count = await source.read(chunk);
    if (count === 0) break;
    chunks.push(chunk.subarray(0, count));
  }
  await source.close();
  return Buffer.concat(chunks).toString('utf8');
}
