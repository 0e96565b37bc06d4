import { describe, expect, it } from 'vitest';
import { checkObject } from './kinds.ts';

const problemsOf = (kind: Parameters<typeof checkObject>[0], spec: unknown, name = 'x') =>
  checkObject(kind, name, spec).problems.map(({ path, message }) => `${path}: ${message}`);

describe('checkObject', () => {
  it('gives the object as it was written, keys sorted, defaults not filled in [upstreams.few-lines]', () => {
    const { object, problems } = checkObject('clusters', 'headgate', {
      mode: 'session',
      endpoints: ['127.0.0.1:8000'],
    });
    expect(problems).toEqual([]);
    expect(JSON.stringify(object?.spec)).toBe('{"endpoints":["127.0.0.1:8000"],"mode":"session"}');
  });

  it('names unknown fields with their path and the nearest known one [upstreams.unknown-fields]', () => {
    const spec = {
      endpoint: [],
      endpoints: [{ address: '10.0.0.1', port: 1, wieght: 2 }],
      load_balancing: { slow_start: { window: 1, window_s: 1 } },
      health_check: { intervall_s: 1 },
      zzzzzzzzzzzzzzzzzz: 1,
    };
    expect(problemsOf('clusters', spec)).toEqual([
      'clusters/x.endpoints[0].wieght: unknown field; did you mean "weight"?',
      'clusters/x.health_check.intervall_s: unknown field; did you mean "interval_s"?',
      'clusters/x.load_balancing.slow_start.window: unknown field; did you mean "window_s"?',
      'clusters/x.endpoint: unknown field; did you mean "endpoints"?',
      expect.stringMatching(/^clusters\/x\.zzzzzzzzzzzzzzzzzz: unknown field; known are groups, endpoints, protocol/),
    ]);
  });

  it.each([
    ['a weight of zero', { address: 'a', port: 1, weight: 0 }, 'weight: must be 1 or more; `health: draining`'],
    ['a port of zero', { address: 'a', port: 0 }, 'port: must be a port from 1 to 65535'],
    ['no address', { port: 1 }, 'address: must be text, and is missing'],
    ['a URL', 'http://a:80', ': must be host:port, not a URL'],
    ['no port', '10.0.0.1', ': must be host:port, as 10.0.0.7:8000'],
    ['a port too high', 'a:65536', ': must have a port from 1 to 65535'],
    ['half an address', '10.0.0.:80', ': must be host:port'],
    ['an address of IPv6 without brackets', '::1:80', ': must be host:port'],
    ['a number', 8000, ': must be host:port, or have address and port'],
    ['an unknown health', { address: 'a', port: 1, health: 'drain' }, 'health: must be one of healthy, degraded'],
  ])('refuses an endpoint with %s [upstreams.zero-weights] [upstreams.bad-specs]', (_, endpoint, message) => {
    const [problem] = problemsOf('clusters', { endpoints: [endpoint] });
    expect(problem).toContain('clusters/x.endpoints[0]');
    expect(problem).toContain(message);
  });

  it.each<[string, object, string]>([
    ['two at one place', { endpoints: ['a:1', 'a:1'] }, 'endpoints[1]: is a:1 once more: it is endpoint 0 already'],
    ['a gap in priorities', { endpoints: ['a:1', { address: 'b', port: 1, priority: 2 }] }, 'none of 1'],
    ['no endpoint', { endpoints: [] }, 'endpoints: must have an endpoint'],
    ['an unknown policy', { load_balancing: { policy: 'least_requests' } }, 'did you mean "least_request"?'],
    [
      'another policy’s setting',
      { load_balancing: { policy: 'maglev', choices: 3 } },
      'choices: is of policy least_request',
    ],
    ['a table that is no prime', { load_balancing: { policy: 'maglev', table_size: 100 } }, 'must be a prime'],
    ['a ring upside down', { load_balancing: { policy: 'ring_hash', min_ring_size: 9, max_ring_size: 8 } }, 'above'],
    [
      'weights of zones unused',
      { load_balancing: { zone_weights: { a: 1 } } },
      'zone_weights: is of locality weighted',
    ],
    [
      'slow start of a ring',
      { load_balancing: { policy: 'ring_hash', slow_start: { window_s: 1 } } },
      'slow_start: is of',
    ],
    [
      'a budget and a number',
      { limits: { retries: 1, retry_budget: {} } },
      'limits.retries: is instead of retry_budget',
    ],
    ['a connect timeout of zero', { connect_timeout_s: 0 }, 'connect_timeout_s: must be 0.001 seconds or more'],
    ['a timeout in words', { connect_timeout_s: '5s' }, 'connect_timeout_s: must be a number of seconds'],
    ['a mode of http', { protocol: 'http', mode: 'session' }, 'mode: is of protocol mcp, not http'],
    ['gRPC on HTTP/1.1', { protocol: 'grpc', http_version: '1.1' }, 'http_version: must be 2 for protocol grpc'],
    ['ALPN without TLS', { http_version: 'auto' }, 'http_version: auto needs tls'],
    ['two authorities', { tls: { ca: 'a', ca_file: '/b' } }, 'tls.ca_file: is instead of ca'],
    [
      'names that nobody checks',
      { tls: { names: ['a'], skip_verification: true } },
      'skip_verification: checks nothing',
    ],
    [
      'a service of HTTP',
      { health_check: { service: 'a' } },
      'health_check.service: is of a health check of type grpc',
    ],
    [
      'a path of TCP',
      { health_check: { type: 'tcp', path: '/a' } },
      'health_check.path: is of a health check of type http',
    ],
    [
      'statuses upside down',
      { health_check: { expected_statuses: ['299-200'] } },
      'from the lower status to the higher',
    ],
    ['a group of nobody', { groups: [] }, 'groups: must name a group; leave it out for every group'],
    ['a path with a space', { health_check: { path: '/a b' } }, 'path: must begin with / and have no spaces'],
  ])('refuses %s [upstreams.bad-specs]', (_, spec, message) => {
    const problems = problemsOf('clusters', { ...('endpoints' in spec ? {} : { endpoints: ['a:1'] }), ...spec });
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(message);
  });

  it('takes every form of secret by reference and shows nothing of one that was written out [upstreams.secrets]', () => {
    const file = { file: 'a.pem' };
    for (const spec of [
      { certificate: file, key: { env: 'KEY' } },
      { ca: file },
      { value: { command: ['pass', 'x'] } },
    ]) {
      expect(problemsOf('secrets', spec)).toEqual([]);
    }
    const problems = problemsOf('secrets', { value: 'hunter2' });
    expect(problems).toEqual([
      'secrets/x.value: must be {env: NAME}, {file: PATH} or {command: [PROGRAM, ARGUMENT…]}; the material itself is not written here',
    ]);
    expect(problemsOf('secrets', { certificate: file })).toEqual([
      'secrets/x.key: certificate and key belong together',
    ]);
    expect(problemsOf('secrets', { ca: file, value: file })).toEqual([
      'secrets/x: must be one of: certificate and key; ca; value',
    ]);
  });

  it('says limits and types in plain words, once [upstreams.bad-specs]', () => {
    const limit = (connections: unknown) => problemsOf('clusters', { limits: { connections } });
    expect(limit(4_294_967_296)).toEqual(['clusters/x.limits.connections: must be 4294967295 at most']);
    expect(limit('5')).toEqual(['clusters/x.limits.connections: must be a whole number']);
    expect(problemsOf('clusters', { endpoints: [{ address: '10.0.0.1', port: '1' }] })).toEqual([
      'clusters/x.endpoints[0].port: must be a port from 1 to 65535',
    ]);
    expect(problemsOf('resources', { type: 'clusters' })).toEqual([
      'resources/x.resource: must be an object, and is missing',
    ]);
    expect(problemsOf('runtime', { values: [] })).toEqual(['runtime/x.values: must be an object']);
  });

  it('refuses names that do not fit URLs and statistics, and raw types that are not served [upstreams.bad-specs]', () => {
    expect(problemsOf('clusters', { endpoints: ['a:1'] }, '../x')[0]).toContain('a name must be 1 to 200');
    expect(problemsOf('clusters', { endpoints: ['a:1'] }, '__proto__')[0]).toContain('a name must be 1 to 200');
    expect(problemsOf('resources', { type: 'cluster', resource: {} })[0]).toContain('did you mean "clusters"?');
    expect(problemsOf('groups', { match: [{}] })).toEqual([
      'groups/x.match[0]: must say something of the proxy, as {cluster: edge}',
    ]);
    expect(problemsOf('groups', { envoy_version: 1.4 })).toEqual([
      'groups/x.envoy_version: must be text: write "1.36" with quotes',
    ]);
    expect(problemsOf('groups', { envoy_version: '1.27' })).toEqual([
      'groups/x.envoy_version: must be "1.28" or later, as "1.36"',
    ]);
    expect(
      problemsOf('endpoints', {
        registered: [
          { id: 'a', address: 'a', port: 1 },
          { id: 'a', address: 'b', port: 1 },
        ],
      }),
    ).toEqual(['endpoints/x.registered[1].id: is registered twice']);
    expect(problemsOf('runtime', { values: { 'a b': 1 } })).toEqual([
      'runtime/x.values["a b"]: must be a key of the runtime',
    ]);
  });
});
