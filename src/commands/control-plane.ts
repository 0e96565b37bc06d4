import { once } from 'node:events';
import { Command, Option } from 'commander';
import type { ControlPlaneApp } from '../app-control-plane.ts';
import { type Flags, loadConfiguration, requireSafeControlPlane } from '../configuration/index.ts';
import type { Configuration } from '../kernel/config.ts';
import { bodyOf, type Invocation, print } from './invocation.ts';
import { addJsonOption, configOption, parsePath, parsePort, supervisedOption } from './options.ts';
import { keepYoungGenerationSmall } from './young-generation.ts';

interface ControlPlaneOptions {
  readonly config?: string;
  readonly file?: string;
  readonly xdsHost?: string;
  readonly xdsPort?: number;
  readonly apiHost?: string;
  readonly apiPort?: number;
  readonly insecureBind?: boolean;
  readonly check?: boolean;
  readonly print?: 'bootstrap' | 'static' | 'resources';
  readonly group: string;
  readonly nodeId?: string;
  readonly adminPort: number;
  readonly supervised?: boolean;
  readonly acceptToken?: string;
}

const DEFAULT_ADMIN_PORT = 9901;

/** `headgate control-plane`: serves a desired state to Envoys, with REST to change it, until it is stopped. */
export function controlPlaneCommand(invocation: Invocation): Command {
  const command = new Command('control-plane')
    .description('configure Envoys: xDS on 127.0.0.1:18000, REST on http://127.0.0.1:8080')
    .addOption(configOption())
    .addOption(
      new Option('--file <file>', 'desired state, watched, instead of control_plane.file').argParser(parsePath),
    )
    .option('--xds-host <address>', 'address for proxies')
    .addOption(new Option('--xds-port <port>', 'port for proxies; 0 takes a free one').argParser(parsePort))
    .option('--api-host <address>', 'address of the REST API')
    .addOption(new Option('--api-port <port>', 'port of the REST API; 0 takes a free one').argParser(parsePort))
    .option('--insecure-bind', 'listen on addresses that other machines reach without asking who is there')
    .addOption(new Option('--check', 'say what is wrong with the desired state, and serve nothing').conflicts('print'))
    .addOption(
      new Option('--print <what>', 'write a configuration for Envoy, and serve nothing').choices([
        'bootstrap',
        'static',
        'resources',
      ]),
    )
    .addOption(new Option('--group <name>', 'group of proxies whose configuration --print writes').default('default'))
    .option('--node-id <id>', 'name of the Envoy that --print writes for')
    .addOption(
      new Option('--admin-port <port>', "port of that Envoy's administration")
        .argParser(parsePort)
        .default(DEFAULT_ADMIN_PORT),
    )
    .addOption(supervisedOption())
    .addOption(new Option('--accept-token <sha256>').hideHelp());
  return addJsonOption(command).action(async (options: ControlPlaneOptions) => {
    keepYoungGenerationSmall();
    const configuration = await configurationOf(options);
    if (options.check === true) await check(configuration, invocation);
    else if (options.print !== undefined) await printConfiguration(options, configuration, invocation);
    else await serve(options, configuration, invocation);
  });
}

async function configurationOf(options: ControlPlaneOptions): Promise<Configuration> {
  const { config, insecureBind, file, xdsHost, xdsPort, apiHost, apiPort, acceptToken } = options;
  const flags: Flags = { config, insecureBind, controlPlane: { file, xdsHost, xdsPort, apiHost, apiPort } };
  const configuration = await loadConfiguration(flags);
  return acceptToken === undefined ? configuration : accepting(configuration, acceptToken);
}

/** The replicas of a fleet show a token that is made anew at each start of it. */
function accepting(configuration: Configuration, sha256: string): Configuration {
  const { auth } = configuration;
  const fleet = { name: 'headgate-up', sha256, scopes: ['read', 'write'] as const, tenant: 'local' };
  return { ...configuration, auth: { ...auth, tokens: [...auth.tokens, fleet] } };
}

async function check(configuration: Configuration, invocation: Invocation): Promise<void> {
  const { checkDesiredState, renderProblems } = await import('./control-plane-files.ts');
  const { file, problems } = await checkDesiredState(configuration);
  const valid = problems.every(({ severity }) => severity !== 'error');
  if (!valid) invocation.exitCode = 1;
  const said = `${file} ${valid ? 'is valid' : 'is not valid'}.`;
  print(invocation, { file, valid, problems }, [said, ...renderProblems(problems)].join('\n'));
}

async function printConfiguration(
  { print: what, group, nodeId, adminPort }: ControlPlaneOptions,
  configuration: Configuration,
  invocation: Invocation,
): Promise<void> {
  const { configurationFor } = await import('./control-plane-files.ts');
  const { value, yaml } = await configurationFor(what ?? 'bootstrap', configuration, {
    group,
    nodeId: nodeId ?? 'envoy-1',
    adminPort,
  });
  print(invocation, value, yaml.trimEnd());
}

async function serve(
  { supervised = false }: ControlPlaneOptions,
  loaded: Configuration,
  invocation: Invocation,
): Promise<void> {
  if (supervised) (await import('./supervision/follow-parent.ts')).followParent();
  try {
    const configuration = { ...loaded, warnings: [...loaded.warnings, ...requireSafeControlPlane(loaded)] };
    const { createControlPlaneApp } = await import('../app-control-plane.ts');
    const app = await createControlPlaneApp(configuration);
    try {
      await listenUntilStopped(app, configuration, invocation, supervised);
    } finally {
      await app.close();
    }
  } catch (error) {
    if (supervised) process.send?.({ error: bodyOf(error) });
    throw error;
  }
}

async function listenUntilStopped(
  app: ControlPlaneApp,
  { controlPlane: { file }, warnings }: Configuration,
  invocation: Invocation,
  supervised: boolean,
): Promise<void> {
  const { api, xds } = await app.listen();
  const ready = {
    pid: process.pid,
    api_url: api.url,
    xds_address: `${xds.host}:${xds.port}`,
    version: app.version(),
    file,
    warnings,
  };
  const lines = [
    `REST on ${api.url}, xDS on ${ready.xds_address}.`,
    `Version ${ready.version}, ${file === null ? 'changed over REST alone' : `from ${file}, which is watched`}.`,
    'headgate control-plane --print bootstrap writes what an Envoy needs to start; headgate cp status says what Envoys have.',
    ...warnings.map((warning) => `WARNING: ${warning}`),
  ];
  if (supervised) process.send?.({ ready });
  else print(invocation, ready, lines.join('\n'));
  if (!invocation.signal.aborted) await once(invocation.signal, 'abort');
}
