type Json = Record<string, unknown>;

/** A resource that Envoy refuses, and the rule of ours that refuses it. */
export interface RefusedResource {
  readonly what: string;
  readonly type: 'clusters' | 'listeners' | 'routes';
  readonly json: Json;
  readonly rule: string;
  /** Earlier Envoys take it. */
  readonly since?: '1.40';
}

const google = 'type.googleapis.com/';
const MANAGER = `${google}envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager`;
const ROUTER = { name: 'router', typed_config: { '@type': `${google}envoy.extensions.filters.http.router.v3.Router` } };
const LOCAL = { socket_address: { address: '127.0.0.1', port_value: 8000 } };

const cluster = (json: Json): Json => ({ name: 'search', connect_timeout: '1s', ...json });
const listener = (json: Json): Json => ({
  name: 'default',
  address: { socket_address: { address: '127.0.0.1', port_value: 10000 } },
  ...json,
});
const manager = (json: Json): Json => ({
  name: 'hcm',
  typed_config: { '@type': MANAGER, stat_prefix: 'in', route_config: routes([]), http_filters: [ROUTER], ...json },
});
const managed = (json: Json): Json => listener({ filter_chains: [{ filters: [manager(json)] }] });
const withFilter = (typeName: string, json: Json): Json =>
  managed({ http_filters: [{ name: 'tried', typed_config: { '@type': `${google}${typeName}`, ...json } }, ROUTER] });
function routes(list: Json[], json: Json = {}): Json {
  return { name: 'default', virtual_hosts: [{ name: 'all', domains: ['*'], routes: list, ...json }] };
}
const route = (json: Json): Json => routes([{ match: { prefix: '/' }, direct_response: { status: 200 }, ...json }]);
const match = (json: Json): Json => route({ match: json });
const action = (json: Json): Json => ({ ...routes([{ match: { prefix: '/' }, route: json }]) });
const tls = (json: Json): Json => ({
  name: 'tls',
  typed_config: {
    '@type': `${google}envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext`,
    ...json,
  },
});

const of =
  (type: RefusedResource['type']) =>
  (what: string, rule: string, json: Json): RefusedResource => ({ what, type, json, rule });
const aCluster = of('clusters');
const aListener = of('listeners');
const aRoute = of('routes');

/** One of each kind of constraint and trap. */
export const REFUSED_BY_ENVOY: readonly RefusedResource[] = [
  aCluster('an unknown field', 'unknown-field', cluster({ healt_checks: [] })),
  aCluster('text for a number', 'wrong-type', cluster({ per_connection_buffer_limit_bytes: 'many' })),
  aCluster('a value that an enum lacks', 'wrong-type', cluster({ lb_policy: 'FAIREST' })),
  aCluster('a number that an enum lacks', 'constraint', cluster({ lb_policy: 77 })),
  aCluster('a duration without its unit', 'wrong-type', cluster({ connect_timeout: '5' })),
  aCluster('no connect timeout at all, which is zero', 'constraint', cluster({ connect_timeout: '0s' })),
  aCluster('no name', 'constraint', cluster({ name: '' })),
  aCluster('two of a oneof', 'one-of', cluster({ type: 'STATIC', cluster_type: { name: 'x' } })),
  aCluster(
    'a health check without thresholds',
    'constraint',
    cluster({ health_checks: [{ timeout: '1s', interval: '1s', tcp_health_check: {} }] }),
  ),
  aCluster(
    'a health check of no kind',
    'constraint',
    cluster({ health_checks: [{ timeout: '1s', interval: '1s', unhealthy_threshold: 1, healthy_threshold: 1 }] }),
  ),
  aCluster(
    'an HTTP health check without a path',
    'constraint',
    cluster({
      health_checks: [
        { timeout: '1s', interval: '1s', unhealthy_threshold: 1, healthy_threshold: 1, http_health_check: {} },
      ],
    }),
  ),
  aCluster('a percentage above 100', 'constraint', cluster({ outlier_detection: { max_ejection_percent: 101 } })),
  aCluster(
    'a port above 65535',
    'constraint',
    cluster({
      load_assignment: {
        cluster_name: 'search',
        endpoints: [
          {
            lb_endpoints: [{ endpoint: { address: { socket_address: { address: '127.0.0.1', port_value: 65536 } } } }],
          },
        ],
      },
    }),
  ),
  aCluster(
    'an endpoint of weight 0',
    'constraint',
    cluster({
      load_assignment: {
        cluster_name: 'search',
        endpoints: [{ lb_endpoints: [{ endpoint: { address: LOCAL }, load_balancing_weight: 0 }] }],
      },
    }),
  ),
  aCluster(
    'a priority above 128',
    'constraint',
    cluster({ load_assignment: { cluster_name: 'search', endpoints: [{ priority: 129 }] } }),
  ),
  aCluster(
    'a name for an address',
    'address',
    cluster({
      load_assignment: {
        cluster_name: 'search',
        endpoints: [
          {
            lb_endpoints: [
              { endpoint: { address: { socket_address: { address: 'search.example', port_value: 80 } } } },
            ],
          },
        ],
      },
    }),
  ),
  aCluster('EDS without its source', 'cluster-type', cluster({ type: 'EDS' })),
  aCluster(
    'two endpoints in logical DNS',
    'cluster-type',
    cluster({
      type: 'LOGICAL_DNS',
      load_assignment: {
        cluster_name: 'search',
        endpoints: [{ lb_endpoints: [{ endpoint: { address: LOCAL } }, { endpoint: { address: LOCAL } }] }],
      },
    }),
  ),
  aCluster(
    'a ring larger than is allowed',
    'constraint',
    cluster({ lb_policy: 'RING_HASH', ring_hash_lb_config: { maximum_ring_size: 8388609 } }),
  ),
  aCluster(
    'a transport socket of an unknown type',
    'unknown-type',
    cluster({
      transport_socket: {
        name: 'tls',
        typed_config: { '@type': `${google}envoy.extensions.transport_sockets.tls.v3.NoSuchContext` },
      },
    }),
  ),
  aCluster(
    'a constraint within what an Any holds',
    'constraint',
    cluster({
      typed_extension_protocol_options: {
        'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': {
          '@type': `${google}envoy.extensions.upstreams.http.v3.HttpProtocolOptions`,
        },
      },
    }),
  ),
  aListener('no filter chain', 'filter-chain', listener({})),
  aListener('a name to bind', 'address', {
    ...listener({ filter_chains: [{ filters: [manager({})] }] }),
    address: { socket_address: { address: 'localhost', port_value: 10000 } },
  }),
  aListener(
    'a filter after one that ends the chain',
    'filter-order',
    listener({ filter_chains: [{ filters: [manager({}), manager({})] }] }),
  ),
  aListener(
    'a filter after the router',
    'filter-order',
    managed({
      http_filters: [
        ROUTER,
        { name: 'cors', typed_config: { '@type': `${google}envoy.extensions.filters.http.cors.v3.Cors` } },
      ],
    }),
  ),
  aListener(
    'two chains with the same match',
    'duplicate-match',
    listener({ filter_chains: [{ filters: [manager({})] }, { filters: [manager({})] }] }),
  ),
  aListener('a connection manager without a prefix of statistics', 'constraint', managed({ stat_prefix: '' })),
  aListener('a connection manager without routes', 'constraint', managed({ route_config: undefined })),
  aListener(
    'a range that is none',
    'address',
    listener({
      filter_chains: [
        { filter_chain_match: { prefix_ranges: [{ address_prefix: 'here', prefix_len: 8 }] }, filters: [manager({})] },
      ],
    }),
  ),
  aListener(
    'TLS without a certificate',
    'tls-without-certificate',
    listener({ filter_chains: [{ filters: [manager({})], transport_socket: tls({ common_tls_context: {} }) }] }),
  ),
  aListener(
    'a local rate limit without a prefix',
    'constraint',
    withFilter('envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit', {}),
  ),
  aListener(
    'a token bucket that is filled too often',
    'constraint',
    withFilter('envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit', {
      stat_prefix: 'x',
      token_bucket: { max_tokens: 1, fill_interval: '0s' },
    }),
  ),
  aListener(
    'a policy without permissions',
    'constraint',
    withFilter('envoy.extensions.filters.http.rbac.v3.RBAC', {
      rules: { policies: { a: { principals: [{ any: true }] } } },
    }),
  ),
  aListener(
    'a JWT provider without keys',
    'constraint',
    withFilter('envoy.extensions.filters.http.jwt_authn.v3.JwtAuthentication', { providers: { a: { issuer: 'x' } } }),
  ),
  aRoute('a virtual host without domains', 'constraint', routes([], { domains: [] })),
  aRoute('a domain twice', 'duplicate-name', {
    name: 'default',
    virtual_hosts: [
      { name: 'a', domains: ['x.example'] },
      { name: 'b', domains: ['X.example'] },
    ],
  }),
  aRoute('a route without an action', 'constraint', routes([{ match: { prefix: '/' } }])),
  aRoute('a match of no kind', 'constraint', match({})),
  aRoute('look-ahead', 'regular-expression', match({ safe_regex: { regex: '/(?=a)' } })),
  aRoute('an expression that is cut off', 'regular-expression', match({ safe_regex: { regex: '/(a' } })),
  aRoute(
    'an expression whose program is too large',
    'regular-expression',
    match({ safe_regex: { regex: '(a{100}){10}' } }),
  ),
  aRoute('an expression without text', 'constraint', match({ safe_regex: { regex: '' } })),
  aRoute('weights of zero', 'weights', action({ weighted_clusters: { clusters: [{ name: 'a', weight: 0 }] } })),
  aRoute(
    'a header with a line break in its name',
    'constraint',
    match({ prefix: '/', headers: [{ name: 'a\nb', present_match: true }] }),
  ),
  aRoute(
    'a change of :path',
    'header-not-changeable',
    route({ request_headers_to_add: [{ header: { key: ':path', value: '/' } }] }),
  ),
  aRoute('a status that is none', 'constraint', route({ direct_response: { status: 99 } })),
  aRoute(
    'a body of a direct response that is too large',
    'direct-response-size',
    route({ direct_response: { status: 200, body: { inline_string: 'x'.repeat(4097) } } }),
  ),
  aRoute(
    'a retry back-off of zero',
    'constraint',
    action({ cluster: 'a', retry_policy: { retry_back_off: { base_interval: '0s' } } }),
  ),
  {
    ...aRoute(
      'a field that is refused by its age',
      'disallowed-field',
      action({
        cluster: 'a',
        rate_limits: [
          {
            actions: [{ dynamic_metadata: { descriptor_key: 'k', metadata_key: { key: 'x', path: [{ key: 'y' }] } } }],
          },
        ],
      }),
    ),
    since: '1.40',
  },
];

/** What looks doubtful, and Envoy takes: none of our rules may refuse it. */
export const TAKEN_BY_ENVOY: ReadonlyArray<Omit<RefusedResource, 'rule' | 'since'>> = [
  { what: 'a cluster without endpoints', type: 'clusters', json: cluster({}) },
  { what: 'strict DNS without endpoints', type: 'clusters', json: cluster({ type: 'STRICT_DNS' }) },
  {
    what: 'EDS with endpoints of its own',
    type: 'clusters',
    json: cluster({
      type: 'EDS',
      eds_cluster_config: { eds_config: { path_config_source: { path: '/etc/hostname' } } },
      load_assignment: { cluster_name: 'search' },
    }),
  },
  {
    what: 'a table of Maglev',
    type: 'clusters',
    json: cluster({ lb_policy: 'MAGLEV', maglev_lb_config: { table_size: 65537 } }),
  },
  { what: 'a filter chain without filters', type: 'listeners', json: listener({ filter_chains: [{}] }) },
  {
    what: 'only a default filter chain',
    type: 'listeners',
    json: listener({ default_filter_chain: { filters: [manager({})] } }),
  },
  {
    what: 'two virtual hosts of one name',
    type: 'routes',
    json: {
      name: 'default',
      virtual_hosts: [
        { name: 'a', domains: ['a.example'] },
        { name: 'a', domains: ['b.example'] },
      ],
    },
  },
  {
    what: 'one weight of zero beside another',
    type: 'routes',
    json: action({
      weighted_clusters: {
        clusters: [
          { name: 'a', weight: 0 },
          { name: 'b', weight: 5 },
        ],
      },
    }),
  },
  {
    what: 'nineteen words to choose from',
    type: 'routes',
    json: match({
      safe_regex: {
        regex: '/(?:alpha|beta|gamma|delta|epsilon|zeta|eta|theta|iota|kappa|lambda|mu|nu|xi|omicron|pi|rho|sigma|tau)',
      },
    }),
  },
  { what: 'the largest program', type: 'routes', json: match({ safe_regex: { regex: 'a{96}' } }) },
  { what: 'nested repetition', type: 'routes', json: match({ safe_regex: { regex: '/(?:a+)+' } }) },
];

/** The bootstrap that has such a resource as its only one. */
export function bootstrapWith({ type, json }: Pick<RefusedResource, 'type' | 'json'>): Json {
  const node = { id: 'tested', cluster: 'tested' };
  if (type === 'clusters') return { node, static_resources: { clusters: [json] } };
  if (type === 'listeners') return { node, static_resources: { listeners: [json] } };
  const clusters = ['a', 'b'].map((name) => cluster({ name }));
  return { node, static_resources: { clusters, listeners: [managed({ route_config: json })] } };
}
