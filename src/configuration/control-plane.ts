import { resolve } from 'node:path';
import type {
  Configuration,
  ControlPlaneConfiguration,
  ControlPlanePort,
  GatewayAccess,
  GatewayRegistration,
} from '../kernel/config.ts';
import type { ConfigFile } from '../kernel/config-file.ts';
import { HeadgateError } from '../kernel/errors.ts';
import type { Flags } from './flags.ts';
import { isLoopback } from './server.ts';
import { type Environment, expandHome, portOf } from './variables.ts';

const DEFAULTS = { host: '127.0.0.1', xdsPort: 18_000, apiPort: 8080, retentionDays: 400, timeoutS: 30 };

type Places = { readonly here: string; readonly inFile: (path: string) => string };

/** What the control plane serves, and where: flags, then variables, then the file. Errors: `invalid_argument` for a variable. */
export function controlPlaneOf(
  flags: Flags,
  env: Environment,
  { control_plane: section = {} }: ConfigFile,
  { here, inFile }: Places,
): ControlPlaneConfiguration {
  const { controlPlane: typed = {} } = flags;
  const xds = {
    host: typed.xdsHost ?? (env.XDS_SERVER_HOST || undefined),
    port: typed.xdsPort ?? portOf(env, 'XDS_SERVER_PORT'),
  };
  const api = {
    host: typed.apiHost ?? (env.API_HOST || undefined),
    port: typed.apiPort ?? portOf(env, 'API_PORT'),
  };
  return {
    xds: portFrom(xds, section.xds ?? {}, DEFAULTS.xdsPort, inFile),
    api: portFrom(api, section.api ?? {}, DEFAULTS.apiPort, inFile),
    file: typed.file === undefined ? pathOrNull(section.file, inFile) : resolve(here, expandHome(typed.file)),
    filePolicy: section.file_policy ?? 'exclusive',
    onNack: section.on_nack ?? 'record',
    retentionDays: section.retention_days ?? DEFAULTS.retentionDays,
    insecureBind: flags.insecureBind ?? false,
  };
}

type PortInFile = NonNullable<NonNullable<ConfigFile['control_plane']>['xds']>;

function portFrom(
  said: { readonly host: string | undefined; readonly port: number | undefined },
  inSection: PortInFile,
  port: number,
  inFile: (path: string) => string,
): ControlPlanePort {
  const { tls } = inSection;
  return {
    host: said.host ?? inSection.host ?? DEFAULTS.host,
    port: said.port ?? inSection.port ?? port,
    tls:
      tls === undefined
        ? null
        : { certificate: inFile(tls.certificate), key: inFile(tls.key), clientCa: pathOrNull(tls.client_ca, inFile) },
  };
}

function pathOrNull(path: string | undefined, inFile: (path: string) => string): string | null {
  return path === undefined ? null : inFile(path);
}

/** The control plane to reach; null where none is named. Errors: `invalid_argument` (registering without an address to register at). */
export function gatewayOf(
  flags: Flags,
  env: Environment,
  { gateway: section }: ConfigFile,
  inFile: (path: string) => string,
): Configuration['gateway'] {
  const url = flags.gateway ?? (env.HEADGATE_GATEWAY_URL || undefined) ?? section?.url;
  const cluster = flags.register ?? section?.register?.cluster;
  if (url === undefined) {
    if (cluster === undefined && section === undefined) return null;
    throw new HeadgateError('invalid_argument', 'gateway.url is missing: the address of the control plane.', {
      hint: 'Write gateway.url, such as http://127.0.0.1:8080, or give --gateway or HEADGATE_GATEWAY_URL.',
    });
  }
  return {
    url: httpUrl(url),
    token: env.HEADGATE_GATEWAY_TOKEN ? { env: 'HEADGATE_GATEWAY_TOKEN' } : (section?.token ?? null),
    ca: pathOrNull(section?.ca, inFile),
    client: clientOf(section, inFile),
    timeoutMs: Math.round((section?.timeout_s ?? DEFAULTS.timeoutS) * 1000),
    register: cluster === undefined ? null : registrationOf(cluster, section?.register),
  };
}

type GatewayInFile = NonNullable<ConfigFile['gateway']>;

function clientOf(section: GatewayInFile | undefined, inFile: (path: string) => string): GatewayAccess['client'] {
  const { certificate, key } = section?.tls ?? {};
  return certificate === undefined || key === undefined ? null : { certificate: inFile(certificate), key: inFile(key) };
}

function registrationOf(cluster: string, section: GatewayInFile['register']): GatewayRegistration {
  const { address = null, port = null, region = null, zone = null, weight = null } = section ?? {};
  return { cluster, address, port, region, zone, weight };
}

function httpUrl(text: string): string {
  if (/^https?:\/\/[^\s]+$/i.test(text) && URL.canParse(text)) return text.replace(/\/+$/, '');
  throw new HeadgateError('invalid_argument', 'The address of the control plane must be a URL.', {
    hint: 'It begins with http:// or https://, as in http://127.0.0.1:8080.',
  });
}

/**
 * Refuses ports of the control plane that other machines reach while nothing asks who is there: its API changes where calls go,
 * and what proxies get holds private keys. `insecureBind` allows it all the same. Returns what is allowed but should be changed.
 * Errors: `failed_precondition`.
 */
export function requireSafeControlPlane({
  controlPlane,
  auth,
}: Pick<Configuration, 'controlPlane' | 'auth'>): string[] {
  const { xds, api, insecureBind } = controlPlane;
  const tokens = auth.tokens.length + auth.issuers.length > 0;
  return [
    ...warningsOf('control_plane.xds', xds, false, insecureBind),
    ...warningsOf('control_plane.api', api, tokens, insecureBind),
  ];
}

function warningsOf(path: string, { host, tls }: ControlPlanePort, tokens: boolean, insecureBind: boolean): string[] {
  if (isLoopback(host)) return [];
  const asks = tokens || (tls !== null && tls.clientCa !== null);
  if (!asks && !insecureBind) {
    const ways =
      path === 'control_plane.api' ? `auth.tokens, auth.issuers or ${path}.tls.client_ca` : `${path}.tls.client_ca`;
    throw new HeadgateError(
      'failed_precondition',
      `${path}.host is ${host}, which other machines reach, and nothing asks who is there.`,
      { hint: `Set ${ways}, or use 127.0.0.1. With --insecure-bind everybody who reaches the address is let in.` },
    );
  }
  const open = asks
    ? []
    : [
        `${path} listens on ${host} without authentication (--insecure-bind): everybody who reaches this address is let in.`,
      ];
  const clear =
    tls === null
      ? [
          `${path} listens on ${host} without TLS: tokens and configuration cross the network in clear. Set ${path}.tls.`,
        ]
      : [];
  return [...open, ...clear];
}
