import { type Command, InvalidArgumentError, Option } from 'commander';
import type { Flags } from '../configuration/index.ts';

/** Options of every command that opens the configuration. */
export function addConfigurationOptions(command: Command): Command {
  return command
    .addOption(configOption())
    .addOption(
      new Option('--event-logs <path>', 'folder of Spark event logs, instead of the configured sources').argParser(
        parsePath,
      ),
    );
}

/** The option for the configuration file. */
export function configOption(): Option {
  return new Option('--config <file>', 'configuration file instead of headgate.yaml').argParser(parsePath);
}

/** The option for results and errors as JSON on stdout. */
export function addJsonOption(command: Command): Command {
  return command.option('--json', 'print JSON');
}

/** The option for a port. */
export function portOption(description: string): Option {
  return new Option('--port <port>', description).argParser(parsePort);
}

/** For the processes that `headgate up` starts: they report over their channel, and end with it. */
export function supervisedOption(): Option {
  return new Option('--supervised').hideHelp();
}

/** A path as it was typed. An empty one, which a shell makes of a variable that is not set, would mean the current folder. */
export function parsePath(text: string): string {
  if (text !== '') return text;
  throw new InvalidArgumentError('The path is empty; for the current folder write a dot.');
}

/** A number of a port, 0 for a free one. */
export function parsePort(text: string): number {
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
  gateway?: string;
  register?: string;
}): Flags {
  const { config, eventLogs, host, port, insecureBind, gateway, register } = options;
  return { config, eventLogs, host, port, insecureBind, gateway, register };
}
