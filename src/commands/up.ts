import { once } from 'node:events';
import { Command, InvalidArgumentError, Option } from 'commander';
import { type Flags, loadConfiguration, requireSafeBind, requireSafeControlPlane } from '../configuration/index.ts';
import { requireEventLogs } from './event-log-sources.ts';
import { bodyOf, type Invocation, print } from './invocation.ts';
import { addConfigurationOptions, addJsonOption, parsePath, parsePort, portOption } from './options.ts';
import { proxyUrl } from './supervision/first-state.ts';
import type { Fleet } from './supervision/fleet.ts';
import type { FleetPlan } from './supervision/fleet-plan.ts';
import type { FleetOptions } from './supervision/make-fleet.ts';

interface UpOptions extends FleetOptions {
  readonly config?: string;
  readonly eventLogs?: string;
  readonly insecureBind?: boolean;
  readonly xdsPort?: number;
  readonly apiPort?: number;
  readonly file?: string;
  readonly rollingRestart?: boolean;
}

const DEFAULTS = { replicas: 3, host: '127.0.0.1', port: 10_000, adminPort: 9901 };

/** Each replica is a process with a memory of its own. */
const MAX_REPLICAS = 64;

/** `headgate up`: a control plane, an Envoy and replicas of the server on this machine, kept running until it is stopped. */
export function upCommand(invocation: Invocation): Command {
  const command = new Command('up')
    .description('start an Envoy with several servers behind it, and keep them running')
    .addOption(
      new Option('--replicas <count>', 'servers behind Envoy').argParser(parseReplicas).default(DEFAULTS.replicas),
    )
    .option('--host <address>', 'address that Envoy listens on', DEFAULTS.host)
    .option('--insecure-bind', 'listen on an address that other machines reach without authentication')
    .addOption(portOption('port that Envoy listens on; 0 takes a free one').default(DEFAULTS.port))
    .addOption(port('--admin-port <port>', "port of Envoy's administration on 127.0.0.1").default(DEFAULTS.adminPort))
    .addOption(
      port('--first-replica-port <port>', 'port of the first server, the others follow (default: server.port)'),
    )
    .addOption(port('--xds-port <port>', 'port that Envoy takes its configuration from'))
    .addOption(port('--api-port <port>', "port of the control plane's REST API"))
    .addOption(
      new Option('--file <file>', 'desired state, watched, instead of control_plane.file').argParser(parsePath),
    )
    .addOption(new Option('--envoy <path>', "Envoy's binary, instead of HEADGATE_ENVOY").argParser(parsePath))
    .addOption(new Option('--rolling-restart', 'restart the servers of the fleet that runs, one after another'));
  return addJsonOption(addConfigurationOptions(command)).action(async (options: UpOptions) => {
    if (options.rollingRestart) await orderRollingRestart(options, invocation);
    else await runFleet(options, invocation);
  });
}

async function orderRollingRestart({ config }: UpOptions, invocation: Invocation): Promise<void> {
  const { home } = await loadConfiguration({ config });
  const { giveOrder } = await import('./supervision/control-socket.ts');
  const steps: string[] = [];
  const report = (message: string) => {
    steps.push(message);
    if (!invocation.json) process.stdout.write(`${message}\n`);
  };
  await giveOrder(home, 'rolling-restart', report, invocation.signal);
  if (invocation.json) print(invocation, { restarted: true, steps }, '');
}

async function runFleet(options: UpOptions, invocation: Invocation): Promise<void> {
  const configuration = await loadConfiguration(configurationFlags(options));
  await requireEventLogs(configuration);
  const warnings = [
    ...configuration.warnings,
    ...requireSafeBind({ server: { ...configuration.server, host: options.host }, auth: configuration.auth }),
    ...requireSafeControlPlane(configuration),
  ];
  const { takeOrders } = await import('./supervision/control-socket.ts');
  const { makeFleet } = await import('./supervision/make-fleet.ts');
  const ready = Promise.withResolvers<Fleet>();
  // A second fleet on this data folder is refused before anything else is looked at.
  const orders = await takeOrders(configuration.home, async (_order, tell) => restart(await ready.promise, tell));
  const onSignal = () => void restartOnSignal(ready.promise);
  process.on('SIGUSR2', onSignal);
  try {
    const { fleet, plan } = await makeFleet(options, configuration, { launcher: invocation.launcher, say });
    try {
      const unanswered = await fleet.start(invocation.signal);
      ready.resolve(fleet);
      announce(invocation, fleet, plan, [...warnings, ...unanswered]);
      if (!invocation.signal.aborted) await once(invocation.signal, 'abort');
      say('Stopping: Envoy first, then the replicas, then the control plane.');
    } finally {
      await fleet.stop();
    }
  } catch (error) {
    ready.promise.catch(() => {});
    ready.reject(error);
    throw error;
  } finally {
    process.off('SIGUSR2', onSignal);
    await orders.close();
  }
}

/** The log of the fleet and whoever asked for it hear of each step. */
function restart(fleet: Fleet, tell: (message: string) => void): Promise<void> {
  return fleet.restartReplicas((message) => {
    say(message);
    tell(message);
  });
}

async function restartOnSignal(ready: Promise<Fleet>): Promise<void> {
  try {
    await restart(await ready, () => {});
  } catch (error) {
    const { message, hint } = bodyOf(error);
    say(`The rolling restart ended: ${message}${hint === undefined ? '' : ` ${hint}`}`);
  }
}

/** stdout is for what `up` says once it runs; everything else goes where logs go. */
function say(message: string): void {
  process.stderr.write(`headgate | ${message}\n`);
}

function announce(invocation: Invocation, fleet: Fleet, plan: FleetPlan, warnings: readonly string[]): void {
  const url = proxyUrl(plan);
  const admin = `http://${plan.admin.host}:${plan.admin.port}`;
  const replicas = plan.replicas.map(({ host, port }) => `http://${host}:${port}`);
  const ready = {
    pid: process.pid,
    url,
    mcp_url: `${url}/mcp`,
    admin_url: admin,
    api_url: plan.apiUrl,
    xds_address: `${plan.xds.host}:${plan.xds.port}`,
    envoy: plan.envoy,
    replicas,
    running: fleet.running(),
    client_configuration: { mcpServers: { headgate: { type: 'http', url: `${url}/mcp` } } },
    warnings,
  };
  const lines = [
    `Headgate answers at ${url}/mcp: Envoy ${plan.envoy.version} before ${replicas.length} ${replicas.length === 1 ? 'server' : 'servers'}.`,
    '',
    `  control plane   ${plan.apiUrl} (REST), ${plan.xds.host}:${plan.xds.port} (xDS)`,
    `  Envoy's admin   ${admin}`,
    ...replicas.map((replica, index) => `  ${`replica-${index + 1}`.padEnd(14)}  ${replica}`),
    '',
    'For MCP clients:',
    JSON.stringify(ready.client_configuration, null, 2),
    '',
    'headgate cp status says what Envoy has; headgate up --rolling-restart restarts the servers, one after another.',
    'Ctrl-C stops everything.',
    ...warnings.map((warning) => `WARNING: ${warning}`),
  ];
  print(invocation, ready, lines.join('\n'));
}

function configurationFlags({ config, eventLogs, insecureBind, xdsPort, apiPort, file }: UpOptions): Flags {
  return { config, eventLogs, insecureBind, controlPlane: { xdsPort, apiPort, file } };
}

function port(flags: string, description: string): Option {
  return new Option(flags, description).argParser(parsePort);
}

function parseReplicas(text: string): number {
  const count = Number(text);
  if (/^\d{1,2}$/.test(text) && count >= 1 && count <= MAX_REPLICAS) return count;
  throw new InvalidArgumentError(`Between 1 and ${MAX_REPLICAS} servers can stand behind Envoy.`);
}
