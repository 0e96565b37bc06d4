import { isIP } from 'node:net';
import { fieldOf } from '../descriptors/json-path.ts';
import type { MessageVisitor, Visit } from '../descriptors/message-encoder.ts';
import { itemsOf } from './route-traps.ts';

type Json = Readonly<Record<string, unknown>>;

const MANAGER = 'envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager';
/** Fields of a listener that stand in for filter chains. */
const INSTEAD_OF_CHAINS = ['udp_listener_config', 'api_listener', 'fcds_config', 'default_filter_chain'] as const;
/** Network filters that end a chain, and that must be its last. */
const TERMINAL = new Set([MANAGER, 'envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy']);
const ROUTER = 'envoy.extensions.filters.http.router.v3.Router';
/** Where the certificates of a TLS server can come from. */
const CERTIFICATES = [
  'tls_certificates',
  'tls_certificate_sds_secret_configs',
  'tls_certificate_provider_instance',
  'tls_certificate_certificate_provider',
  'tls_certificate_certificate_provider_instance',
  'custom_tls_certificate_selector',
] as const;

/** What Envoy refuses in listeners, beyond the constraints of single values. */
export const LISTENER_TRAPS: ReadonlyArray<readonly [message: string, visitor: MessageVisitor]> = [
  ['envoy.config.listener.v3.Listener', visitListener],
  ['envoy.config.listener.v3.FilterChain', visitFilterChain],
  [MANAGER, visitConnectionManager],
  ['envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext', visitDownstreamTls],
];

function visitListener(listener: Json, visit: Visit): void {
  const chains = itemsOf(listener, 'filter_chains');
  const replaced = INSTEAD_OF_CHAINS.some((field) => fieldOf(listener, field) !== undefined);
  if (chains.length === 0 && !replaced)
    report(
      visit,
      'filter-chain',
      'A listener needs at least one filter chain: it would take connections and do nothing with them.',
      ['filter_chains'],
    );
  const address = fieldOf(fieldOf(fieldOf(listener, 'address'), 'socket_address'), 'address');
  if (typeof address === 'string' && isIP(address) === 0)
    report(visit, 'address', `${address} is not an IP address, and a listener resolves no names.`, [
      'address',
      'socket_address',
      'address',
    ]);
  // With a matcher it is the matcher that chooses, by name.
  reportTwice(chains, fieldOf(listener, 'filter_chain_matcher') !== undefined, visit);
}

/** Two chains that match the same connections, or that have one name. */
function reportTwice(chains: readonly unknown[], matched: boolean, visit: Visit): void {
  const names = new Set<unknown>();
  const matches = new Set<string>();
  for (const [index, chain] of chains.entries()) {
    const name = fieldOf(chain, 'name');
    if (typeof name === 'string' && name !== '' && names.has(name))
      report(
        visit,
        'duplicate-name',
        `The filter chain ${name} is there twice.`,
        ['filter_chains', index, 'name'],
        'warning',
      );
    names.add(name);
    const match = JSON.stringify(sortKeys(fieldOf(chain, 'filter_chain_match') ?? {}));
    if (matches.has(match) && !matched)
      report(visit, 'duplicate-match', 'An earlier filter chain matches the same connections.', [
        'filter_chains',
        index,
        'filter_chain_match',
      ]);
    matches.add(match);
  }
}

function visitFilterChain(chain: Json, visit: Visit): void {
  const filters = itemsOf(chain, 'filters');
  for (const [index, filter] of filters.slice(0, -1).entries())
    if (TERMINAL.has(heldType(filter)))
      report(
        visit,
        'filter-order',
        `The filter ${String(fieldOf(filter, 'name'))} ends the chain, and must be its last.`,
        ['filters', index],
      );
}

function visitConnectionManager(manager: Json, visit: Visit): void {
  const filters = itemsOf(manager, 'http_filters');
  for (const [index, filter] of filters.slice(0, -1).entries())
    if (heldType(filter) === ROUTER)
      report(visit, 'filter-order', 'The router must be the last HTTP filter: those after it would never run.', [
        'http_filters',
        index,
      ]);
  const names = new Set<unknown>();
  for (const [index, filter] of filters.entries()) {
    const name = fieldOf(filter, 'name');
    if (names.has(name))
      report(
        visit,
        'duplicate-name',
        `The HTTP filter ${String(name)} is there twice: routes could not tell them apart.`,
        ['http_filters', index, 'name'],
        'warning',
      );
    names.add(name);
  }
}

function visitDownstreamTls(context: Json, visit: Visit): void {
  const shared = fieldOf(context, 'common_tls_context');
  const given = (field: string) => fieldOf(shared, field) !== undefined && itemsOrOne(shared, field);
  if (CERTIFICATES.some(given)) return;
  report(visit, 'tls-without-certificate', 'A TLS server needs a certificate.', [
    'common_tls_context',
    'tls_certificates',
  ]);
}

function itemsOrOne(message: unknown, field: string): boolean {
  const value = fieldOf(message, field);
  return !Array.isArray(value) || value.length > 0;
}

function heldType(filter: unknown): string {
  const url = (fieldOf(filter, 'typed_config') as Json | undefined)?.['@type'];
  return typeof url === 'string' ? url.slice(url.lastIndexOf('/') + 1) : '';
}

function report(
  visit: Visit,
  rule: string,
  message: string,
  below: ReadonlyArray<string | number>,
  severity: 'error' | 'warning' = 'error',
): void {
  visit.problem({ severity, rule, path: '', message }, below);
}

function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1));
  return Object.fromEntries(entries.map(([key, inner]) => [key, sortKeys(inner)]));
}
