import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type DesiredObject, EMPTY_STATE, withObjects } from '../desired-state/desired-state.ts';
import { checkObject } from '../desired-state/kinds.ts';
import { encodeResource } from '../snapshot/encode-resource.ts';
import { buildCluster } from './build-cluster.ts';

const optional = <Fields extends Record<string, fc.Arbitrary<unknown>>>(fields: Fields) =>
  fc.record(fields, { requiredKeys: [] });
const count = (max = 4_294_967_295) => fc.integer({ min: 1, max });
const none = (max = 4_294_967_295) => fc.integer({ min: 0, max });
const seconds = fc.oneof(fc.constantFrom(0.001, 0.25, 86_400), fc.double({ min: 0.001, max: 86_400, noNaN: true }));
const percent = fc.oneof(fc.constantFrom(0, 100), fc.double({ min: 0, max: 100, noNaN: true }));
const zone = fc.constantFrom('a', 'b', 'c');
const host = fc.oneof(fc.ipV4(), fc.ipV6(), fc.domain(), fc.constantFrom('localhost', 'a_b.internal', '10.0.0.1'));
const port = fc.integer({ min: 1, max: 65_535 });
const health = fc.constantFrom('healthy', 'degraded', 'draining', 'unhealthy');
const weight = count(1_000_000);

const placed = { weight, zone, region: zone, sub_zone: zone, health };
const endpoint = fc.oneof(
  fc.tuple(host, port).map(([name, at]) => (name.includes(':') ? `[${name}]:${at}` : `${name}:${at}`)),
  fc.record({ address: host, port, ...placed, hostname: fc.domain() }, { requiredKeys: ['address', 'port'] }),
);
const registered = fc.record(
  { id: fc.uuid(), address: host, port, ...placed },
  { requiredKeys: ['id', 'address', 'port'] },
);

const tls = optional({
  sni: fc.domain(),
  names: fc.array(fc.oneof(fc.domain(), fc.ipV4(), fc.constant('spiffe://a/b')), { minLength: 1, maxLength: 3 }),
  ca: fc.constant('ca'),
  ca_file: fc.constant('/ca.pem'),
  certificate: fc.constant('me'),
  min_version: fc.constantFrom('1.2', '1.3'),
  skip_verification: fc.boolean(),
});
const healthCheck = optional({
  type: fc.constantFrom('http', 'grpc', 'tcp'),
  path: fc.constant('/health?full=1'),
  expected_statuses: fc.array(fc.constantFrom(200, 599, '100-599', '200-200'), { minLength: 1, maxLength: 3 }),
  host: fc.domain(),
  service: fc.constant('a.B'),
  interval_s: seconds,
  timeout_s: seconds,
  unhealthy_after: count(),
  healthy_after: count(),
});
const loadBalancing = optional({
  policy: fc.constantFrom('round_robin', 'least_request', 'ring_hash', 'maglev', 'random'),
  choices: fc.integer({ min: 2, max: 100 }),
  min_ring_size: count(8_388_608),
  max_ring_size: count(8_388_608),
  table_size: fc.constantFrom(2, 251, 65_537, 5_000_011),
  slow_start: fc.record(
    { window_s: seconds, aggression: fc.double({ min: 0.001, max: 100, noNaN: true }), min_weight_percent: percent },
    { requiredKeys: ['window_s'] },
  ),
  locality: fc.constantFrom('none', 'weighted', 'zone_aware'),
  zone_weights: fc.dictionary(zone, weight),
  zone_aware: optional({ min_endpoints: count(), routing_percent: percent }),
  panic_threshold_percent: percent,
});
const cluster = optional({
  endpoints: fc.array(endpoint, { minLength: 1, maxLength: 6 }),
  protocol: fc.constantFrom('mcp', 'http', 'http2', 'grpc'),
  mode: fc.constantFrom('session', 'stateless'),
  http_version: fc.constantFrom('1.1', '2', 'auto'),
  tls: fc.oneof(fc.boolean(), tls),
  connect_timeout_s: seconds,
  idle_timeout_s: fc.oneof(fc.constant(0), seconds),
  max_requests_per_connection: count(),
  max_concurrent_streams: count(2_147_483_647),
  keepalive: fc.oneof(fc.boolean(), optional({ idle_s: count(86_400), interval_s: count(86_400), probes: count(100) })),
  limits: optional({
    connections: count(),
    connections_per_endpoint: count(),
    pending_requests: count(),
    requests: count(),
    retries: none(),
    retry_budget: optional({ percent, min_concurrency: none() }),
  }),
  outlier_detection: fc.oneof(
    fc.boolean(),
    optional({
      consecutive_gateway_failures: none(),
      consecutive_5xx: none(),
      consecutive_connect_failures: none(),
      interval_s: seconds,
      base_ejection_s: seconds,
      max_ejection_s: seconds,
      max_ejected_percent: percent,
    }),
  ),
  health_check: fc.oneof(fc.boolean(), healthCheck),
  load_balancing: loadBalancing,
  dns: optional({
    refresh_s: seconds,
    respect_ttl: fc.boolean(),
    family: fc.constantFrom('auto', 'v4_only', 'v6_only', 'v4_preferred', 'all'),
  }),
  close_connections_on_health_failure: fc.boolean(),
  drain_on_endpoint_change: fc.boolean(),
  ignore_health_on_removal: fc.boolean(),
});
const endpoints = optional({
  endpoints: fc.array(endpoint, { maxLength: 3 }),
  registered: fc.array(registered, { maxLength: 3 }),
  overprovisioning_percent: fc.integer({ min: 100, max: 10_000 }),
  drop_percent: percent,
});

type Json = Record<string, unknown>;

/** The object of a spec without the fields that contradict others. */
function valid(kind: 'clusters' | 'endpoints', given: Json): DesiredObject {
  const { object, problems } = checkObject(kind, 'a', given);
  if (object !== null) return object;
  const spec = structuredClone(given);
  for (const { path } of problems) {
    const [, field = '', inner] = path.split('.').map((part) => part.replace(/\[.*/, ''));
    const below = spec[field];
    if (inner !== undefined && typeof below === 'object' && !Array.isArray(below)) delete (below as Json)[inner];
    else delete spec[field];
  }
  return valid(kind, spec);
}

it('builds of every valid cluster what the constraints of Envoy’s descriptors allow [upstreams.every-spec-builds]', () => {
  fc.assert(
    fc.property(cluster, endpoints, fc.constantFrom(28, 36, 40), (given, listed, minor) => {
      const state = withObjects(EMPTY_STATE, [valid('clusters', given), valid('endpoints', listed)], []);
      const context = { state, group: 'default', envoyVersion: { major: 1, minor }, secrets: new Map() };
      const problems = buildCluster('a', context).flatMap((built) => encodeResource(built).problems);
      expect(problems.filter(({ severity }) => severity === 'error')).toEqual([]);
    }),
    { numRuns: 100 },
  );
});
