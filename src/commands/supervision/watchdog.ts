import { type ChildProcess, spawn } from 'node:child_process';

/** What a program that does not know of us gets to end, after which it is killed. Seconds. */
const LAST_SECONDS = 5;

/**
 * Waits for a line, which says that all is well. Its input ends without one when we are gone, even by SIGKILL: then it ends the
 * process `$1`, first kindly. A shell, since it takes 1 MB where another Node would take 40.
 */
const SCRIPT = `
read -r line && exit 0
kill -TERM "$1" 2>/dev/null || exit 0
tenths=0
while kill -0 "$1" 2>/dev/null && [ "$tenths" -lt ${LAST_SECONDS * 10} ]; do sleep 0.1; tenths=$((tenths + 1)); done
kill -KILL "$1" 2>/dev/null
exit 0
`;

/** Ends `child` when this process is gone, however it ended. Nothing is left of it when the child ended before. */
export function watchOver(child: ChildProcess): void {
  if (child.pid === undefined) return;
  const watchdog = spawn('/bin/sh', ['-c', SCRIPT, 'headgate-watchdog', String(child.pid)], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  watchdog.on('error', () => {});
  watchdog.stdin.on('error', () => {});
  watchdog.unref();
  child.once('exit', () => watchdog.stdin.end('ended\n'));
}
