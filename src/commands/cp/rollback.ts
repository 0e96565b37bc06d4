import { Command } from 'commander';
import { type Invocation, print } from '../invocation.ts';
import { renderApplied } from './apply.ts';
import { columnsOf } from './terminal-text.ts';
import type { WireApplied } from './wire.ts';
import { addCpOptions, type CpOptions, withControlPlane } from './with-control-plane.ts';

interface RollbackOptions extends CpOptions {
  readonly dryRun?: boolean;
  readonly force?: boolean;
  readonly reason?: string;
  readonly ifVersion?: string;
}

/** `headgate cp rollback VERSION`: makes the content of an earlier version current, as a new version. */
export function cpRollbackCommand(invocation: Invocation): Command {
  const command = new Command('rollback')
    .description('make an earlier version current again, as a new version')
    .argument('<version>', 'number or hash of a version, or last-acknowledged')
    .option('--reason <text>', 'why, for the history')
    .option('--dry-run', 'say what would change, and change nothing')
    .option('--force', 'even if nobody answers at an upstream of that version')
    .option('--if-version <version>', 'only if this version is current');
  return addCpOptions(command).action((version: string, options: RollbackOptions) =>
    withControlPlane(options, async (client) => {
      const applied = (await client.ask('POST', `/api/v1/rollback${options.dryRun ? '?dry_run=true' : ''}`, {
        body: {
          version,
          force: options.force === true,
          ...(options.reason === undefined ? {} : { reason: options.reason }),
        },
        ifMatch: options.ifVersion ?? null,
        signal: invocation.signal,
      })) as WireApplied;
      print(invocation, applied, renderApplied(applied, columnsOf(process.stdout)));
    }),
  );
}
