import { spawn } from 'node:child_process';
import { HeadgateError } from '../../kernel/errors.ts';
import { type EnvoyAdmin, until } from './envoy-admin.ts';
import type { Part } from './part.ts';
import { prefixOutput } from './prefixed-output.ts';
import { watchOver } from './watchdog.ts';

/** Envoy waits 15 s for each type of its first configuration. Milliseconds. */
const READY_MS = 90_000;

/** Requests that are under way when everything ends get so long. Milliseconds. */
const DRAIN_MS = 15_000;
const END_MS = 25_000;

/** Connections of listeners that changed are closed after so long: long calls get so much to end. Seconds. */
const LISTENER_DRAIN_S = 60;

/** What Envoy is started with. */
export interface EnvoyPartOptions {
  readonly binary: string;
  /** Absolute path of the bootstrap. */
  readonly bootstrap: string;
  readonly admin: EnvoyAdmin;
  readonly logLevel: string;
  readonly write: (line: string) => void;
}

/** Envoy as a part of the fleet: it knows nothing of us, so that a watchdog ends it when we are gone. */
export function envoyPart({ binary, bootstrap, admin, logLevel, write }: EnvoyPartOptions): Part {
  const args = ['-c', bootstrap, '--log-level', logLevel, '--disable-hot-restart'];
  const draining = ['--drain-time-s', String(LISTENER_DRAIN_S), '--drain-strategy', 'immediate'];
  return {
    name: 'envoy',
    readyMs: READY_MS,
    endMs: END_MS,
    launch() {
      const child = spawn(binary, [...args, ...draining], { detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
      watchOver(child);
      prefixOutput(child, 'envoy', write);
      return child;
    },
    async ready(_child, signal) {
      if (await until(admin.isReady, READY_MS, signal)) return;
      throw new HeadgateError('deadline_exceeded', 'Envoy did not become ready.');
    },
    async end(child) {
      // Where its admin interface does not answer there is nothing to wait for.
      const drained = await admin.drainListeners().then(
        () => true,
        () => false,
      );
      if (drained) await until(async () => (await admin.activeRequests()) === 0, DRAIN_MS, endOfChild(child));
      child.kill('SIGTERM');
    },
  };
}

function endOfChild(child: ReturnType<typeof spawn>): AbortSignal {
  const ended = new AbortController();
  child.once('exit', () => ended.abort());
  return ended.signal;
}
