import { validateHostHeader, validateOriginHeader } from '@modelcontextprotocol/server';
import type { FastifyRequest } from 'fastify';
import { HeadgateError } from '../../kernel/errors.ts';

/** Names of this machine to itself. */
const LOOPBACK_HOSTS = ['localhost', '127.0.0.1', '[::1]'];

/** Addresses that mean every interface: not a name that anybody calls. */
const WILDCARDS: ReadonlySet<string> = new Set(['0.0.0.0', '::']);

/** The host names that requests may come for: loopback, the bound address, and those that the configuration names. */
export function allowedHostsOf(boundHost: string, configured: readonly string[] = []): string[] {
  const bound = WILDCARDS.has(boundHost) ? [] : [headerName(boundHost)];
  return [...new Set([...LOOPBACK_HOSTS, ...bound, ...configured.map(headerName)])];
}

/**
 * Refuses requests for a foreign Host or from a foreign Origin: a page of another site whose name was rebound to this
 * machine sends its own name in both. Errors: `permission_denied`.
 */
export function createHostGuard(allowed: readonly string[]): (request: FastifyRequest) => Promise<void> {
  const hosts = [...allowed];
  return async ({ headers }) => {
    const host = validateHostHeader(headers.host, hosts);
    if (!host.ok) refuse('Host', headers.host);
    const origin = validateOriginHeader(headers.origin, hosts);
    if (!origin.ok) refuse('Origin', headers.origin);
  };
}

function refuse(header: string, value: string | undefined): never {
  const shown = value === undefined ? 'is missing' : `${JSON.stringify(value.slice(0, 200))} is not allowed`;
  throw new HeadgateError('permission_denied', `The ${header} header ${shown}.`, {
    hint: 'Use the address that the gateway prints, or name the host under allowed_hosts in the configuration.',
  });
}

/** The name as a Host header carries it: lower case, IPv6 in brackets, no port. */
function headerName(host: string): string {
  const isBareIpv6 = host.split(':').length > 2 && !host.startsWith('[');
  if (isBareIpv6) return `[${host.toLowerCase()}]`;
  return host.toLowerCase().replace(/:\d+$/, '');
}
