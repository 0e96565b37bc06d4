import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import type { Flags } from '../configuration/index.ts';
import { type ErrorBody, HeadgateError } from '../kernel/errors.ts';
import { errorOf, type Invocation } from './invocation.ts';

/** Opening the store and the port takes far less; a longer start hangs. */
const START_TIMEOUT_MS = 30_000;

/** What a server says to the process that started it. */
export interface Started {
  readonly ready: Record<string, unknown>;
  readonly welcome: string;
  /** Absolute path of its log. */
  readonly log: string;
}

/** Starts a server that outlives this process, and resolves when it is ready. Errors: the server's own; `internal` when it ends without one; `deadline_exceeded`. */
export async function startDetached(flags: Flags, home: string, { launcher, signal }: Invocation): Promise<Started> {
  const folder = join(home, 'logs');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const log = join(folder, 'serve.log');
  keepPrevious(log);
  const file = openSync(log, 'a', 0o600);
  const child = spawn(process.execPath, [launcher.path, 'serve', ...toArguments(flags)], {
    detached: true,
    stdio: ['ignore', file, file, 'ipc'],
  });
  closeSync(file);
  try {
    return { ...(await firstWord(child, log, signal)), log };
  } catch (error) {
    child.kill();
    throw error;
  } finally {
    if (child.connected) child.disconnect();
    child.unref();
  }
}

/** The log of the last server stays until the next one. */
function keepPrevious(log: string): void {
  try {
    renameSync(log, `${log}.previous`);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

function toArguments({ config, eventLogs, host, port, insecureBind, gateway, register }: Flags): string[] {
  const named = { config, 'event-logs': eventLogs, host, port, gateway, register };
  const settings = Object.entries(named).flatMap(([name, value]) =>
    value === undefined ? [] : [`--${name}`, String(value)],
  );
  return insecureBind ? [...settings, '--insecure-bind'] : settings;
}

async function firstWord(child: ChildProcess, log: string, signal: AbortSignal): Promise<Omit<Started, 'log'>> {
  const stop = AbortSignal.any([signal, AbortSignal.timeout(START_TIMEOUT_MS)]);
  const message = once(child, 'message', { signal: stop }).then(([said]) => said);
  const end = once(child, 'exit', { signal: stop }).then(() => ({}));
  const said: { ready?: Record<string, unknown>; welcome?: string; error?: ErrorBody } = await Promise.race([
    message,
    end,
  ]).catch((cause: unknown) => {
    if (signal.aborted) throw new HeadgateError('cancelled', 'Starting was interrupted.', { cause });
    throw new HeadgateError('deadline_exceeded', `The server was not ready after ${START_TIMEOUT_MS / 1000} s.`, {
      hint: `Its log is ${log}.`,
      cause,
    });
  });
  if (said.ready !== undefined) return { ready: said.ready, welcome: said.welcome ?? '' };
  if (said.error !== undefined) throw errorOf(said.error);
  throw new HeadgateError('internal', 'The server ended while it started.', { hint: `Its log is ${log}.` });
}
