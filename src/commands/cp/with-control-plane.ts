import type { Command } from 'commander';
import { loadConfiguration } from '../../configuration/index.ts';
import type { ControlPlaneClient } from '../control-plane-client.ts';
import { addJsonOption, configOption } from '../options.ts';

/** Options of every command that asks a control plane. */
export interface CpOptions {
  readonly config?: string;
  readonly gateway?: string;
}

/** Adds the options that say which control plane is asked. */
export function addCpOptions(command: Command): Command {
  command.addOption(configOption()).option('--gateway <url>', 'address of the control plane, instead of gateway.url');
  return addJsonOption(command);
}

/** Asks the control plane that is configured, and lets go of it whatever happens. */
export async function withControlPlane<T>(
  { config, gateway }: CpOptions,
  run: (client: ControlPlaneClient) => Promise<T>,
): Promise<T> {
  const configuration = await loadConfiguration({ config, gateway });
  const { openControlPlaneClient } = await import('../open-control-plane-client.ts');
  const client = await openControlPlaneClient(configuration);
  try {
    return await run(client);
  } finally {
    await client.close();
  }
}
