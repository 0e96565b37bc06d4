import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { ErrorBody } from '../../kernel/errors.ts';
import { errorOf } from '../invocation.ts';
import type { Part } from './part.ts';
import { prefixOutput } from './prefixed-output.ts';

/** Opening the store and the port takes far less. Milliseconds. */
const READY_MS = 60_000;

/** Calls in flight get 30 s, proxies 10 s to hear of the end. Milliseconds. */
const END_MS = 60_000;

/** A command of ours as a part of the fleet. */
export interface OwnPartOptions {
  readonly name: string;
  /** Absolute path of `bin/headgate.mjs`. */
  readonly script: string;
  readonly args: readonly string[];
  /** Besides ours. */
  readonly env: Readonly<Record<string, string>>;
  readonly write: (line: string) => void;
  /** What it said when it was ready. */
  readonly onReady?: (said: Readonly<Record<string, unknown>>) => void;
}

/** Runs a command of ours with `--supervised`: it says by its channel when it is ready or why not, and ends when we are gone. */
export function ownPart({ name, script, args, env, write, onReady }: OwnPartOptions): Part {
  return {
    name,
    readyMs: READY_MS,
    endMs: END_MS,
    launch() {
      const child = spawn(process.execPath, [script, ...args, '--supervised'], {
        detached: true,
        stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
        env: { ...process.env, ...env },
      });
      prefixOutput(child, name, write);
      return child;
    },
    async ready(child, signal) {
      const said = await firstMessage(child, signal);
      if (said.error !== undefined) throw errorOf(said.error);
      onReady?.(said.ready ?? {});
    },
    async end(child) {
      child.kill('SIGTERM');
    },
  };
}

interface FirstMessage {
  readonly ready?: Readonly<Record<string, unknown>>;
  readonly error?: ErrorBody;
}

async function firstMessage(child: ChildProcess, signal: AbortSignal): Promise<FirstMessage> {
  const [said]: [FirstMessage] = (await once(child, 'message', { signal })) as [FirstMessage];
  return said;
}
