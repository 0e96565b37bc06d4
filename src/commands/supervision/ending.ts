import type { ChildProcess } from 'node:child_process';

/** How a child ended, once all that it said over its channel was heard, as a sentence has it: `exit code 1`, `SIGKILL`, `it could not be started: …`. */
export function endOf(child: ChildProcess): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  child.once('exit', (code, signal) => {
    const end = () => setImmediate(resolve, endingOf(code, signal));
    if (child.connected) child.once('disconnect', end);
    else end();
  });
  // A child that runs can fail to be signalled: only one without a process id was never started.
  child.on('error', (error) => {
    if (child.pid === undefined) resolve(`it could not be started: ${error.message}`);
  });
  return promise;
}

function endingOf(code: number | null, signal: NodeJS.Signals | null): string {
  return signal ?? `exit code ${code}`;
}
