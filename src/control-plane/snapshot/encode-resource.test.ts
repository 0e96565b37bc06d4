import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HeadgateError } from '../../kernel/errors.ts';
import { encodeMessage } from '../descriptors/message-json.ts';
import type { Problem } from '../problem.ts';
import { resourceType } from '../resource.ts';
import { encodeResource, resourceJson } from './encode-resource.ts';

const google = 'type.googleapis.com/';
const built = (type: string, json: Record<string, unknown>) => ({ typeUrl: resourceType(type)?.typeUrl ?? '', json });
const route = (index: number) => ({ match: { prefix: `/${index}` }, route: { cluster: `c-${index}` } });
const routes = (list: readonly unknown[]) =>
  built('routes', { name: 'default', virtual_hosts: [{ name: 'all', domains: ['*'], routes: list }] });

function said(type: string, json: Record<string, unknown>): string[] {
  return problemsOf(type, json).map(({ severity, rule, path, message }) => `${severity} ${rule} ${path}: ${message}`);
}

function problemsOf(type: string, json: Record<string, unknown>): readonly Problem[] {
  try {
    return encodeResource(built(type, json)).problems;
  } catch (error) {
    if (error instanceof HeadgateError) return error.details?.problems as Problem[];
    throw error;
  }
}

describe('encodeResource', () => {
  it('gives bytes, a version that is their hash, and what the server needs to know [snapshots.bytes-deterministic]', () => {
    const json = {
      name: 'search',
      connect_timeout: '1s',
      health_checks: [
        {
          timeout: '1s',
          interval: '5s',
          unhealthy_threshold: 2,
          healthy_threshold: 1,
          http_health_check: { path: '/ready' },
        },
      ],
    };
    const { resource, problems } = encodeResource({ ...built('clusters', json), ttlMs: 5_000 });
    const body = encodeMessage('envoy.config.cluster.v3.Cluster', json);
    expect(problems).toEqual([]);
    expect(resource).toEqual({
      name: 'search',
      typeUrl: `${google}envoy.config.cluster.v3.Cluster`,
      version: createHash('sha256').update(body).update(' ttl 5000').digest('base64url').slice(0, 16),
      body,
      references: [],
      binds: [],
      ttlMs: 5_000,
      warmsByHealthCheck: true,
    });
    const bare = encodeResource(built('clusters', json)).resource.version;
    expect(bare).toBe(createHash('sha256').update(body).digest('base64url').slice(0, 16));
    expect(encodeResource({ ...built('clusters', json), ttlMs: 6_000 }).resource.version).not.toBe(resource.version);
    const { health_checks: _, ...quick } = json;
    expect(
      encodeResource(built('clusters', { ...json, wait_for_warm_on_init: false })).resource.warmsByHealthCheck,
    ).toBe(false);
    expect(encodeResource(built('clusters', quick)).resource.warmsByHealthCheck).toBe(false);
    expect(resourceJson(resource)).toEqual(json);
  });

  it('names endpoints by their cluster, and says what a listener binds', () => {
    expect(encodeResource(built('endpoints', { cluster_name: 'search' })).resource.name).toBe('search');
    const address = { socket_address: { address: '0.0.0.0', port_value: 10000 } };
    const listener = {
      name: 'default',
      address,
      filter_chains: [{}],
      additional_addresses: [{ address: { pipe: { path: '/x' } } }],
    };
    expect(encodeResource(built('listeners', listener)).resource.binds).toEqual(['tcp 0.0.0.0:10000', 'unix /x']);
  });

  it('changes the version if and only if the bytes change [snapshots.bytes-deterministic]', () => {
    const anyCluster = fc.record({
      name: fc.constant('a'),
      connect_timeout: fc.constantFrom('1s', '1.0s', '2s'),
      lb_policy: fc.constantFrom(0, 'ROUND_ROBIN', 1),
    });
    fc.assert(
      fc.property(anyCluster, anyCluster, (one, other) => {
        const first = encodeResource(built('clusters', one)).resource;
        const second = encodeResource(built('clusters', other)).resource;
        expect(first.version === second.version).toBe(Buffer.from(first.body).equals(second.body));
      }),
    );
  });

  it('encodes a frozen route once, and gives the same as without', () => {
    const list = Array.from({ length: 50 }, (_, index) => Object.freeze(route(index)));
    const first = encodeResource(routes(list)).resource;
    const changed = [...list.slice(0, 7), Object.freeze(route(999)), ...list.slice(8)];
    const kept = encodeResource(routes(changed)).resource;
    const fresh = encodeResource(routes(changed.map((each) => ({ ...each })))).resource;
    expect(kept).toEqual(fresh);
    expect(kept.version).not.toBe(first.version);
    expect(kept.references[7]).toEqual({
      typeUrl: `${google}envoy.config.cluster.v3.Cluster`,
      name: 'c-999',
      path: 'virtual_hosts[0].routes[7].route.cluster',
    });
  });

  it('reports a frozen route at its place each time', () => {
    const bad = Object.freeze({ match: { prefix: '/' }, direct_response: { status: 99 } });
    const at = (index: number) =>
      `error constraint routes/default: virtual_hosts[0].routes[${index}].direct_response.status: The value must be at least 200 and less than 600, and is 99.`;
    const of = (list: readonly unknown[]) => said('routes', routes(list).json);
    expect(of([bad])).toEqual([at(0)]);
    expect(of([route(1), bad])).toEqual([at(1)]);
  });

  it.each([
    [{ name: '', connect_timeout: '1s' }, ['name: name is required: it names the resource.']],
    [{ name: 'a', connect_timeout: '0s' }, ['connect_timeout: The value must be greater than 0s, and is 0s.']],
    [
      { name: 'a', lb_policy: 77 },
      ['lb_policy: The value must be a value of envoy.config.cluster.v3.Cluster.LbPolicy, and is 77.'],
    ],
    [
      { name: 'a', outlier_detection: { max_ejection_percent: 101 } },
      ['outlier_detection.max_ejection_percent: The value must be at most 100, and is 101.'],
    ],
    [
      { name: 'a', health_checks: [{ timeout: '1s', interval: '1s', healthy_threshold: 1 }] },
      [
        'health_checks[0].unhealthy_threshold: unhealthy_threshold is required.',
        'health_checks[0]: One of http_health_check, tcp_health_check, grpc_health_check, custom_health_check is required.',
      ],
    ],
    [
      { name: 'a', load_assignment: { endpoints: [] } },
      ['load_assignment.cluster_name: cluster_name must be at least 1 character long.'],
    ],
    [
      {
        name: 'a',
        typed_extension_protocol_options: {
          x: { '@type': `${google}envoy.extensions.upstreams.http.v3.HttpProtocolOptions` },
        },
      },
      [
        'typed_extension_protocol_options["x"]: One of explicit_http_config, use_downstream_protocol_config, auto_config is required.',
      ],
    ],
  ])('checks the constraints of the API: %j [snapshots.constraints]', (json, messages) => {
    const name = json.name === '' ? '(without a name)' : json.name;
    expect(said('clusters', json)).toEqual(messages.map((message) => `error constraint clusters/${name}: ${message}`));
  });

  it('does not ask of a oneof that is not chosen what it asks of the chosen [snapshots.constraints]', () => {
    expect(said('routes', routes([route(1)]).json)).toEqual([]);
    expect(said('routes', routes([{ match: { safe_regex: {} }, route: { cluster: 'a' } }]).json)).toEqual([
      'error constraint routes/default: virtual_hosts[0].routes[0].match.safe_regex.regex: regex must be at least 1 character long.',
    ]);
  });

  it('cannot encode what has an unknown field, and names it [snapshots.unknown-field]', () => {
    expect(() => encodeResource(built('clusters', { name: 'a', conect_timeout: '1s' }))).toThrow(
      'clusters/a: conect_timeout: conect_timeout is not a field of envoy.config.cluster.v3.Cluster.',
    );
  });

  it('serves only what Envoy asks for', () => {
    expect(() => encodeResource({ typeUrl: `${google}envoy.config.bootstrap.v3.Bootstrap`, json: {} })).toThrow(
      'is not a type of resources that is served.',
    );
  });

  it('warns of what Envoy deprecates, and refuses what it refuses by default [snapshots.deprecated]', () => {
    expect(said('clusters', { name: 'a', http2_protocol_options: {} })).toEqual([
      'warning deprecated-field clusters/a: http2_protocol_options: http2_protocol_options is deprecated in Envoy.',
    ]);
    const limit = {
      actions: [{ dynamic_metadata: { descriptor_key: 'k', metadata_key: { key: 'x', path: [{ key: 'y' }] } } }],
    };
    const list = [{ match: { prefix: '/' }, route: { cluster: 'a', rate_limits: [limit] } }];
    expect(said('routes', routes(list).json)).toEqual([
      'error disallowed-field routes/default: virtual_hosts[0].routes[0].route.rate_limits[0].actions[0].dynamic_metadata: dynamic_metadata is deprecated for so long that Envoy refuses it.',
    ]);
  });
});

describe('resourceJson', () => {
  const secret = {
    name: 'server',
    tls_certificate: {
      certificate_chain: { inline_string: 'CHAIN' },
      private_key: { inline_string: 'KEY-MATERIAL' },
      password: { filename: '/run/password' },
    },
  };

  it('masks what the API marks as sensitive, and keeps where it comes from [snapshots.secrets-masked]', () => {
    const { resource } = encodeResource(built('secrets', secret));
    expect(resourceJson(resource)).toEqual({
      name: 'server',
      tls_certificate: {
        certificate_chain: { inline_string: 'CHAIN' },
        private_key: { inline_string: '[masked]' },
        password: { filename: '/run/password' },
      },
    });
  });

  it('masks within what an Any holds, and generic secrets [snapshots.secrets-masked]', () => {
    const generic = encodeResource(
      built('secrets', { name: 'token', generic_secret: { secret: { inline_bytes: 'c2VjcmV0' } } }),
    );
    expect(resourceJson(generic.resource)).toEqual({
      name: 'token',
      generic_secret: { secret: { inline_bytes: '[masked]' } },
    });
    const typed_config = {
      '@type': `${google}envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext`,
      common_tls_context: { tls_certificates: [{ private_key: { inline_string: 'KEY-MATERIAL' } }] },
    };
    const { resource } = encodeResource(
      built('clusters', { name: 'a', transport_socket: { name: 'tls', typed_config } }),
    );
    expect(JSON.stringify(resourceJson(resource))).not.toContain('KEY-MATERIAL');
  });

  it('has no secret in a problem [snapshots.secrets-masked]', () => {
    const broken = {
      ...secret,
      tls_certificate: {
        private_key: { inline_string: 'KEY-MATERIAL', inline_bytes: 'KEY-MATERIAL!' },
        password: 'KEY-MATERIAL',
      },
    };
    expect(JSON.stringify(problemsOf('secrets', broken))).not.toContain('KEY-MATERIAL');
  });
});
