import { setTimeout as pause } from 'node:timers/promises';
import { Command } from 'commander';
import { dataFolder } from '../configuration/index.ts';
import { HeadgateError } from '../kernel/errors.ts';
import { type Invocation, print } from './invocation.ts';
import { addJsonOption, portOption } from './options.ts';
import type { RunningServer } from './running-servers.ts';

/** A server finishes the calls that run before it ends. */
const STOP_TIMEOUT_MS = 15_000;
const POLL_MS = 20;

/** `headgate stop`: ends the servers of this data folder and waits until they are gone. None running is no error. */
export function stopCommand(invocation: Invocation): Command {
  const command = new Command('stop')
    .description('stop the servers that run')
    .addOption(portOption('only the server on this port'));
  return addJsonOption(command).action(async ({ port }: { port?: number }) => {
    const { listRunningServers } = await import('./running-servers.ts');
    const home = dataFolder();
    const running = await listRunningServers(home);
    const wanted = running.filter((server) => port === undefined || server.port === port);
    await stopServers(home, wanted, invocation.signal);
    const lines = wanted.map(({ url, pid }) => `Stopped ${url} (process ${pid}).`);
    print(invocation, { stopped: wanted }, lines.length === 0 ? 'No server runs.' : lines.join('\n'));
  });
}

/** Asks servers to end and waits until they are gone. Errors: `cancelled`; `deadline_exceeded` for one that goes on. */
export async function stopServers(home: string, servers: readonly RunningServer[], signal: AbortSignal): Promise<void> {
  const { isAnnounced } = await import('./running-servers.ts');
  // What a fleet keeps running would come back: the whole fleet is asked to end.
  for (const pid of new Set(servers.map(({ pid, fleet }) => fleet ?? pid))) process.kill(pid, 'SIGTERM');
  for (const server of servers) await waitForEnd(server, () => isAnnounced(home, server), signal);
}

async function waitForEnd(
  { pid, url }: RunningServer,
  runs: () => Promise<boolean>,
  signal: AbortSignal,
): Promise<void> {
  const deadline = Date.now() + STOP_TIMEOUT_MS;
  while (await runs()) {
    if (signal.aborted) throw new HeadgateError('cancelled', 'Stopping was interrupted.');
    if (Date.now() > deadline) {
      throw new HeadgateError(
        'deadline_exceeded',
        `${url} (process ${pid}) still runs after ${STOP_TIMEOUT_MS / 1000} s.`,
        {
          hint: `End process ${pid} by the system's means.`,
        },
      );
    }
    await pause(POLL_MS);
  }
}
