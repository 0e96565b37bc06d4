import { fieldOf } from '../descriptors/json-path.ts';

/**
 * What a listener binds, as `tcp 0.0.0.0:10000`, `udp [::]:443` or `unix /run/envoy.sock`: the address and the additional ones. Empty
 * for a listener that binds nothing (`bind_to_port: false`, an internal or API listener) or that shares its port (`enable_reuse_port`
 * is the default of Envoy and shares among its own workers only, so it does not count here).
 */
export function bindAddresses(listener: Readonly<Record<string, unknown>>): string[] {
  const deprecated = fieldOf(fieldOf(listener, 'deprecated_v1'), 'bind_to_port');
  if (fieldOf(listener, 'bind_to_port') === false || deprecated === false) return [];
  const additional = fieldOf(listener, 'additional_addresses');
  const addresses = [
    fieldOf(listener, 'address'),
    ...(Array.isArray(additional) ? additional.map((each) => fieldOf(each, 'address')) : []),
  ];
  return addresses.map(bindAddress).filter((address) => address !== null);
}

/** Whether two of these cannot be bound at once: the same port of the same protocol, at the same address or where one is all addresses. */
export function bindsOverlap(one: string, other: string): boolean {
  const first = parts(one);
  const second = parts(other);
  if (first.protocol !== second.protocol || first.port !== second.port) return false;
  if (first.host === second.host) return true;
  return covers(first.host, second.host) || covers(second.host, first.host);
}

/** Protocol and port of a bind: only binds with the same can overlap. */
export function bindPort(bind: string): string {
  const { protocol, port, host } = parts(bind);
  return port === '' ? `${protocol} ${host}` : `${protocol} ${port}`;
}

function bindAddress(address: unknown): string | null {
  const path = fieldOf(fieldOf(address, 'pipe'), 'path');
  if (typeof path === 'string') return `unix ${path}`;
  const socket = fieldOf(address, 'socket_address');
  const host = fieldOf(socket, 'address');
  const port = Number(fieldOf(socket, 'port_value'));
  // Port 0 is a free one that the system picks: it is nobody else's.
  if (typeof host !== 'string' || !Number.isInteger(port) || port === 0) return null;
  const protocol = fieldOf(socket, 'protocol') === 'UDP' ? 'udp' : 'tcp';
  const family = host.includes(':') && fieldOf(socket, 'ipv4_compat') === true ? '*' : host;
  return `${protocol} ${family.includes(':') ? `[${family.toLowerCase()}]` : family}:${port}`;
}

function parts(bind: string): { protocol: string; host: string; port: string } {
  const space = bind.indexOf(' ');
  const protocol = bind.slice(0, space);
  const rest = bind.slice(space + 1);
  if (protocol === 'unix') return { protocol, host: rest, port: '' };
  const colon = rest.lastIndexOf(':');
  return { protocol, host: rest.slice(0, colon), port: rest.slice(colon + 1) };
}

/** Envoy binds `::` to IPv6 only, unless `ipv4_compat` makes it both: `*` here. */
function covers(all: string, host: string): boolean {
  if (all === '*') return true;
  if (all === '0.0.0.0') return !host.startsWith('[') && host !== '*';
  return all === '[::]' && host.startsWith('[');
}
