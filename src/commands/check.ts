import { Command } from 'commander';
import { type Flags, loadConfiguration, requireLoopback } from '../configuration/index.ts';
import type { Configuration } from '../kernel/config.ts';
import { failedReport, type HealthReport } from '../kernel/connector.ts';
import { type Invocation, print } from './invocation.ts';
import { addConfigurationOptions, addJsonOption, flagsOf } from './options.ts';

/** `headgate check`: validates the configuration and tries everything that it names. Exit code 1 when anything is wrong. */
export function checkCommand(invocation: Invocation): Command {
  const command = new Command('check').description('validate the configuration and try everything that it names');
  return addJsonOption(addConfigurationOptions(command)).action(async (options) => {
    const flags: Flags = flagsOf(options);
    const configuration = await loadConfiguration(flags);
    const reports = [...checkAddress(configuration), ...(await tryParts(configuration, invocation.signal))];
    const ok = reports.every((report) => report.ok);
    if (!ok) invocation.exitCode = 1;
    const { file, warnings } = configuration;
    print(invocation, { ok, file, warnings, reports }, render(configuration, reports));
  });
}

function checkAddress({ server }: Configuration): HealthReport[] {
  try {
    requireLoopback(server.host);
    return [];
  } catch (error) {
    return [failedReport('server.host', error)];
  }
}

async function tryParts(configuration: Configuration, signal: AbortSignal): Promise<HealthReport[]> {
  try {
    const { createApp } = await import('../app.ts');
    const app = await createApp({ ...configuration, logLevel: 'silent' });
    try {
      return await app.health(signal);
    } finally {
      await app.close();
    }
  } catch (error) {
    return [failedReport('start', error)];
  }
}

function render(configuration: Configuration, reports: readonly HealthReport[]): string {
  const lines = [`Configuration: ${configuration.file ?? 'defaults (no headgate.yaml)'}`];
  for (const warning of configuration.warnings) lines.push(`warning  ${warning}`);
  for (const { name, ok, message, hint } of reports) {
    lines.push(`${ok ? 'ok      ' : 'FAILED  '} ${name}: ${message}`);
    if (!ok && hint !== undefined) lines.push(`         ${hint}`);
  }
  return lines.join('\n');
}
