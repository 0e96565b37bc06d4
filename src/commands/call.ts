import { Command } from 'commander';
import type { App } from '../app.ts';
import { HeadgateError } from '../kernel/errors.ts';
import { parseCallArguments, parseJsonArguments } from './call-arguments.ts';
import { type Invocation, print, UsageError } from './invocation.ts';
import { withApp } from './open-app.ts';
import { addConfigurationOptions, addJsonOption, flagsOf } from './options.ts';

interface CallOptions {
  readonly config?: string;
  readonly eventLogs?: string;
  /** Arguments of the tool as one JSON object. */
  readonly arguments?: string;
}

/**
 * `headgate call TOOL key=value…`: calls one tool in this process, on the path that every client takes.
 * Exit code 2 when the tool is unknown or does not take these arguments.
 */
export function callCommand(invocation: Invocation): Command {
  const command = new Command('call')
    .description('call a tool')
    .argument('<tool>', 'name of the tool')
    .argument('[arguments...]', 'key=value, read by the tool’s input schema')
    .option('--arguments <object>', 'arguments as one JSON object; key=value wins over it');
  return addJsonOption(addConfigurationOptions(command)).action(
    (first: string, rest: string[], options: CallOptions) => {
      const { tool, words, objects } = sortWords([first, ...rest], options);
      return withApp(flagsOf(options), async (app) => {
        const { localCaller } = await import('../gateway/index.ts');
        const args = readArguments(app, tool, words, objects);
        const result = await app.gateway
          .callTool(tool, args, localCaller('cli'), { signal: invocation.signal })
          .catch((error: unknown) => {
            throw asUsage(error, app, tool);
          });
        print(invocation, result.output, result.text);
      });
    },
  );
}

/** A word that starts with a brace is neither a tool nor key=value: it is the arguments as an object, wherever it stands. */
function sortWords(all: readonly string[], options: CallOptions) {
  const isObject = (word: string) => word.trimStart().startsWith('{');
  const [tool, ...words] = all.filter((word) => !isObject(word));
  if (tool === undefined) {
    throw new UsageError('invalid_argument', 'The name of the tool is missing.', {
      hint: 'headgate tools lists the tools.',
    });
  }
  const objects = [...(options.arguments === undefined ? [] : [options.arguments]), ...all.filter(isObject)];
  return { tool, words, objects };
}

function readArguments(app: App, tool: string, words: readonly string[], objects: readonly string[]) {
  const schema = app.gateway.tools.find((known) => known.name === tool)?.inputSchema ?? {};
  return Object.assign({}, ...objects.map(parseJsonArguments), parseCallArguments(words, schema));
}

/** A tool that is not there and arguments that it does not take are mistakes of the command line. */
function asUsage(error: unknown, { gateway }: App, tool: string): unknown {
  if (!(error instanceof HeadgateError)) return error;
  const isKnown = gateway.tools.some(({ name }) => name === tool);
  if (isKnown && error.code !== 'invalid_argument') return error;
  const { code, message, hint, details } = error;
  return new UsageError(code, message, {
    ...(hint === undefined ? {} : { hint }),
    ...(details === undefined ? {} : { details }),
    cause: error,
  });
}
