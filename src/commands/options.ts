import { type Command, InvalidArgumentError, Option } from 'commander';
import type { Flags } from '../configuration/index.ts';

/** Options of every command that opens the configuration. */
export function addConfigurationOptions(command: Command): Command {
  return command
    .addOption(new Option('--config <file>', 'configuration file instead of headgate.yaml').argParser(parsePath))
    .addOption(
      new Option('--event-logs <path>', 'folder of Spark event logs, instead of the configured sources').argParser(
        parsePath,
      ),
    );
}

/** The option for results and errors as JSON on stdout. */
export function addJsonOption(command: Command): Command {
  return command.option('--json', 'print JSON');
}

/** The option for a port. */
export function portOption(description: string): Option {
  return new Option('--port <port>', description).argParser(parsePort);
}

/** A path as it was typed. An empty one, which a shell makes of a variable that is not set, would mean the current folder. */
export function parsePath(text: string): string {
  if (text !== '') return text;
  throw new InvalidArgumentError('The path is empty; for the current folder write a dot.');
}

function parsePort(text: string): number {
  const port = Number(text);
  if (/^\d{1,5}$/.test(text) && port <= 65_535) return port;
  throw new InvalidArgumentError('A port is a number from 0 to 65535.');
}

/** The options as flags of the configuration. */
export function flagsOf(options: {
  config?: string;
  eventLogs?: string;
  host?: string;
  port?: number;
  insecureBind?: boolean;
}): Flags {
  const { config, eventLogs, host, port, insecureBind } = options;
  return { config, eventLogs, host, port, insecureBind };
}
