import { Command } from 'commander';
import { type Invocation, print } from '../invocation.ts';
import { renderComparison } from './render-comparison.ts';
import { columnsOf } from './terminal-text.ts';
import type { WireComparison } from './wire.ts';
import { addCpOptions, type CpOptions, withControlPlane } from './with-control-plane.ts';

/** `headgate cp diff A B`: what differs between two versions. */
export function cpDiffCommand(invocation: Invocation): Command {
  const command = new Command('diff')
    .description('what differs between two versions')
    .argument('<from>', 'number or hash of a version')
    .argument('[to]', 'number or hash of the other', 'current');
  return addCpOptions(command).action((from: string, to: string, options: CpOptions) =>
    withControlPlane(options, async (client) => {
      const path = `/api/v1/versions/${encodeURIComponent(from)}/diff/${encodeURIComponent(to)}`;
      const comparison = (await client.ask('GET', path, { signal: invocation.signal })) as WireComparison;
      const text = renderComparison(comparison, columnsOf(process.stdout));
      print(invocation, comparison, `From ${comparison.from} to ${comparison.to}:\n${text}`);
    }),
  );
}
