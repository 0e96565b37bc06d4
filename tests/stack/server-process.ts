import { type ChildProcess, spawn } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';
import { lastLines } from './command.ts';

/** How a server is started, and how its output tells that it listens. */
export interface ServerSettings {
  /** What error messages call it. */
  name: string;
  command: string;
  args: readonly string[];
  env: NodeJS.ProcessEnv;
  cwd?: string;
  /** Matched against everything that the server has printed; the match is handed to the caller. */
  readyWhen: RegExp;
  /** Default: 60 s. */
  timeoutMs?: number;
}

/** A running server in a process group of its own. */
export interface ServerProcess {
  pid: number;
  ready: RegExpMatchArray;
  output(): string;
  /** Ends the server and all that it started; resolves when it is gone. */
  stop(): Promise<void>;
}

const POLL_MS = 20;
const STOP_TIMEOUT_MS = 10_000;

/**
 * Starts a server and waits until its output matches `readyWhen`.
 * Errors: it ends early or is not ready in time; the message quotes its last output, and nothing is left running.
 */
export async function startServer(settings: ServerSettings): Promise<ServerProcess> {
  const timeoutMs = settings.timeoutMs ?? 60_000;
  const child = spawn(settings.command, [...settings.args], {
    cwd: settings.cwd,
    env: settings.env,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const printed = { text: '', failure: '' };
  const collect = (text: string) => {
    printed.text += text;
  };
  child.stdout.setEncoding('utf8').on('data', collect);
  child.stderr.setEncoding('utf8').on('data', collect);
  child.once('error', (error) => {
    printed.failure = error.message;
  });
  const deadline = Date.now() + timeoutMs;
  while (Date.now() < deadline) {
    const ready = printed.text.match(settings.readyWhen);
    if (ready !== null && child.pid !== undefined) {
      return { pid: child.pid, ready, output: () => printed.text, stop: () => stopGroup(child) };
    }
    if (printed.failure !== '' || hasEnded(child)) break;
    await pause(POLL_MS);
  }
  const reason = printed.failure || (hasEnded(child) ? 'it ended' : `not ready after ${timeoutMs} ms`);
  await stopGroup(child);
  throw new Error(`${settings.name} did not start: ${reason}\n${lastLines(printed.text)}`);
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

async function stopGroup(child: ChildProcess): Promise<void> {
  if (child.pid === undefined) return;
  signalGroup(child.pid, 'SIGTERM');
  const deadline = Date.now() + STOP_TIMEOUT_MS;
  while (!hasEnded(child) && Date.now() < deadline) await pause(POLL_MS);
  signalGroup(child.pid, 'SIGKILL');
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
