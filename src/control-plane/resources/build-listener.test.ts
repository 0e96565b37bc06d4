import { describe, expect, it } from 'vitest';
import { buildListener } from './build-listener.ts';
import { builtOf, contextOf, type Given, stateOf } from './fixtures/routing-state.ts';

type Json = Record<string, unknown>;

const T = 'type.googleapis.com/envoy.extensions.';
const HEADGATE: Given = { clusters: { headgate: {} }, routes: { headgate: { cluster: 'headgate' } } };
const withListener = (listener: Json, given: Given = {}): Given => ({
  ...HEADGATE,
  ...given,
  listeners: { default: listener },
});
const ADS = { ads: {}, resource_api_version: 'V3' };

describe('buildListener', () => {
  it('makes two lines of a file a listener on port 10000 with its routes [routing.few-lines] [routing.default-listener]', () => {
    const { listener, configuration } = builtOf(HEADGATE);
    expect(listener).toMatchObject({
      name: 'default',
      address: { socket_address: { address: '0.0.0.0', port_value: 10_000 } },
    });
    expect(configuration).toMatchObject({ name: 'default', virtual_hosts: [{ name: 'all', domains: ['*'] }] });
    expect(buildListener('default', contextOf(stateOf({ clusters: { headgate: {} } })))).toEqual([]);
    expect(buildListener('other', contextOf(stateOf(HEADGATE)))).toEqual([]);
  });

  it('is hardened as Envoy advises for the edge, and waits for long calls [routing.edge-hardening] [routing.sse-timeouts]', () => {
    const { listener, http } = builtOf(HEADGATE);
    expect(listener).toMatchObject({ per_connection_buffer_limit_bytes: 32_768, traffic_direction: 'INBOUND' });
    const { http_filters: _filters, access_log: _log, ...rest } = http;
    expect(rest).toEqual({
      '@type': `${T}filters.network.http_connection_manager.v3.HttpConnectionManager`,
      stat_prefix: 'default',
      codec_type: 'AUTO',
      rds: { route_config_name: 'default', config_source: ADS },
      use_remote_address: true,
      xff_num_trusted_hops: 0,
      normalize_path: true,
      merge_slashes: true,
      path_with_escaped_slashes_action: 'UNESCAPE_AND_REDIRECT',
      strip_trailing_host_dot: true,
      max_request_headers_kb: 60,
      common_http_protocol_options: { idle_timeout: '3600s', headers_with_underscores_action: 'REJECT_REQUEST' },
      http2_protocol_options: {
        max_concurrent_streams: 100,
        initial_stream_window_size: 65_536,
        initial_connection_window_size: 1_048_576,
      },
      stream_idle_timeout: '3600s',
      request_timeout: '300s',
      request_headers_timeout: '10s',
      drain_timeout: '5s',
      always_set_request_id_in_response: true,
    });
  });

  it('has its filters in one order, those of routes from the start [routing.filter-order]', () => {
    const jwt = { providers: { p: { issuer: 'i', jwks: { inline: '{"keys":[]}' } } } };
    expect(builtOf(withListener({ jwt, rate_limit: { requests: 1 } })).filterNames).toEqual([
      'envoy.filters.http.cors',
      'headgate.limit.listener',
      'envoy.filters.http.jwt_authn',
      'envoy.filters.http.mcp',
      'headgate.rbac.tenants',
      'envoy.filters.http.rbac',
      'headgate.limit.calls',
      'envoy.filters.http.local_ratelimit',
      'envoy.filters.http.stateful_session',
      'envoy.filters.http.router',
    ]);
  });

  it('stays the same when rules, limits, tenants and tools come, so that no connection is drained [routing.listener-stays]', () => {
    const { listener } = builtOf(withListener({ tenants: { by: { header: 'x-t' } } }));
    const changed = builtOf({
      clusters: { headgate: {}, b: { protocol: 'http' } },
      tenants: { acme: { tools: ['a'], rate_limit: { requests: 1 } } },
      listeners: {
        default: {
          tenants: { by: { header: 'x-t' } },
          access: { allow: { r: { tools: ['*'] } } },
          tool_rate_limits: { q: { requests: 1 } },
          cors: { origins: ['*'] },
        },
      },
      routes: {
        headgate: { cluster: 'headgate', tools: { q: { rate_limit: { requests: 1 } } } },
        b: { match: { prefix: '/b' }, cluster: 'b', cors: false },
      },
    });
    expect(changed.listener).toEqual(listener);
  });

  it('speaks TLS with certificates by SDS, and asks clients for theirs [routing.tls] [routing.mtls]', () => {
    const tls = {
      certificate: ['one', 'two'],
      client_ca: 'ca',
      client_names: ['spiffe://a/b', '*.c.org', 'd.org'],
      min_version: '1.3',
    };
    const { chain, http } = builtOf(withListener({ tls, protocols: 'http2' }));
    const secret = (name: string) => ({ name, sds_config: ADS });
    expect(chain.transport_socket).toEqual({
      name: 'envoy.transport_sockets.tls',
      typed_config: {
        '@type': `${T}transport_sockets.tls.v3.DownstreamTlsContext`,
        common_tls_context: {
          tls_params: { tls_minimum_protocol_version: 'TLSv1_3' },
          tls_certificate_sds_secret_configs: [secret('one'), secret('two')],
          alpn_protocols: ['h2'],
          combined_validation_context: {
            default_validation_context: {
              match_typed_subject_alt_names: [
                { san_type: 'URI', matcher: { exact: 'spiffe://a/b' } },
                { san_type: 'DNS', matcher: { suffix: '.c.org' } },
                { san_type: 'DNS', matcher: { exact: 'd.org' } },
              ],
            },
            validation_context_sds_secret_config: secret('ca'),
          },
        },
        require_client_certificate: true,
      },
    });
    expect(http).toMatchObject({
      codec_type: 'HTTP2',
      forward_client_cert_details: 'SANITIZE_SET',
      set_current_client_cert_details: { subject: true, uri: true, dns: true },
    });
    const optional = builtOf(
      withListener({ tls: { certificate: 'one', client_ca: 'ca', client_certificate_required: false } }),
    );
    expect(optional.chain.transport_socket).toMatchObject({
      typed_config: {
        common_tls_context: {
          alpn_protocols: ['h2', 'http/1.1'],
          validation_context_sds_secret_config: secret('ca'),
        },
        require_client_certificate: false,
      },
    });
  });

  it('limits connections, and what one of them may do [routing.connection-limits]', () => {
    const limits = {
      connections: 10,
      connection_buffer_bytes: 1024,
      concurrent_streams: 5,
      request_headers_kb: 8,
      requests_per_connection: 9,
    };
    const { chain, listener, http } = builtOf(
      withListener({
        limits,
        timeouts: { connection_idle_s: 0, stream_idle_s: 0, request_s: 0, request_headers_s: 1, drain_s: 2 },
        trusted_proxies: 2,
      }),
    );
    expect(chain.filters[0]).toEqual({
      name: 'envoy.filters.network.connection_limit',
      typed_config: {
        '@type': `${T}filters.network.connection_limit.v3.ConnectionLimit`,
        stat_prefix: 'default',
        max_connections: '10',
      },
    });
    expect(listener.per_connection_buffer_limit_bytes).toBe(1024);
    expect(http).toMatchObject({
      common_http_protocol_options: { idle_timeout: '0s', max_requests_per_connection: 9 },
      http2_protocol_options: { max_concurrent_streams: 5 },
      max_request_headers_kb: 8,
      stream_idle_timeout: '0s',
      request_timeout: '0s',
      request_headers_timeout: '1s',
      drain_timeout: '2s',
      xff_num_trusted_hops: 2,
    });
  });

  it('limits requests of the whole listener by one bucket [routing.listener-rate-limit]', () => {
    const { filter } = builtOf(withListener({ rate_limit: { requests: 100, burst: 200 } }), { minor: 36 });
    expect(filter('headgate.limit.listener')).toEqual({
      '@type': `${T}filters.http.local_ratelimit.v3.LocalRateLimit`,
      stat_prefix: 'headgate_limit_listener',
      token_bucket: { max_tokens: 200, tokens_per_fill: 100, fill_interval: '1s' },
      filter_enabled: { default_value: { numerator: 100, denominator: 'HUNDRED' } },
      filter_enforced: { default_value: { numerator: 100, denominator: 'HUNDRED' } },
      enable_x_ratelimit_headers: 'DRAFT_VERSION_03',
      response_headers_to_add: [{ header: { key: 'retry-after', value: '1' } }],
    });
  });

  it('lets pages call that are allowed to [routing.cors]', () => {
    const cors = { origins: ['https://a.org', { suffix: '.b.org' }, '*'], max_age_s: 5 };
    expect(builtOf(withListener({ cors })).overrides['envoy.filters.http.cors']).toEqual({
      '@type': `${T}filters.http.cors.v3.CorsPolicy`,
      allow_origin_string_match: [{ exact: 'https://a.org' }, { suffix: '.b.org' }, { safe_regex: { regex: '.*' } }],
      allow_methods: 'GET, POST, DELETE, OPTIONS',
      allow_headers:
        'authorization, content-type, accept, last-event-id, mcp-protocol-version, mcp-session-id, mcp-method, mcp-name, traceparent, tracestate',
      expose_headers: 'mcp-session-id, www-authenticate',
      max_age: '5',
      allow_credentials: false,
    });
  });

  it('asks for JWTs, whose claims become headers and the tenant [routing.jwt] [routing.tenant-not-forged]', () => {
    const { filter, http } = builtOf(
      withListener({
        jwt: {
          required: false,
          providers: {
            idp: {
              issuer: 'https://idp',
              audiences: ['mcp'],
              jwks: { url: 'https://idp/jwks', cluster: 'headgate', cache_s: 60 },
              claim_headers: { 'X-User': 'sub' },
            },
          },
        },
        tenants: { by: { claim: 'org.id' } },
      }),
    );
    expect(filter('envoy.filters.http.jwt_authn')).toEqual({
      '@type': `${T}filters.http.jwt_authn.v3.JwtAuthentication`,
      providers: {
        idp: {
          issuer: 'https://idp',
          audiences: ['mcp'],
          remote_jwks: {
            http_uri: { uri: 'https://idp/jwks', cluster: 'headgate', timeout: '5s' },
            cache_duration: '60s',
            async_fetch: { fast_listener: true },
            retry_policy: { num_retries: 2 },
          },
          forward: true,
          clock_skew_seconds: 60,
          require_expiration: true,
          payload_in_metadata: 'jwt',
          normalize_payload_in_metadata: { space_delimited_claims: ['scope', 'scp'] },
          claim_to_headers: [
            { header_name: 'x-user', claim_name: 'sub' },
            { header_name: 'x-headgate-tenant', claim_name: 'org.id' },
          ],
          clear_route_cache: true,
        },
      },
      rules: [
        {
          match: { prefix: '/' },
          requires: { requires_any: { requirements: [{ provider_name: 'idp' }, { allow_missing: {} }] } },
        },
      ],
      bypass_cors_preflight: true,
    });
    expect(http.early_header_mutation_extensions).toEqual([
      {
        name: 'envoy.http.early_header_mutation.header_mutation',
        typed_config: {
          '@type': `${T}http.early_header_mutation.header_mutation.v3.HeaderMutation`,
          mutations: [{ remove: 'x-headgate-tenant' }],
        },
      },
    ]);
  });

  it('takes the tenant of a certificate into the header, in place of what a client says [routing.tenant-not-forged]', () => {
    const { http } = builtOf(withListener({ tenants: { by: { certificate: 'dns_san' } } }));
    expect(http.early_header_mutation_extensions).toMatchObject([
      {
        typed_config: {
          mutations: [
            {
              append: {
                header: { key: 'x-headgate-tenant', value: '%DOWNSTREAM_PEER_DNS_SAN%' },
                append_action: 'OVERWRITE_IF_EXISTS_OR_ADD',
              },
            },
          ],
        },
      },
    ]);
  });

  it('uses the MCP filter from 1.39 on, where something depends on tools, and wakes it by the routes since 1.40 [routing.mcp-filter]', () => {
    const tools = { ...HEADGATE, routes: { headgate: { cluster: 'headgate', tools: { q: {} } } } };
    const filterOf = (given: Given, minor: number) => builtOf(given, { minor }).filter('envoy.filters.http.mcp');
    expect(filterOf(tools, 38)).toBeUndefined();
    expect(filterOf(HEADGATE, 39)).toBeUndefined();
    expect(filterOf(tools, 39)).toEqual({
      '@type': `${T}filters.http.mcp.v3.Mcp`,
      traffic_mode: 'REJECT_NO_MCP',
      clear_route_cache: true,
      max_request_body_size: 1_048_576,
      reject_duplicate_keys: true,
    });
    expect(filterOf(HEADGATE, 40)).toMatchObject({ traffic_mode: 'NOOP', attribute_source: 'VERIFY' });
    expect(builtOf(HEADGATE).overrides).toEqual({});
    expect(builtOf(tools).overrides['envoy.filters.http.mcp']).toEqual({
      '@type': `${T}filters.http.mcp.v3.McpOverride`,
      traffic_mode: 'REJECT_NO_MCP',
      clear_route_cache: true,
      max_request_body_size: 1_048_576,
      reject_duplicate_keys: true,
    });
    expect(filterOf(withListener({ mcp: { filter: 'off' } }), 40)).toBeUndefined();
    expect(builtOf(withListener({ mcp: { filter: 'on' } })).overrides['envoy.filters.http.mcp']).toMatchObject({
      traffic_mode: 'PASS_THROUGH',
    });
  });

  it('keeps sessions by an envelope around their id, strictly, where Envoy can [routing.sessions] [routing.oldest-envoy]', () => {
    const filterOf = (minor: number) => builtOf(HEADGATE, { minor }).filter('envoy.filters.http.stateful_session');
    expect(filterOf(34)).toEqual({ '@type': `${T}filters.http.stateful_session.v3.StatefulSession` });
    const envelope = {
      '@type': `${T}filters.http.stateful_session.v3.StatefulSession`,
      session_state: {
        name: 'envoy.http.stateful_session.envelope',
        typed_config: {
          '@type': `${T}http.stateful_session.envelope.v3.EnvelopeSessionState`,
          header: { name: 'mcp-session-id' },
        },
      },
      strict: true,
    };
    expect(filterOf(36)).toEqual(envelope);
    expect(filterOf(38)).toEqual({ ...envelope, status_on_strict_destination_not_found: 404 });
  });

  it('logs and traces tool, tenant and trace, as each version can [routing.access-log] [routing.tracing]', () => {
    const listener = {
      tracing: { cluster: 'headgate', service_name: 's', sampling: 25 },
      tenants: { by: { header: 'x-t' } },
      access_log: { to: { file: '/log' }, fields: { user: '%REQ(X-USER)%' } },
    };
    const { http } = builtOf(withListener(listener));
    const read = (param: string, header: string) =>
      `%COALESCE({"operators":[{"command":"DYNAMIC_METADATA","param":"${param}"},{"command":"REQ","param":"${header}"}]})%`;
    expect(http.access_log).toMatchObject([
      {
        name: 'envoy.access_loggers.file',
        typed_config: {
          '@type': `${T}access_loggers.file.v3.FileAccessLog`,
          path: '/log',
          log_format: {
            json_format: {
              tool: read('envoy.filters.http.mcp:params:name', 'MCP-NAME'),
              mcp_method: read('envoy.filters.http.mcp:method', 'MCP-METHOD'),
              tenant: '%REQ(X-T)%',
              trace_id: '%TRACE_ID%',
              path: '%PATH(NQ:ORIG_OR_PATH)%',
              upstream: '%UPSTREAM_HOST%',
              flags: '%RESPONSE_FLAGS%',
              user: '%REQ(X-USER)%',
            },
          },
        },
      },
    ]);
    expect(http.tracing).toMatchObject({
      random_sampling: { value: 25 },
      max_path_tag_length: 0,
      custom_tags: [
        { tag: 'mcp.method.name', value: read('envoy.filters.http.mcp:method', 'MCP-METHOD') },
        { tag: 'gen_ai.tool.name', value: read('envoy.filters.http.mcp:params:name', 'MCP-NAME') },
        { tag: 'url.path', value: '%PATH(NQ:ORIG_OR_PATH)%' },
        { tag: 'headgate.tenant', request_header: { name: 'x-t' } },
      ],
      provider: {
        name: 'envoy.tracers.opentelemetry',
        typed_config: {
          '@type': 'type.googleapis.com/envoy.config.trace.v3.OpenTelemetryConfig',
          grpc_service: { envoy_grpc: { cluster_name: 'headgate' } },
          service_name: 's',
        },
      },
    });
    const filtered = { ...listener, mcp: { filter: 'on' } };
    expect(builtOf(withListener(filtered), { minor: 39 }).http.tracing).toMatchObject({
      custom_tags: [
        { tag: 'mcp.method.name', metadata: { metadata_key: { path: [{ key: 'method' }] } } },
        { tag: 'gen_ai.tool.name', metadata: { metadata_key: { path: [{ key: 'params' }, { key: 'name' }] } } },
        { tag: 'headgate.tenant' },
      ],
    });
    expect(builtOf(withListener(listener), { minor: 28 }).http.tracing).toMatchObject({
      custom_tags: [
        { tag: 'mcp.method.name', request_header: { name: 'mcp-method' } },
        { tag: 'gen_ai.tool.name', request_header: { name: 'mcp-name' } },
        { tag: 'headgate.tenant' },
      ],
    });
    const [old] = builtOf(withListener(listener), { minor: 28 }).http.access_log as Array<{
      typed_config: { log_format: Json };
    }>;
    expect(old?.typed_config.log_format).toMatchObject({
      json_format: {
        tool: '%REQ(MCP-NAME)%',
        trace_id: '%REQ(TRACEPARENT)%',
        path: '%REQ_WITHOUT_QUERY(X-ENVOY-ORIGINAL-PATH?:PATH)%',
      },
      formatters: [{ name: 'envoy.formatter.req_without_query' }],
    });
    expect(builtOf(withListener({ access_log: false })).http).not.toHaveProperty('access_log');
  });

  it('answers the metadata of OAuth itself, and points clients to it [routing.oauth-metadata]', () => {
    const jwt = {
      providers: { p: { issuer: 'i', jwks: { inline: '{"keys":[]}' } } },
      resource_metadata: {
        resource: 'https://mcp.org/',
        authorization_servers: ['https://idp'],
        scopes_supported: ['read'],
      },
    };
    const { routes, http } = builtOf(withListener({ jwt }));
    expect(routes[0]).toMatchObject({
      match: { path_separated_prefix: '/.well-known/oauth-protected-resource' },
      direct_response: {
        status: 200,
        body: {
          inline_string:
            '{"resource":"https://mcp.org/","authorization_servers":["https://idp"],"scopes_supported":["read"],"bearer_methods_supported":["header"]}',
        },
      },
      typed_per_filter_config: { 'envoy.filters.http.jwt_authn': { disabled: true } },
    });
    expect(http.local_reply_config).toMatchObject({
      mappers: [
        {
          headers_to_add: [
            { header: { value: 'Bearer resource_metadata="https://mcp.org/.well-known/oauth-protected-resource"' } },
          ],
        },
      ],
    });
  });

  it('builds for a group what is for it [routing.groups]', () => {
    const state = stateOf({
      ...HEADGATE,
      listeners: { edge: { groups: ['edge'] }, inner: { groups: ['inner'] } },
      routes: {
        both: { cluster: 'headgate' },
        edge: { cluster: 'headgate', groups: ['edge'], match: { prefix: '/e' } },
      },
    });
    expect(buildListener('inner', contextOf(state, 40, 'edge'))).toEqual([]);
    const [, edge] = buildListener('edge', contextOf(state, 40, 'edge'));
    const [, inner] = buildListener('inner', contextOf(state, 40, 'inner'));
    const names = (json: Json | undefined) =>
      ((json?.virtual_hosts ?? []) as Array<{ routes: Json[] }>).flatMap(({ routes }) =>
        routes.map(({ name }) => name),
      );
    expect([names(edge?.json), names(inner?.json)]).toEqual([['edge', 'both'], ['both']]);
  });
});
