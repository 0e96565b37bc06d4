import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Problem } from '../control-plane/index.ts';
import type { Configuration } from '../kernel/config.ts';
import { HeadgateError } from '../kernel/errors.ts';
import { createSecretResolver } from '../secrets/resolve-secret.ts';

/** A file of desired state, and what is wrong with it. */
export interface CheckedState {
  readonly file: string;
  readonly problems: readonly Problem[];
}

/** Checks the desired state of the configuration as the control plane would. Errors: `failed_precondition` when none is configured, `not_found`, `permission_denied`. */
export async function checkDesiredState(configuration: Configuration): Promise<CheckedState> {
  const { file, problems } = await compiled(configuration);
  return { file, problems };
}

/** Problems a line each, with what to do below. */
export function renderProblems(problems: readonly Problem[]): string[] {
  return problems.flatMap(({ severity, path, message, hint }) => [
    `${severity.padEnd(7)}  ${path}: ${message}`,
    ...(hint === undefined ? [] : [`         ${hint}`]),
  ]);
}

/** The Envoy that a configuration is written for. */
export interface WrittenFor {
  readonly group: string;
  readonly nodeId: string;
  readonly adminPort: number;
}

/**
 * A configuration for Envoy, as JSON and as YAML that Envoy reads: what it needs to ask this control plane (`bootstrap`), the
 * desired state without a control plane (`static`), or the resources that it would be served (`resources`).
 * Errors: those of the desired state, with its problems.
 */
export async function configurationFor(
  what: 'bootstrap' | 'static' | 'resources',
  configuration: Configuration,
  envoy: WrittenFor,
): Promise<{ value: unknown; yaml: string }> {
  const { renderYaml } = await import('../control-plane/index.ts');
  const value = await (what === 'bootstrap'
    ? bootstrapFor(configuration, envoy)
    : resourcesFor(what, configuration, envoy));
  return { value, yaml: renderYaml(value) };
}

async function bootstrapFor({ controlPlane: { xds } }: Configuration, { group, nodeId, adminPort }: WrittenFor) {
  const { buildBootstrap } = await import('../control-plane/index.ts');
  const tls =
    xds.tls === null
      ? {}
      : {
          tls: {
            ca: '/etc/envoy/headgate-ca.pem',
            certificate:
              xds.tls.clientCa === null ? null : { chain: '/etc/envoy/proxy.crt', key: '/etc/envoy/proxy.key' },
            serverName: null,
          },
        };
  const host = xds.host === '0.0.0.0' || xds.host === '::' ? '127.0.0.1' : xds.host;
  return buildBootstrap({ nodeId, nodeCluster: group, adminPort, xds: { host, port: xds.port, ...tls } });
}

async function resourcesFor(
  what: 'static' | 'resources',
  configuration: Configuration,
  envoy: WrittenFor,
): Promise<unknown> {
  const { buildStatic, staticResources } = await import('../control-plane/index.ts');
  const { file, state, problems, resources } = await compiled(configuration);
  const errors = problems.filter(({ severity }) => severity === 'error');
  if (errors.length > 0)
    throw new HeadgateError(
      'invalid_argument',
      `${file} is not valid: ${errors.map(({ path, message }) => `${path}: ${message}`).join('; ')}`,
      {
        hint: 'headgate control-plane --check says everything that is wrong.',
        details: { problems },
      },
    );
  if (what === 'resources') return resources(envoy.group);
  const { nodeId, group, adminPort } = envoy;
  return buildStatic(staticResources(state, group, dirname(file)), { nodeId, nodeCluster: group, adminPort });
}

async function compiled(configuration: Configuration) {
  const { file } = configuration.controlPlane;
  if (file === null)
    throw new HeadgateError('failed_precondition', 'No desired state is named.', {
      hint: 'Name its file with --file or control_plane.file; what a control plane serves that runs is at /api/v1/config/snapshot.',
    });
  const { compileFile } = await import('../control-plane/index.ts');
  const resolveSecret = createSecretResolver(
    configuration.file === null ? {} : { folder: dirname(configuration.file) },
  );
  return { file, ...(await compileFile(await readText(file), file, resolveSecret)) };
}

async function readText(file: string): Promise<string> {
  return readFile(file, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    const missing = cause.code === 'ENOENT';
    throw new HeadgateError(
      missing ? 'not_found' : 'permission_denied',
      `${missing ? 'There is no file' : 'This user cannot read'} ${file}.`,
      {
        hint: 'Name the file of the desired state with --file or control_plane.file.',
        cause,
      },
    );
  });
}
