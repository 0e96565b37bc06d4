import { Command } from 'commander';
import { type Invocation, print } from './invocation.ts';
import { withApp } from './open-app.ts';
import { addConfigurationOptions, addJsonOption, flagsOf } from './options.ts';

/** `headgate tools`: what a client would see in its list of tools. */
export function toolsCommand(invocation: Invocation): Command {
  const command = new Command('tools').description('list the tools that clients see');
  return addJsonOption(addConfigurationOptions(command)).action((options) =>
    withApp(flagsOf(options), async ({ gateway }) => {
      const { localCaller } = await import('../gateway/index.ts');
      const caller = localCaller('cli');
      const tools = gateway.tools.filter((tool) => gateway.lists(caller, tool.name));
      const width = Math.max(0, ...tools.map((tool) => tool.name.length));
      const lines = tools.map((tool) => `${tool.name.padEnd(width)}  ${tool.risk.padEnd(11)}  ${tool.title}`);
      print(invocation, { tools }, lines.join('\n'));
    }),
  );
}
