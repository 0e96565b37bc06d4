import { fieldOf } from '../descriptors/json-path.ts';
import type { MessageVisitor, Visit } from '../descriptors/message-encoder.ts';
import { regularExpressionViolation } from './regular-expression.ts';

type Json = Readonly<Record<string, unknown>>;

/** Of Envoy: the largest body of a direct response when the route configuration does not say another. */
const MAX_DIRECT_BODY_BYTES = 4_096;
const MAX_WEIGHTS = 0xffff_ffff;
const ROUTE = 'envoy.config.route.v3';

/** What Envoy refuses in routes, beyond the constraints of single values. */
export const ROUTE_TRAPS: ReadonlyArray<readonly [message: string, visitor: MessageVisitor]> = [
  ['envoy.type.matcher.v3.RegexMatcher', visitRegularExpression],
  ['xds.type.matcher.v3.RegexMatcher', visitRegularExpression],
  [`${ROUTE}.WeightedCluster`, visitWeightedCluster],
  [`${ROUTE}.RouteConfiguration`, visitRouteConfiguration],
  [`${ROUTE}.Route`, visitHeaders],
  [`${ROUTE}.VirtualHost`, visitHeaders],
  [`${ROUTE}.WeightedCluster.ClusterWeight`, visitHeaders],
  [`${ROUTE}.RouteConfiguration`, visitHeaders],
];

/** An item of a list under a field; nothing when the field is not a list. */
export function itemsOf(message: unknown, field: string): readonly unknown[] {
  const value = fieldOf(message, field);
  return Array.isArray(value) ? value : [];
}

function visitRegularExpression(matcher: Json, visit: Visit): void {
  const expression = fieldOf(matcher, 'regex');
  const violation = typeof expression === 'string' ? regularExpressionViolation(expression) : null;
  if (violation === null) return;
  visit.problem(
    {
      severity: 'error',
      rule: 'regular-expression',
      path: '',
      message: `The regular expression ${violation}.`,
      hint: 'Write it without look-around and back-references, and with small counts in braces; several short matches do better than one long one.',
    },
    ['regex'],
  );
}

function visitWeightedCluster(weighted: Json, visit: Visit): void {
  const clusters = itemsOf(weighted, 'clusters');
  for (const [index, cluster] of clusters.entries())
    if (fieldOf(cluster, 'weight') === undefined)
      visit.problem(
        { severity: 'error', rule: 'weights', path: '', message: 'weight is required here: 0 is a weight too.' },
        ['clusters', index, 'weight'],
      );
  if (clusters.length === 0) return;
  const sum = clusters.reduce((total: number, cluster) => total + weightOf(cluster), 0);
  if (sum > 0 && sum <= MAX_WEIGHTS) return;
  visit.problem(
    {
      severity: 'error',
      rule: 'weights',
      path: '',
      message:
        sum === 0
          ? 'The weights add up to 0: no cluster would get anything.'
          : `The weights add up to ${sum}; at most ${MAX_WEIGHTS} is taken.`,
      hint: 'Give at least one cluster a weight above 0.',
    },
    ['clusters'],
  );
}

function visitRouteConfiguration(configuration: Json, visit: Visit): void {
  const hosts = itemsOf(configuration, 'virtual_hosts');
  reportTwice(hosts, visit);
  const given = fieldOf(configuration, 'max_direct_response_body_size_bytes');
  const most = given === undefined ? MAX_DIRECT_BODY_BYTES : Number(given);
  for (const [host, routes] of hosts.map((host) => itemsOf(host, 'routes')).entries())
    for (const [route, json] of routes.entries()) {
      const bytes = directBodyBytes(json);
      if (bytes > most)
        visit.problem(
          {
            severity: 'error',
            rule: 'direct-response-size',
            path: '',
            message: `The body has ${bytes} bytes; at most ${most} are taken.`,
            hint: 'Shorten it, or set max_direct_response_body_size_bytes of the route configuration.',
          },
          ['virtual_hosts', host, 'routes', route, 'direct_response', 'body'],
        );
    }
}

/** Names of virtual hosts, and their domains, which do not depend on case. */
function reportTwice(hosts: readonly unknown[], visit: Visit): void {
  const domains = new Map<string, string>();
  const names = new Set<unknown>();
  for (const [index, host] of hosts.entries()) {
    const name = fieldOf(host, 'name');
    if (names.has(name))
      visit.problem(twice(`The virtual host ${String(name)} is there twice.`, 'warning'), [
        'virtual_hosts',
        index,
        'name',
      ]);
    names.add(name);
    for (const [at, domain] of itemsOf(host, 'domains').entries()) {
      const key = String(domain).toLowerCase();
      const earlier = domains.get(key);
      if (earlier !== undefined)
        visit.problem(twice(`The domain ${String(domain)} is that of the virtual host ${earlier} already.`), [
          'virtual_hosts',
          index,
          'domains',
          at,
        ]);
      domains.set(key, String(name));
    }
  }
}

function twice(message: string, severity: 'error' | 'warning' = 'error') {
  return {
    severity,
    rule: 'duplicate-name',
    path: '',
    message,
    hint: 'Give each its own, or join them.',
  } as const;
}

/** Envoy lets nobody change what a request is addressed by this way. */
function visitHeaders(message: Json, visit: Visit): void {
  for (const field of ['request_headers_to_add', 'response_headers_to_add'])
    for (const [index, option] of itemsOf(message, field).entries())
      if (isAddress(fieldOf(fieldOf(option, 'header'), 'key'))) reportHeader(visit, [field, index, 'header', 'key']);
  for (const field of ['request_headers_to_remove', 'response_headers_to_remove'])
    for (const [index, name] of itemsOf(message, field).entries())
      if (isAddress(name)) reportHeader(visit, [field, index]);
}

function reportHeader(visit: Visit, below: ReadonlyArray<string | number>): void {
  visit.problem(
    {
      severity: 'error',
      rule: 'header-not-changeable',
      path: '',
      message: 'Headers that begin with a colon, and host, cannot be changed here.',
      hint: 'Use host_rewrite_literal, prefix_rewrite or regex_rewrite of the route.',
    },
    below,
  );
}

function isAddress(name: unknown): boolean {
  return typeof name === 'string' && (name.startsWith(':') || name.toLowerCase() === 'host');
}

function weightOf(cluster: unknown): number {
  const weight = Number(fieldOf(cluster, 'weight') ?? 0);
  return Number.isFinite(weight) ? weight : 0;
}

function directBodyBytes(route: unknown): number {
  const body = fieldOf(fieldOf(route, 'direct_response'), 'body');
  const text = fieldOf(body, 'inline_string');
  return typeof text === 'string' ? Buffer.byteLength(text) : 0;
}
