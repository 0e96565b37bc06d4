import { describe, expect, it } from 'vitest';
import { type Problem, problemsError } from '../problem.ts';
import { resourceType } from '../resource.ts';
import { encodeResource } from './encode-resource.ts';

const google = 'type.googleapis.com/';

function said(type: string, json: Record<string, unknown>): string[] {
  const { problems } = encodeResource({ typeUrl: resourceType(type)?.typeUrl ?? '', json });
  expect(() => problemsError(problems)).not.toThrow();
  return problems.map(({ severity, rule, path, message }: Problem) => `${severity} ${rule} ${path}: ${message}`);
}

const routes = (hosts: readonly Record<string, unknown>[], rest = {}) =>
  said('routes', { name: 'r', virtual_hosts: hosts, ...rest });
const host = (list: readonly unknown[], rest = {}) => ({ name: 'all', domains: ['*'], routes: list, ...rest });
const endpoint = (address: string, rest = {}) => ({
  endpoint: { address: { socket_address: { address, port_value: 80 } } },
  ...rest,
});

describe('traps of routes', () => {
  it('are weights of zero, and of more than 32 bits [snapshots.weights]', () => {
    const weighted = (...weights: Array<number | undefined>) =>
      routes([
        host([
          {
            match: { prefix: '/' },
            route: { weighted_clusters: { clusters: weights.map((weight, index) => ({ name: `c${index}`, weight })) } },
          },
        ]),
      ]);
    const where = 'error weights routes/r: virtual_hosts[0].routes[0].route.weighted_clusters.clusters';
    expect(weighted(0, 0)).toEqual([`${where}: The weights add up to 0: no cluster would get anything.`]);
    expect(weighted(4294967295, 1)).toEqual([
      `${where}: The weights add up to 4294967296; at most 4294967295 is taken.`,
    ]);
    expect(weighted(0, 1)).toEqual([]);
    expect(weighted(undefined, 1)).toEqual([`${where}[0].weight: weight is required here: 0 is a weight too.`]);
  });

  it('are expressions that RE2 does not take, wherever they stand [snapshots.regular-expressions]', () => {
    const match = {
      headers: [{ name: 'a', string_match: { safe_regex: { regex: 'a{200}' } } }],
      safe_regex: { regex: '/(?!x)' },
    };
    const where = 'error regular-expression routes/r: virtual_hosts[0].routes[0].match.';
    expect(routes([host([{ match, direct_response: { status: 200 } }])])).toEqual([
      `${where}headers[0].string_match.safe_regex.regex: The regular expression has a program size of about 204 in RE2; Envoy refuses more than 100.`,
      `${where}safe_regex.regex: The regular expression is not one that RE2 takes: invalid or unsupported Perl syntax: \`(?!\`.`,
    ]);
  });

  it('are virtual hosts and domains that are there twice [snapshots.duplicates]', () => {
    expect(routes([host([]), { name: 'all', domains: ['a.example', '*'] }])).toEqual([
      'warning duplicate-name routes/r: virtual_hosts[1].name: The virtual host all is there twice.',
      'error duplicate-name routes/r: virtual_hosts[1].domains[1]: The domain * is that of the virtual host all already.',
    ]);
  });

  it('are bodies of direct responses that are too large', () => {
    const list = [
      { match: { prefix: '/' }, direct_response: { status: 200, body: { inline_string: 'é'.repeat(2_049) } } },
    ];
    expect(routes([host(list)])).toEqual([
      'error direct-response-size routes/r: virtual_hosts[0].routes[0].direct_response.body: The body has 4098 bytes; at most 4096 are taken.',
    ]);
    expect(routes([host(list)], { max_direct_response_body_size_bytes: 4_098 })).toEqual([]);
  });

  it('are changes of what a request is addressed by', () => {
    const rest = {
      request_headers_to_add: [{ header: { key: ':authority', value: 'x' } }],
      request_headers_to_remove: ['Host', 'x-a'],
    };
    const message = 'Headers that begin with a colon, and host, cannot be changed here.';
    expect(routes([host([], rest)])).toEqual([
      `error header-not-changeable routes/r: virtual_hosts[0].request_headers_to_add[0].header.key: ${message}`,
      `error header-not-changeable routes/r: virtual_hosts[0].request_headers_to_remove[0]: ${message}`,
    ]);
  });
});

describe('traps of upstreams', () => {
  it('are types that do not fit what is given', () => {
    expect(said('clusters', { name: 'a', type: 'EDS' })).toEqual([
      'error cluster-type clusters/a: eds_cluster_config: A cluster of type EDS needs eds_cluster_config.',
    ]);
    expect(said('clusters', { name: 'a', type: 'STRICT_DNS' })).toEqual([]);
    const eds = { name: 'a', type: 'EDS', eds_cluster_config: { eds_config: { ads: {} } } };
    expect(said('clusters', { ...eds, type: 'STATIC' })).toEqual([
      'error cluster-type clusters/a: eds_cluster_config: eds_cluster_config is for clusters of type EDS only.',
    ]);
    expect(said('clusters', { ...eds, load_assignment: { cluster_name: 'a' } })).toEqual([
      'warning cluster-type clusters/a: load_assignment: A cluster of type EDS has its endpoints over EDS: load_assignment is ignored.',
    ]);
    const load_assignment = {
      cluster_name: 'a',
      endpoints: [{ lb_endpoints: [endpoint('a.example'), endpoint('b.example')] }],
    };
    expect(said('clusters', { name: 'a', type: 'STRICT_DNS', load_assignment })).toEqual([]);
    expect(said('clusters', { name: 'a', type: 'LOGICAL_DNS', load_assignment })).toEqual([
      'error cluster-type clusters/a: load_assignment.endpoints: A cluster of type LOGICAL_DNS has exactly one endpoint.',
    ]);
  });

  it('are names where Envoy takes addresses', () => {
    const assignment = {
      cluster_name: 'a',
      endpoints: [{ lb_endpoints: [endpoint('127.0.0.1'), endpoint('a.example')] }],
    };
    const what =
      'endpoints[0].lb_endpoints[1].endpoint.address.socket_address.address: a.example is not an IP address, and names are not resolved here.';
    expect(said('endpoints', assignment)).toEqual([`error address endpoints/a: ${what}`]);
    expect(said('clusters', { name: 'a', load_assignment: assignment })).toEqual([
      `error address clusters/a: load_assignment.${what}`,
    ]);
  });

  it('are weights of more than 32 bits [snapshots.weights]', () => {
    const heavy = endpoint('127.0.0.1', { load_balancing_weight: 4294967295 });
    expect(said('endpoints', { cluster_name: 'a', endpoints: [{ lb_endpoints: [heavy, heavy] }] })).toEqual([
      'error weights endpoints/a: endpoints[0].lb_endpoints: The weights add up to 8589934590; at most 4294967295 is taken.',
    ]);
  });
});

describe('traps of listeners', () => {
  const address = { socket_address: { address: '127.0.0.1', port_value: 1 } };
  const listener = (filter_chains: readonly unknown[]) => said('listeners', { name: 'l', address, filter_chains });
  const manager = (http_filters: readonly unknown[]) => ({
    name: 'hcm',
    typed_config: {
      '@type': `${google}envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager`,
      stat_prefix: 'in',
      route_config: { name: 'r' },
      http_filters,
    },
  });
  const router = {
    name: 'router',
    typed_config: { '@type': `${google}envoy.extensions.filters.http.router.v3.Router` },
  };
  const cors = { name: 'cors', typed_config: { '@type': `${google}envoy.extensions.filters.http.cors.v3.Cors` } };

  it('are listeners without a filter chain, and filters that never run', () => {
    expect(listener([])).toEqual([
      'error filter-chain listeners/l: filter_chains: A listener needs at least one filter chain: it would take connections and do nothing with them.',
    ]);
    expect(listener([{ filters: [manager([router, cors])] }])).toEqual([
      'error filter-order listeners/l: filter_chains[0].filters[0].typed_config.http_filters[0]: The router must be the last HTTP filter: those after it would never run.',
    ]);
    expect(listener([{ filters: [manager([cors, cors, router])] }])).toEqual([
      'warning duplicate-name listeners/l: filter_chains[0].filters[0].typed_config.http_filters[1].name: The HTTP filter cors is there twice: routes could not tell them apart.',
    ]);
  });

  it('are filter chains with one match or one name [snapshots.duplicates]', () => {
    const match = { server_names: ['a'], transport_protocol: 'tls' };
    const turned = { transport_protocol: 'tls', server_names: ['a'] };
    expect(
      listener([
        { name: 'x', filter_chain_match: match },
        { name: 'x', filter_chain_match: turned },
      ]),
    ).toEqual([
      'warning duplicate-name listeners/l: filter_chains[1].name: The filter chain x is there twice.',
      'error duplicate-match listeners/l: filter_chains[1].filter_chain_match: An earlier filter chain matches the same connections.',
    ]);
  });

  it('are TLS servers without a certificate', () => {
    const tls = (common_tls_context: Record<string, unknown>) =>
      listener([
        {
          transport_socket: {
            name: 'tls',
            typed_config: {
              '@type': `${google}envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext`,
              common_tls_context,
            },
          },
        },
      ]);
    expect(tls({})).toEqual([
      'error tls-without-certificate listeners/l: filter_chains[0].transport_socket.typed_config.common_tls_context.tls_certificates: A TLS server needs a certificate.',
    ]);
    expect(tls({ tls_certificate_sds_secret_configs: [{ name: 'server', sds_config: { ads: {} } }] })).toEqual([]);
  });
});
