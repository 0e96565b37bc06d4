import { Command, type OutputConfiguration } from 'commander';
import { analyzeCommand } from './analyze.ts';
import { callCommand } from './call.ts';
import { checkCommand } from './check.ts';
import { controlPlaneCommand } from './control-plane.ts';
import { cpCommand } from './cp.ts';
import { initCommand } from './init.ts';
import { type Invocation, print } from './invocation.ts';
import { serveCommand } from './serve.ts';
import { statusCommand } from './status.ts';
import { stopCommand } from './stop.ts';
import { tokenCommand } from './token.ts';
import { toolsCommand } from './tools.ts';
import { uninstallCommand } from './uninstall.ts';
import { upCommand } from './up.ts';

/** Help and version as JSON. Wrong usage is printed by whoever catches its error. */
function jsonOutput(invocation: Invocation): OutputConfiguration {
  return { writeOut: (text) => print(invocation, { output: text.trimEnd() }, ''), writeErr: () => {} };
}

/** The command line. Wrong usage throws a `CommanderError` instead of ending the process. */
export function createProgram(invocation: Invocation, version: string): Command {
  const program = new Command('headgate')
    .description('Explains why a data run failed or is slow, with evidence.')
    .version(version)
    .option('--json', 'print JSON')
    .showSuggestionAfterError()
    .helpCommand(false);
  const commands = [
    serveCommand(invocation),
    stopCommand(invocation),
    statusCommand(invocation),
    upCommand(invocation),
    controlPlaneCommand(invocation),
    cpCommand(invocation),
    analyzeCommand(invocation),
    callCommand(invocation),
    toolsCommand(invocation),
    checkCommand(invocation),
    initCommand(invocation),
    tokenCommand(invocation),
    uninstallCommand(invocation),
  ];
  const nested = commands.flatMap(({ commands: below }) => below);
  for (const command of [program, ...commands, ...nested]) {
    command.exitOverride();
    if (invocation.json) command.configureOutput(jsonOutput(invocation));
  }
  for (const command of commands) program.addCommand(command);
  return program;
}
