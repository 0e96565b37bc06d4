import { Command } from 'commander';
import { type Invocation, print } from '../invocation.ts';
import { readStateFile } from './read-state-file.ts';
import { renderComparison, renderProblems } from './render-comparison.ts';
import { columnsOf } from './terminal-text.ts';
import type { WireApplied } from './wire.ts';
import { addCpOptions, type CpOptions, withControlPlane } from './with-control-plane.ts';

interface ApplyOptions extends CpOptions {
  readonly dryRun?: boolean;
  readonly replace?: boolean;
  readonly reason?: string;
  readonly ifVersion?: string;
}

/** `headgate cp apply FILE`: makes a desired state current, all or nothing. */
export function cpApplyCommand(invocation: Invocation): Command {
  const command = new Command('apply')
    .description('make the desired state of a file current, all or nothing')
    .argument('<file>', 'desired state, YAML or JSON')
    .option('--dry-run', 'say what would change, and change nothing')
    .option('--replace', 'the file is the whole state: remove what it does not name')
    .option('--reason <text>', 'why, for the history')
    .option('--if-version <version>', 'only if this version is current');
  return addCpOptions(command).action(async (file: string, options: ApplyOptions) => {
    const state = await readStateFile(file);
    await withControlPlane(options, async (client) => {
      const applied = (await client.ask('POST', `/api/v1/batch${options.dryRun ? '?dry_run=true' : ''}`, {
        body: {
          state,
          replace: options.replace === true,
          ...(options.reason === undefined ? {} : { reason: options.reason }),
        },
        ifMatch: options.ifVersion ?? null,
        signal: invocation.signal,
      })) as WireApplied;
      print(invocation, applied, renderApplied(applied, columnsOf(process.stdout)));
    });
  });
}

/** What a change did, or would do. */
export function renderApplied(
  { version, changed, dry_run: dryRun, difference, warnings }: WireApplied,
  width: number,
): string {
  const said = dryRun ? 'would be' : 'is';
  const head = changed
    ? `Version ${version} ${said} current.`
    : `Nothing ${dryRun ? 'would change' : 'changed'}: version ${version} is so already.`;
  const parts = [head, ...(changed ? [renderComparison(difference, width)] : [])];
  if (warnings.length > 0) parts.push(renderProblems(warnings, width));
  return parts.join('\n');
}
