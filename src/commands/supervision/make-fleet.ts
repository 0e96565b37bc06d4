import type { Configuration } from '../../kernel/config.ts';
import type { LogLevel } from '../../kernel/config-file.ts';
import { createControlPlaneClient } from '../control-plane-client.ts';
import type { Launcher } from '../invocation.ts';
import { openControlPlaneClient } from '../open-control-plane-client.ts';
import { findEnvoy } from './envoy-binary.ts';
import { provideFirstState, removeLeftovers } from './first-state.ts';
import { createFleet, type Fleet } from './fleet.ts';
import { type FleetPlan, planFleet } from './fleet-plan.ts';

/** What the command line says of a fleet. */
export interface FleetOptions {
  readonly replicas: number;
  readonly host: string;
  readonly port: number;
  readonly adminPort: number;
  readonly firstReplicaPort?: number;
  readonly envoy?: string;
}

/** How Envoy calls our levels. */
const ENVOY_LEVELS: Readonly<Record<LogLevel, string>> = {
  silent: 'off',
  fatal: 'critical',
  error: 'error',
  // Its "info" is a page of text for each start.
  warn: 'warning',
  info: 'warning',
  debug: 'info',
  trace: 'debug',
};

/** Finds Envoy, chooses ports and builds the fleet of a configuration; nothing is started yet. Errors: those of Envoy and of the ports. */
export async function makeFleet(
  options: FleetOptions,
  configuration: Configuration,
  { launcher, say }: { readonly launcher: Launcher; readonly say: (message: string) => void },
): Promise<{ fleet: Fleet; plan: FleetPlan }> {
  const envoy = await findEnvoy(options.envoy, process.env);
  const { replicas, host, port, adminPort, firstReplicaPort = configuration.server.port } = options;
  const plan = await planFleet({ replicas, host, port, adminPort, firstReplicaPort }, configuration, envoy);
  const { file, eventLogs, controlPlane, home } = configuration;
  const fleet = createFleet({
    plan,
    script: launcher.path,
    home,
    configurationArgs: file === null ? [] : ['--config', file],
    controlPlaneArgs: [
      ...(controlPlane.file === null ? [] : ['--file', controlPlane.file]),
      ...(controlPlane.insecureBind ? ['--insecure-bind'] : []),
    ],
    replicaArgs: eventLogs === null ? [] : ['--event-logs', eventLogs],
    envoyLogLevel: ENVOY_LEVELS[configuration.logLevel],
    write: (line) => process.stderr.write(line),
    report: say,
    client: () => clientOf(plan, configuration),
    provideState: async (client) => {
      const inTime = AbortSignal.timeout(PROVIDE_MS);
      await removeLeftovers(client, plan, inTime);
      if (controlPlane.file === null) await provideFirstState(client, plan, inTime);
    },
    ownState: controlPlane.file === null,
  });
  return { fleet, plan };
}

/** Milliseconds. */
const PROVIDE_MS = 30_000;

async function clientOf({ apiUrl, token }: FleetPlan, configuration: Configuration) {
  if (configuration.controlPlane.api.tls !== null) return openControlPlaneClient(configuration);
  const access = { url: apiUrl, token: null, ca: null, client: null, timeoutMs: PROVIDE_MS };
  return createControlPlaneClient(access, token?.secret ?? null);
}
