import { describe, expect, it } from 'vitest';
import { builtOf, type Given } from '../fixtures/routing-state.ts';

type Json = Record<string, unknown>;

const T = 'type.googleapis.com/envoy.extensions.';
const HEADGATE: Given = { clusters: { headgate: {} }, routes: { headgate: { cluster: 'headgate' } } };
const withListener = (listener: Json, given: Given = {}): Given => ({
  ...HEADGATE,
  ...given,
  listeners: { default: listener },
});

describe('logs and traces of a listener', () => {
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
});
