import { Command } from 'commander';
import { analyzeCommand } from './analyze.ts';
import { callCommand } from './call.ts';
import { checkCommand } from './check.ts';
import type { Invocation } from './invocation.ts';
import { serveCommand } from './serve.ts';
import { statusCommand } from './status.ts';
import { stopCommand } from './stop.ts';
import { toolsCommand } from './tools.ts';

/** The command line. Wrong usage throws a `CommanderError` instead of ending the process. */
export function createProgram(invocation: Invocation, version: string): Command {
  const program = new Command('headgate')
    .description('Explains why a data run failed or is slow, with evidence.')
    .version(version)
    .showSuggestionAfterError()
    .helpCommand(false);
  const commands = [
    serveCommand(invocation),
    stopCommand(invocation),
    statusCommand(invocation),
    analyzeCommand(invocation),
    callCommand(invocation),
    toolsCommand(invocation),
    checkCommand(invocation),
  ];
  for (const command of [program, ...commands]) {
    command.exitOverride();
    if (invocation.json) command.configureOutput({ writeErr: () => {} });
  }
  for (const command of commands) program.addCommand(command);
  return program;
}
