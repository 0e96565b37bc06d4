import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
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

/** The variable that everything a job starts inherits, also what leaves its group. */
export const JOB_VARIABLE = 'HEADGATE_JOB';

/**
 * Ends a process, all of its group and, on Linux, what left the group with the job's variable: asks first, then does not. Resolves
 * when the group's first process is gone.
 */
export async function endGroup(kept: JobProcess, jobId: string): Promise<void> {
  if (!(await isAlive(kept))) return;
  send(-kept.pid, 'SIGTERM');
  for (let waited = 0; waited < TERM_MS; waited += POLL_MS) {
    if (!(await isAlive(kept))) break;
    await pause(POLL_MS);
  }
  // What is left of the group, when its first process is gone, still has its number.
  send(-kept.pid, 'SIGKILL');
  if (process.platform === 'linux') for (const pid of await strayOf(jobId)) send(pid, 'SIGKILL');
}

/** Processes with the variable of a job. Source: proc_pid_environ(5); other users' cannot be read. */
async function strayOf(jobId: string): Promise<number[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  const isOfJob = async (pid: number) => {
    const variables = await readFile(`/proc/${pid}/environ`, 'latin1').catch(() => '');
    return variables.split('\0').includes(`${JOB_VARIABLE}=${jobId}`);
  };
  const found = await Promise.all(pids.map(isOfJob));
  return pids.filter((pid, index) => found[index] === true && pid !== process.pid);
}

/** To a process, or to a group by its negative number. */
function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
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
