import { networkInterfaces } from 'node:os';
import { validateHostHeader, validateOriginHeader } from '@modelcontextprotocol/server';
import type { FastifyRequest } from 'fastify';
import { HeadgateError } from '../../kernel/errors.ts';

/** Names of this machine to itself. */
const LOOPBACK_HOSTS = ['localhost', '127.0.0.1', '[::1]'];

/** Addresses that mean every interface: not a name that anybody calls. */
const WILDCARDS: ReadonlySet<string> = new Set(['0.0.0.0', '::']);

/**
 * The host names that requests may come for: loopback, the bound address, and those that `configured` names. Bound to
 * every interface, the addresses of this machine: a page whose name was rebound sends that name, never an address.
 */
export function allowedHostsOf(
  boundHost: string,
  configured: readonly string[] = [],
  ownAddresses: () => readonly string[] = addressesOfThisMachine,
): string[] {
  const bound = (WILDCARDS.has(boundHost) ? ownAddresses() : [boundHost]).map(headerName);
  return [...new Set([...LOOPBACK_HOSTS, ...bound, ...configured.map(headerName)])];
}

/**
 * Refuses requests for a foreign Host or from a foreign Origin: a page of another site whose name was rebound to this
 * machine sends its own name in both. Errors: `permission_denied`.
 */
export function createHostGuard(allowed: readonly string[]): (request: FastifyRequest) => void {
  const hosts = [...allowed];
  return ({ headers, routeOptions }) => {
    const host = validateHostHeader(headers.host, hosts);
    const isKnown = host.ok && HOST.test(headers.host ?? '');
    if (!isKnown && routeOptions.config?.anyHost !== true) refuse('Host', headers.host, HOST_HINT);
    const origin = validateOriginHeader(headers.origin, hosts);
    if (!origin.ok) refuse('Origin', headers.origin, ORIGIN_HINT);
  };
}

/** A name or an address, and a port: user, path and query have no place in the header, and would go into addresses made from it. */
const HOST = /^(?:\[[\da-f:.]+\]|[\w.-]+)(?::\d*)?$/i;

const HOST_HINT =
  'Write 127.0.0.1 or localhost in the URL, with the port that the gateway prints; name others in server.allowed_hosts or server.public_url.';

const ORIGIN_HINT =
  'Call from a program, or from a page of this machine: http://127.0.0.1 or http://localhost; name others in server.allowed_hosts.';

function refuse(header: string, value: string | undefined, hint: string): never {
  const shown = value === undefined ? 'is missing' : `${JSON.stringify(value.slice(0, 200))} is not allowed`;
  throw new HeadgateError('permission_denied', `The ${header} header ${shown}.`, { hint });
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
