import { Command } from 'commander';
import { type Invocation, print } from '../invocation.ts';
import { readStateFile } from './read-state-file.ts';
import { renderProblems } from './render-comparison.ts';
import { columnsOf } from './terminal-text.ts';
import type { WireProblem } from './wire.ts';
import { addCpOptions, type CpOptions, withControlPlane } from './with-control-plane.ts';

interface Validated {
  readonly valid: boolean;
  readonly version: string;
  readonly problems: readonly WireProblem[];
}

/** `headgate cp validate FILE`: every problem that applying it would have. Exit code 1 when one is an error. */
export function cpValidateCommand(invocation: Invocation): Command {
  const command = new Command('validate')
    .description('every problem that a desired state has; nothing is changed')
    .argument('<file>', 'desired state, YAML or JSON')
    .option('--replace', 'the file is the whole state: what it does not name would be removed');
  return addCpOptions(command).action(async (file: string, options: CpOptions & { replace?: boolean }) => {
    const state = await readStateFile(file);
    await withControlPlane(options, async (client) => {
      const body = { state, replace: options.replace === true };
      const found = (await client.ask('POST', '/api/v1/validate', { body, signal: invocation.signal })) as Validated;
      if (!found.valid) invocation.exitCode = 1;
      print(invocation, found, renderValidated(file, found, columnsOf(process.stdout)));
    });
  });
}

function renderValidated(file: string, { valid, version, problems }: Validated, width: number): string {
  const head = `${file} ${valid ? 'is valid' : 'is not valid'}, checked against version ${version}.`;
  return problems.length === 0 ? head : `${head}\n${renderProblems(problems, width)}`;
}
