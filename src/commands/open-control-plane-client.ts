import { dirname } from 'node:path';
import type { Configuration } from '../kernel/config.ts';
import { HeadgateError } from '../kernel/errors.ts';
import { createSecretResolver } from '../secrets/resolve-secret.ts';
import { type ControlPlaneClient, createControlPlaneClient } from './control-plane-client.ts';

/**
 * A client of the control plane that the configuration names; where it names none, of the one that it would start on this machine.
 * Errors: those of the token; `failed_precondition` where the address is not known.
 */
export async function openControlPlaneClient(configuration: Configuration): Promise<ControlPlaneClient> {
  const { gateway, file, controlPlane } = configuration;
  const access = gateway ?? {
    url: ownUrl(controlPlane.api),
    token: null,
    ca: null,
    client: null,
    timeoutMs: OWN_TIMEOUT_MS,
  };
  const resolveSecret = createSecretResolver(file === null ? {} : { folder: dirname(file) });
  const token =
    access.token === null ? null : await resolveSecret(access.token, 'HEADGATE_GATEWAY_TOKEN (gateway.token)');
  return createControlPlaneClient(access, token);
}

/** Milliseconds. */
const OWN_TIMEOUT_MS = 30_000;

function ownUrl({ host, port, tls }: Configuration['controlPlane']['api']): string {
  if (tls !== null || port === 0) {
    throw new HeadgateError(
      'failed_precondition',
      'Which control plane is meant is not known: gateway.url is missing.',
      {
        hint: 'Name it with --gateway, HEADGATE_GATEWAY_URL or gateway.url; with TLS gateway.ca says which certificate is right.',
      },
    );
  }
  const reached = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
  return `http://${reached.includes(':') ? `[${reached}]` : reached}:${port}`;
}
