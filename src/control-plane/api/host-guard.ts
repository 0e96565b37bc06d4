import { networkInterfaces } from 'node:os';
import type { FastifyRequest } from 'fastify';
import { HeadgateError } from '../../kernel/errors.ts';

/** Names of this machine to itself. */
const LOOPBACK_HOSTS = ['localhost', '127.0.0.1', '[::1]'];

/** Addresses that mean every interface: not a name that anybody calls. */
const WILDCARDS: ReadonlySet<string> = new Set(['0.0.0.0', '::']);

/** A name or an address, and a port. */
const HOST = /^(\[[\da-f:.]+\]|[\w.-]+)(?::\d{1,5})?$/i;

const HINT =
  'Write 127.0.0.1 or localhost in the URL, or the address that the control plane listens on; name others in the configuration of its API.';

/**
 * Refuses requests for a foreign Host or from a foreign Origin: a page of another site whose name was rebound to this machine
 * sends its own name in both. Errors: `permission_denied`.
 */
export function createHostGuard(
  boundHost: string,
  configured: readonly string[] = [],
  ownAddresses: () => readonly string[] = addressesOfThisMachine,
): (request: Pick<FastifyRequest, 'headers'>) => void {
  const bound = WILDCARDS.has(boundHost) ? ownAddresses() : [boundHost];
  const allowed = new Set([...LOOPBACK_HOSTS, ...bound.map(headerName), ...configured.map(headerName)]);
  return ({ headers: { host, origin } }) => {
    const name = HOST.exec(host ?? '')?.[1]?.toLowerCase();
    if (name === undefined || !allowed.has(name)) refuse('Host', host);
    if (origin !== undefined && !allowed.has(hostOfOrigin(origin))) refuse('Origin', origin);
  };
}

function hostOfOrigin(origin: string): string {
  return URL.canParse(origin) ? new URL(origin).hostname.toLowerCase() : '';
}

function refuse(header: string, value: string | undefined): never {
  const shown = value === undefined ? 'is missing' : `${JSON.stringify(value.slice(0, 200))} is not allowed`;
  throw new HeadgateError('permission_denied', `The ${header} header ${shown}.`, { hint: HINT });
}

function addressesOfThisMachine(): string[] {
  return Object.values(networkInterfaces()).flatMap((interfaces) => (interfaces ?? []).map(({ address }) => address));
}

/** The name as a Host header carries it: lower case, IPv6 in brackets, no port. */
function headerName(host: string): string {
  const isBareIpv6 = host.split(':').length > 2 && !host.startsWith('[');
  if (isBareIpv6) return `[${host.toLowerCase()}]`;
  return host.toLowerCase().replace(/:\d+$/, '');
}
