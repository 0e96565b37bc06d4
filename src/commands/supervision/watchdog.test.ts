import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { isAlive } from '../running-servers.ts';

/** A parent that starts a child, has it watched, and tells its process id. */
const PARENT = `
import { spawn } from 'node:child_process';
import { watchOver } from ${JSON.stringify(new URL('./watchdog.ts', import.meta.url).href)};
const child = spawn('sleep', ['60'], { detached: true, stdio: 'ignore' });
watchOver(child);
console.log(child.pid);
setInterval(() => {}, 1000);
`;

it('ends a program that knows nothing of us when we are killed [up.no-orphans]', async () => {
  const parent = spawn(process.execPath, ['--input-type=module', '-e', PARENT], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = await once(parent.stdout, 'data');
  const pid = Number(String(line));
  expect(isAlive(pid)).toBe(true);
  parent.kill('SIGKILL');
  await once(parent, 'exit');
  // The child of a dead parent is collected by whoever adopts it, so that it ends when the watchdog ends it.
  await expect.poll(() => isAlive(pid) && !isZombie(pid), { timeout: 5_000, interval: 20 }).toBe(false);
});

function isZombie(pid: number): boolean {
  try {
    return /^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}
