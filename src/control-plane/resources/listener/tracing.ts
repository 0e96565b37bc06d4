import type { Tracing } from '../../desired-state/listener.ts';
import { HAS } from '../filters/envoy-features.ts';
import { typed } from '../filters/extension.ts';
import { MCP_METADATA } from '../filters/tool-match.ts';
import { PATH_WITHOUT_QUERY, readOrSaid } from './access-log.ts';
import type { ListenerPolicy } from './policy.ts';

type Json = Record<string, unknown>;

/** Spans by OpenTelemetry, with tool and tenant. Never queries, in which a token may stand. */
export function tracing({ cluster, service_name: service, sampling }: Tracing, policy: ListenerPolicy): Json {
  const { tenantHeader, version } = policy;
  return {
    random_sampling: { value: sampling },
    // Envoy's own tag http.url has the query in it.
    max_path_tag_length: 0,
    custom_tags: [
      toolTag(policy, 'mcp.method.name', 'MCP-METHOD', ['method']),
      toolTag(policy, 'gen_ai.tool.name', 'MCP-NAME', ['params', 'name']),
      ...(HAS.tagValues(version) ? [{ tag: 'url.path', value: PATH_WITHOUT_QUERY }] : []),
      ...(tenantHeader === null ? [] : [headerTag('headgate.tenant', tenantHeader)]),
    ],
    provider: {
      name: 'envoy.tracers.opentelemetry',
      typed_config: typed('config.trace.v3.OpenTelemetryConfig', {
        grpc_service: { envoy_grpc: { cluster_name: cluster }, timeout: '1s' },
        service_name: service,
      }),
    },
  };
}

/** What the MCP filter read, else what the client says; before tags had values, one of the two: Envoy takes the first of a name. */
function toolTag({ mcpFilter, version }: ListenerPolicy, tag: string, header: string, path: readonly string[]): Json {
  if (!mcpFilter) return headerTag(tag, header);
  if (HAS.tagValues(version)) return { tag, value: readOrSaid(header, path) };
  const key = { key: MCP_METADATA, path: path.map((field) => ({ key: field })) };
  return { tag, metadata: { kind: { request: {} }, metadata_key: key } };
}

function headerTag(tag: string, header: string): Json {
  return { tag, request_header: { name: header.toLowerCase() } };
}
