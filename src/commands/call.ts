import { Command } from 'commander';
import type { App } from '../app.ts';
import { parseCallArguments, parseJsonArguments } from './call-arguments.ts';
import { type Invocation, print } from './invocation.ts';
import { withApp } from './open-app.ts';
import { addConfigurationOptions, flagsOf } from './options.ts';

interface CallOptions {
  readonly config?: string;
  readonly eventLogs?: string;
  /** True for `--json` alone; text when something followed it. */
  readonly json?: true | string;
}

/** `headgate call TOOL key=value…`: calls one tool in this process, on the path that every client takes. */
export function callCommand(invocation: Invocation): Command {
  const command = new Command('call')
    .description('call a tool')
    .argument('<tool>', 'name of the tool')
    .argument('[arguments...]', 'key=value, read by the tool’s input schema')
    .option('--json [arguments]', 'print JSON; with an object after it, take the arguments from there');
  return addConfigurationOptions(command).action((tool: string, words: string[], options: CallOptions) =>
    withApp(flagsOf(options), async (app) => {
      const { localCaller } = await import('../gateway/index.ts');
      const args = readArguments(app, tool, words, options.json);
      const result = await app.gateway.callTool(tool, args, localCaller('cli'), { signal: invocation.signal });
      print(invocation, result.output, result.text);
    }),
  );
}

function readArguments(app: App, tool: string, words: string[], json: true | string | undefined) {
  const schema = app.gateway.tools.find((known) => known.name === tool)?.inputSchema ?? {};
  // `--json key=value`: the word belongs to the arguments, not to the option.
  const isWord = typeof json === 'string' && !json.trimStart().startsWith('{') && json.includes('=');
  const fromWords = parseCallArguments(isWord ? [json, ...words] : words, schema);
  return typeof json === 'string' && !isWord ? { ...parseJsonArguments(json), ...fromWords } : fromWords;
}
