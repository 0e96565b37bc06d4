import { createHash, randomBytes } from 'node:crypto';
import type { Configuration, ControlPlanePort } from '../../kernel/config.ts';
import { HeadgateError } from '../../kernel/errors.ts';
import type { EnvoyBinary } from './envoy-binary.ts';
import { claimPorts, type WantedPort } from './free-ports.ts';

/** What was asked of `headgate up`. */
export interface FleetWishes {
  readonly replicas: number;
  /** Where Envoy listens. */
  readonly host: string;
  readonly port: number;
  readonly adminPort: number;
  /** The others follow; 0: each takes a free one. */
  readonly firstReplicaPort: number;
}

/** An address that is known: no zeros, no wildcards where something is reached. */
export interface Place {
  readonly host: string;
  readonly port: number;
}

/** A fleet as it will run. */
export interface FleetPlan {
  readonly envoy: EnvoyBinary;
  /** Where Envoy listens for clients. */
  readonly proxy: Place;
  readonly admin: Place;
  readonly xds: Place;
  readonly api: Place;
  /** How the replicas reach the control plane. */
  readonly apiUrl: string;
  readonly replicas: readonly Place[];
  /** Cluster that the replicas register at. */
  readonly cluster: string;
  /** What the control plane's API takes from the replicas, where it asks for tokens; null: it does not. */
  readonly token: { readonly secret: string; readonly sha256: string } | null;
}

const LOOPBACK = '127.0.0.1';
const DEFAULT_CLUSTER = 'headgate';
const TOKEN_BYTES = 32;

/** Chooses ports and addresses. Errors: `failed_precondition` for ports that are taken, and for TLS that the parts could not use among themselves. */
export async function planFleet(
  wishes: FleetWishes,
  configuration: Configuration,
  envoy: EnvoyBinary,
): Promise<FleetPlan> {
  const { controlPlane, gateway, auth } = configuration;
  requireClearInside(configuration);
  const replicas = Array.from(
    { length: wishes.replicas },
    (_none, index): WantedPort => ({
      what: `replica ${index + 1}`,
      host: LOOPBACK,
      port: wishes.firstReplicaPort === 0 ? 0 : wishes.firstReplicaPort + index,
      option: '--first-replica-port',
    }),
  );
  const [proxyPort = 0, adminPort = 0, xdsPort = 0, apiPort = 0, ...replicaPorts] = await claimPorts([
    { what: 'Envoy', host: wishes.host, port: wishes.port, option: '--port' },
    { what: "Envoy's administration", host: LOOPBACK, port: wishes.adminPort, option: '--admin-port' },
    { what: 'xDS', ...at(controlPlane.xds), option: '--xds-port' },
    { what: 'the API of the control plane', ...at(controlPlane.api), option: '--api-port' },
    ...replicas,
  ]);
  const asksForTokens = auth.tokens.length + auth.issuers.length > 0;
  return {
    envoy,
    proxy: { host: wishes.host, port: proxyPort },
    admin: { host: LOOPBACK, port: adminPort },
    xds: { host: controlPlane.xds.host, port: xdsPort },
    api: { host: controlPlane.api.host, port: apiPort },
    apiUrl:
      controlPlane.api.tls !== null && gateway !== null
        ? gateway.url
        : `http://${urlHost(reachable(controlPlane.api.host))}:${apiPort}`,
    replicas: replicaPorts.map((port) => ({ host: LOOPBACK, port })),
    cluster: gateway?.register?.cluster ?? DEFAULT_CLUSTER,
    token: asksForTokens ? makeToken() : null,
  };
}

function at({ host, port }: ControlPlanePort): Place {
  return { host, port };
}

/** The address that this machine reaches a bound one by. */
export function reachable(host: string): string {
  return host === '0.0.0.0' || host === '::' || host === 'localhost' ? LOOPBACK : host;
}

/** As it stands in a URL: IPv6 in brackets. */
export function urlHost(host: string): string {
  return host.includes(':') && !host.startsWith('[') ? `[${host}]` : host;
}

/** What the parts say to each other stays on this machine: TLS there would need names and authorities that only its owner knows. */
function requireClearInside({ controlPlane, server, gateway }: Configuration): void {
  if (server.tls !== null)
    throw insideTls(
      'server.tls',
      'In a fleet Envoy speaks TLS with clients: give listeners.default.tls in control_plane.file.',
    );
  if (controlPlane.xds.tls !== null)
    throw insideTls('control_plane.xds.tls', 'Envoys of other machines are served by headgate control-plane.');
  if (controlPlane.api.tls !== null && gateway === null)
    throw new HeadgateError('failed_precondition', 'control_plane.api.tls is set, and gateway.url is missing.', {
      hint: 'Write gateway.url with the name of the certificate, and gateway.ca: the replicas reach the API by them.',
    });
}

function insideTls(path: string, hint: string): HeadgateError {
  return new HeadgateError(
    'failed_precondition',
    `${path} is set: headgate up speaks without TLS inside of this machine.`,
    { hint },
  );
}

function makeToken(): { secret: string; sha256: string } {
  const secret = `hg_${randomBytes(TOKEN_BYTES).toString('base64url')}`;
  return { secret, sha256: createHash('sha256').update(secret).digest('hex') };
}
