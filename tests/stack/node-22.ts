import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { withInstallLock } from './install-lock.ts';
import { runNpm } from './npm.ts';

const VERSION = '22.23.3';
const FOLDER = join(import.meta.dirname, '..', '..', '.cache', `node-${VERSION}`);

/** Absolute path of the older Node that Headgate must run on, installed once. */
export async function installNode22(): Promise<string> {
  const name = `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`;
  const binary = join(FOLDER, 'node_modules', name, 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
  await withInstallLock(FOLDER, async () => {
    if (existsSync(binary)) return;
    await mkdir(FOLDER, { recursive: true });
    await runNpm(['install', '--prefix', FOLDER, '--no-save', `${name}@${VERSION}`], { cwd: FOLDER });
  });
  return binary;
}
