import { Command } from 'commander';
import { dataFolder } from '../configuration/index.ts';
import { type Invocation, print } from './invocation.ts';
import { addJsonOption } from './options.ts';

/** `headgate status`: the servers that run on this data folder. Exit code 1 when there is none. */
export function statusCommand(invocation: Invocation): Command {
  const command = new Command('status').description('list the servers that run');
  return addJsonOption(command).action(async () => {
    const { listRunningServers } = await import('./running-servers.ts');
    const running = await listRunningServers(dataFolder());
    if (running.length === 0) invocation.exitCode = 1;
    const lines = running.flatMap(({ url, pid, started_at, fleet, warnings }) => [
      `${url} runs as process ${pid} since ${started_at}${fleet === undefined ? '' : `, kept by headgate up (process ${fleet})`}.`,
      ...(warnings ?? []).map((warning) => `WARNING: ${warning}`),
    ]);
    print(invocation, { running }, lines.length === 0 ? 'No server runs.' : lines.join('\n'));
  });
}
