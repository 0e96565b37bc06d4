import { once } from 'node:events';
import { setFlagsFromString } from 'node:v8';
import { Command, Option } from 'commander';
import type { App } from '../app.ts';
import { type Flags, loadConfiguration, requireSafeBind } from '../configuration/index.ts';
import type { Configuration } from '../kernel/config.ts';
import { requireEventLogs, warnOfSources } from './event-log-sources.ts';
import { bodyOf, type Invocation, print } from './invocation.ts';
import { addConfigurationOptions, addJsonOption, flagsOf, portOption, supervisedOption } from './options.ts';
import type { ReplicaRegistration } from './replica-registration.ts';

interface ServeOptions {
  readonly config?: string;
  readonly eventLogs?: string;
  readonly host?: string;
  readonly insecureBind?: boolean;
  readonly port?: number;
  readonly stdio?: boolean;
  readonly detach?: boolean;
  readonly gateway?: string;
  readonly register?: string;
  readonly supervised?: boolean;
}

/** Calls of a server that proxies stand before get so long to end once nothing new comes. Milliseconds. */
const REPLICA_GRACE_MS = 30_000;

/** Requests that were on their way when the proxies took a server away arrive within this. Milliseconds. */
const LAST_ARRIVALS_MS = 300;

/** Whoever sends requests but reads no registrations learns by a health check, every 5 s, that this server ends. Milliseconds. */
const UNTOLD_ARRIVALS_MS = 8_000;

/** `headgate serve`: MCP and REST on a port until it is stopped, or MCP over stdio until the client goes. */
export function serveCommand(invocation: Invocation): Command {
  const command = new Command('serve')
    .description('start the server: on http://127.0.0.1:8000, or over stdio')
    .addOption(
      new Option('--stdio', 'speak MCP over stdin and stdout').conflicts([
        'detach',
        'port',
        'host',
        'insecureBind',
        'register',
        'supervised',
      ]),
    )
    .option('--detach', 'start in the background and return when it is ready')
    .option('--host <address>', 'address to listen on')
    .option('--insecure-bind', 'listen on an address that other machines reach without authentication')
    .addOption(portOption('port to listen on; 0 takes a free one'))
    .option('--gateway <url>', 'address of the control plane')
    .option('--register <cluster>', 'be an endpoint of this cluster of the control plane while it runs')
    .addOption(supervisedOption());
  return addJsonOption(addConfigurationOptions(command)).action(async (options: ServeOptions) => {
    const flags = flagsOf(options);
    if (options.stdio) await serveStdio(flags, invocation.signal);
    else if (options.detach) await serveDetached(flags, invocation);
    else await serveHttp(flags, invocation, options.supervised === true);
  });
}

/** The process that starts us reads and writes our stdio, in whatever folder it happens to be. */
async function serveStdio(flags: Flags, signal: AbortSignal): Promise<void> {
  const configuration = await warnOfSources(await loadConfiguration(flags, { trustWorkingDirectory: false }));
  await requireEventLogs(configuration);
  const app = await open(configuration);
  try {
    const connection = app.gateway.serveStdio({ input: process.stdin, output: process.stdout });
    optimizeForSpeed();
    await Promise.race([connection.closed, aborted(signal)]);
  } finally {
    await app.close();
    process.stdin.destroy();
  }
}

async function serveHttp(flags: Flags, invocation: Invocation, supervised: boolean): Promise<void> {
  const fleet = supervised ? (await import('./supervision/follow-parent.ts')).followParent() : null;
  try {
    const configuration = warnOfAddress(await warnOfSources(await loadConfiguration(flags)));
    await requireEventLogs(configuration);
    const app = await open(configuration);
    try {
      await listenUntilStopped(app, configuration, invocation, fleet);
    } finally {
      await app.close();
    }
  } catch (error) {
    process.send?.({ error: bodyOf(error) });
    throw error;
  }
}

/** `fleet` is the process of the `headgate up` that started us; null: none did. */
async function listenUntilStopped(
  app: App,
  configuration: Configuration,
  invocation: Invocation,
  fleet: number | null,
): Promise<void> {
  const [{ announceServer }, { buildClientConfiguration, renderWelcome }] = await Promise.all([
    import('./running-servers.ts'),
    import('./client-configuration.ts'),
  ]);
  const { url, port } = await app.gateway.listen(configuration.server);
  optimizeForSpeed();
  const { warnings } = configuration;
  const server = { pid: process.pid, url, port, started_at: new Date().toISOString() };
  const crossOut = await announceServer(configuration.home, {
    ...server,
    ...(fleet === null ? {} : { fleet }),
    ...(warnings.length === 0 ? {} : { warnings }),
  });
  try {
    const registration = await registerWhereConfigured(configuration, port);
    const reached = configuration.server.publicUrl?.replace(/\/+$/, '') ?? url;
    const clients = buildClientConfiguration(invocation.launcher, configuration, reached);
    const started = { ...server, client_configuration: clients, warnings };
    const welcome = renderWelcome(url, clients, warnings);
    if (fleet !== null) process.send?.({ ready: started });
    else if (process.send === undefined) print(invocation, started, welcome);
    else handOver({ ready: started, welcome });
    await aborted(invocation.signal);
    await endOf(app, registration);
  } finally {
    await crossOut();
  }
}

async function registerWhereConfigured(
  configuration: Configuration,
  port: number,
): Promise<ReplicaRegistration | null> {
  const { gateway, server, logLevel } = configuration;
  if (gateway === null || gateway.register === null) return null;
  const [{ registerReplica }, { openControlPlaneClient }, { createLogger }] = await Promise.all([
    import('./replica-registration.ts'),
    import('./open-control-plane-client.ts'),
    import('../gateway/index.ts'),
  ]);
  const logger = createLogger(logLevel, () => undefined);
  return registerReplica(
    gateway.register,
    { host: server.host, port },
    {
      client: await openControlPlaneClient(configuration),
      clock: () => performance.now(),
      report: (message, error) => logger.warn({ err: error }, message),
    },
  );
}

/** A registered server first lets its proxies send requests elsewhere, and answers until they do. */
async function endOf(app: App, registration: ReplicaRegistration | null): Promise<void> {
  if (registration === null) return app.close();
  app.gateway.drain();
  await registration.drain();
  await app.gateway.quiet(LAST_ARRIVALS_MS, UNTOLD_ARRIVALS_MS);
  await app.close(REPLICA_GRACE_MS);
  await registration.remove();
}

/** The configuration with what is wrong with its address among the warnings. Errors: `failed_precondition` where it is not safe. */
function warnOfAddress(configuration: Configuration): Configuration {
  return { ...configuration, warnings: [...configuration.warnings, ...requireSafeBind(configuration)] };
}

/** Tells the `--detach` that started us, and lets go of it. */
function handOver(message: object): void {
  process.send?.(message, () => process.disconnect());
}

async function serveDetached(flags: Flags, invocation: Invocation): Promise<void> {
  const configuration = warnOfAddress(await warnOfSources(await loadConfiguration(flags)));
  await requireEventLogs(configuration);
  for (const warning of configuration.warnings) process.stderr.write(`warning: ${warning}\n`);
  const { startDetached } = await import('./detached-server.ts');
  const { ready, welcome, log } = await startDetached(flags, configuration.home, invocation);
  print(
    invocation,
    { ...ready, log },
    `${welcome}\n\nIt runs in the background; its log is ${log}. Stop it with: headgate stop`,
  );
}

/**
 * Opens the app. A server waits most of its life: V8 is asked to keep its heap small, and its young generation from
 * growing over the garbage of start-up: 125 → 113 MB for an idle server. 2 is V8's default, for the calls that follow.
 */
async function open(configuration: Configuration): Promise<App> {
  setFlagsFromString('--optimize-for-size');
  setFlagsFromString('--semi-space-growth-factor=1');
  try {
    const { createApp } = await import('../app.ts');
    return await createApp(configuration);
  } finally {
    setFlagsFromString('--semi-space-growth-factor=2');
  }
}

/** Once everything is loaded: code that V8 keeps small halves what a server answers in a second. */
function optimizeForSpeed(): void {
  setFlagsFromString('--no-optimize-for-size');
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await once(signal, 'abort');
}
