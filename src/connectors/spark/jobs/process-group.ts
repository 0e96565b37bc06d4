import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { JobProcess } from './job-record.ts';

const run = promisify(execFile);

/** How long a group may take to end by itself. Milliseconds. */
const TERM_MS = 5_000;
const POLL_MS = 50;

/** A process as it is kept: with when it began. Null when it is gone, or was never there. */
export async function identify(pid: number): Promise<JobProcess | null> {
  const began = process.platform === 'linux' ? await beganOnLinux(pid) : await beganByPs(pid);
  return began === null ? null : { pid, began };
}

/** Whether the process still runs, and is the one that was kept. */
export async function isAlive(kept: JobProcess): Promise<boolean> {
  return (await identify(kept.pid))?.began === kept.began;
}

/** Ends a process and all of its group: asks first, then does not. Resolves when the group's first process is gone. */
export async function endGroup(kept: JobProcess): Promise<void> {
  if (!(await isAlive(kept))) return;
  signalGroup(kept.pid, 'SIGTERM');
  for (let waited = 0; waited < TERM_MS; waited += POLL_MS) {
    if (!(await isAlive(kept))) break;
    await pause(POLL_MS);
  }
  // What is left of the group, when its first process is gone, still has its number.
  signalGroup(kept.pid, 'SIGKILL');
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** Boot, and ticks since then. Source: proc_pid_stat(5), fields 3 (state) and 22 (starttime). */
async function beganOnLinux(pid: number): Promise<string | null> {
  try {
    const [stat, boot] = await Promise.all([
      readFile(`/proc/${pid}/stat`, 'utf8'),
      readFile('/proc/sys/kernel/random/boot_id', 'utf8'),
    ]);
    // The name of the program stands in brackets and may hold anything.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' || fields[19] === undefined ? null : `${boot.trim()} ${fields[19]}`;
  } catch (error) {
    if (['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')) return null;
    throw error;
  }
}

async function beganByPs(pid: number): Promise<string | null> {
  try {
    const { stdout } = await run('ps', ['-o', 'stat=,lstart=', '-p', String(pid)], {
      env: { LC_ALL: 'C', PATH: '/bin:/usr/bin' },
    });
    const [, state = '', began = ''] = /^\s*(\S+)\s+(.+?)\s*$/.exec(stdout) ?? [];
    return began === '' || state.startsWith('Z') ? null : began;
  } catch {
    return null;
  }
}
