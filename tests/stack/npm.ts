import { type CommandOptions, type CommandResult, runChecked } from './command.ts';

/** Runs the npm that runs the tests, else the one in PATH. Errors: it fails; the message has its last lines. */
export function runNpm(args: readonly string[], options: CommandOptions = {}): Promise<CommandResult> {
  const quiet = [...args, '--no-audit', '--no-fund', '--loglevel=error'];
  const { npm_execpath: cli, npm_node_execpath: node } = process.env;
  if (cli?.endsWith('.js')) return runChecked(node ?? process.execPath, [cli, ...quiet], options);
  return runChecked('npm', quiet, options);
}
