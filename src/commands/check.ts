import { Command } from 'commander';
import { type Flags, loadConfiguration, requireSafeBind, requireSafeControlPlane } from '../configuration/index.ts';
import type { Configuration } from '../kernel/config.ts';
import { failedReport, type HealthReport } from '../kernel/connector.ts';
import { type Invocation, print } from './invocation.ts';
import { addConfigurationOptions, addJsonOption, flagsOf } from './options.ts';

/** What a check found. */
export interface Checked {
  readonly ok: boolean;
  /** The configuration file; null when there is none. */
  readonly file: string | null;
  readonly warnings: readonly string[];
  /** One for each part that was tried, by its path in the configuration. */
  readonly reports: readonly HealthReport[];
}

/** `headgate check`: validates the configuration and tries everything that it names. Exit code 1 when anything is wrong. */
export function checkCommand(invocation: Invocation): Command {
  const command = new Command('check').description('validate the configuration and try everything that it names');
  return addJsonOption(addConfigurationOptions(command)).action(async (options) => {
    const checked = await checkConfiguration(flagsOf(options), invocation.signal);
    if (!checked.ok) invocation.exitCode = 1;
    print(invocation, checked, renderChecked(checked));
  });
}

/** Tries everything at once. Errors: those of a configuration that cannot be read. */
export async function checkConfiguration(flags: Flags, signal: AbortSignal): Promise<Checked> {
  const configuration = await loadConfiguration(flags);
  const { checkFrontDoor } = await import('../gateway/index.ts');
  const address = checkAddress(configuration);
  const [door, state, parts] = await Promise.all([
    checkFrontDoor(configuration),
    checkState(configuration),
    tryParts(configuration, signal),
  ]);
  const reports = [...address.reports, ...door, ...state, ...parts];
  const warnings = [...configuration.warnings, ...address.warnings];
  return { ok: reports.every((report) => report.ok), file: configuration.file, warnings, reports };
}

function checkAddress(configuration: Configuration): Pick<Checked, 'reports' | 'warnings'> {
  const places = [
    { name: 'server.host', look: () => requireSafeBind(configuration) },
    { name: 'control_plane', look: () => requireSafeControlPlane(configuration) },
  ];
  const reports: HealthReport[] = [];
  const warnings: string[] = [];
  for (const { name, look } of places) {
    try {
      warnings.push(...look());
    } catch (error) {
      reports.push(failedReport(name, error));
    }
  }
  return { reports, warnings };
}

/** The desired state of the control plane, where a file of it is configured. */
async function checkState(configuration: Configuration): Promise<HealthReport[]> {
  if (configuration.controlPlane.file === null) return [];
  const name = 'control_plane.file';
  const started = performance.now();
  try {
    const { checkDesiredState } = await import('./control-plane-files.ts');
    const { file, problems } = await checkDesiredState(configuration);
    const errors = problems.filter(({ severity }) => severity === 'error');
    const latency_ms = Math.round(performance.now() - started);
    if (errors.length === 0) return [{ name, ok: true, message: `${file} is valid`, latency_ms }];
    const message = errors.map(({ path, message: what }) => `${path}: ${what}`).join('; ');
    return [{ name, ok: false, message, hint: 'headgate control-plane --check says more.', latency_ms }];
  } catch (error) {
    return [failedReport(name, error)];
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

/** A check as a person reads it: a line for each part, and how to mend what is wrong. */
export function renderChecked({ file, warnings, reports }: Checked): string {
  const lines = [`Configuration: ${file ?? 'defaults (no headgate.yaml)'}`];
  for (const warning of warnings) lines.push(`warning  ${warning}`);
  for (const { name, ok, message, hint } of reports) {
    lines.push(`${ok ? 'ok      ' : 'FAILED  '} ${name}: ${message}`);
    if (hint !== undefined) lines.push(`         ${hint}`);
  }
  return lines.join('\n');
}
