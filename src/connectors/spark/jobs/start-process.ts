import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { basename } from 'node:path';
import { HeadgateError } from '../../../kernel/errors.ts';
import type { JobFolder } from './job-folder.ts';
import type { JobProcess } from './job-record.ts';
import { identify, JOB_VARIABLE } from './process-group.ts';

/** A command in a session of its own: it outlives the gateway. Errors: `failed_precondition` when it cannot be started. */
export async function startProcess(
  folder: JobFolder,
  command: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<JobProcess> {
  const child = spawn('/bin/sh', [`${folder.path}/run.sh`, folder.path, ...command], {
    cwd: folder.path,
    env: { ...env, [JOB_VARIABLE]: basename(folder.path) },
    detached: true,
    stdio: 'ignore',
  });
  try {
    await once(child, 'spawn');
  } catch (cause) {
    throw new HeadgateError('failed_precondition', 'The job could not be started: /bin/sh did not run.', { cause });
  }
  child.unref();
  const started = child.pid === undefined ? null : await identify(child.pid);
  // One that ended in that moment left its exit code; it began at no time that anything else began.
  return started ?? { pid: child.pid ?? 0, began: 'ended at once' };
}
