import type { AccessLog } from '../../desired-state/listener.ts';
import { type EnvoyVersion, HAS } from '../filters/envoy-features.ts';
import { extension } from '../filters/extension.ts';
import { MCP_METADATA } from '../filters/tool-match.ts';

type Json = Record<string, unknown>;

/** The path that the client asked for. */
export const PATH_WITHOUT_QUERY = '%PATH(NQ:ORIG_OR_PATH)%';

/** What the log says besides what is of every request. */
interface LogContext {
  readonly version: EnvoyVersion;
  /** The MCP filter is there, though it may be asleep. */
  readonly mcpFilter: boolean;
  readonly tenantHeader: string | null;
  readonly traced: boolean;
}

/** One line of JSON for a request, when it ends. Never queries, bodies, session ids or tokens. */
export function accessLog({ to, fields }: AccessLog, context: LogContext): Json {
  const format = {
    log_format: {
      json_format: { ...standardFields(context), ...fields },
      ...(HAS.logOperators(context.version)
        ? {}
        : {
            formatters: [
              extension(
                'envoy.formatter.req_without_query',
                'extensions.formatter.req_without_query.v3.ReqWithoutQuery',
              ),
            ],
          }),
    },
  };
  if (typeof to === 'object') {
    return extension('envoy.access_loggers.file', 'extensions.access_loggers.file.v3.FileAccessLog', {
      path: to.file,
      ...format,
    });
  }
  const type = to === 'stdout' ? 'StdoutAccessLog' : 'StderrAccessLog';
  return extension(`envoy.access_loggers.${to}`, `extensions.access_loggers.stream.v3.${type}`, format);
}

function standardFields({ version, mcpFilter, tenantHeader, traced }: LogContext): Record<string, string> {
  const said = (header: string, ...path: string[]) => (mcpFilter ? readOrSaid(header, path) : `%REQ(${header})%`);
  const newer = HAS.logOperators(version);
  return {
    time: '%START_TIME%',
    request_id: '%REQ(X-REQUEST-ID)%',
    trace_id: traced && newer ? '%TRACE_ID%' : '%REQ(TRACEPARENT)%',
    client: '%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%',
    host: '%REQ(:AUTHORITY)%',
    method: '%REQ(:METHOD)%',
    path: newer ? PATH_WITHOUT_QUERY : '%REQ_WITHOUT_QUERY(X-ENVOY-ORIGINAL-PATH?:PATH)%',
    protocol: '%PROTOCOL%',
    user_agent: '%REQ(USER-AGENT)%',
    mcp_method: said('MCP-METHOD', 'method'),
    tool: said('MCP-NAME', 'params', 'name'),
    ...(tenantHeader === null ? {} : { tenant: `%REQ(${tenantHeader.toUpperCase()})%` }),
    status: '%RESPONSE_CODE%',
    details: '%RESPONSE_CODE_DETAILS%',
    flags: '%RESPONSE_FLAGS%',
    shadow: '%DYNAMIC_METADATA(envoy.filters.http.rbac:shadow_engine_result)%',
    route: '%ROUTE_NAME%',
    cluster: '%UPSTREAM_CLUSTER%',
    upstream: '%UPSTREAM_HOST%',
    attempts: '%UPSTREAM_REQUEST_ATTEMPT_COUNT%',
    upstream_failure: '%UPSTREAM_TRANSPORT_FAILURE_REASON%',
    received_bytes: '%BYTES_RECEIVED%',
    sent_bytes: '%BYTES_SENT%',
    duration_ms: '%DURATION%',
    first_byte_ms: '%RESPONSE_DURATION%',
  };
}

/** What the MCP filter read in the message; where it did not read, what the client says. An operator of Envoy 1.37. */
export function readOrSaid(header: string, path: readonly string[]): string {
  const operators = [
    { command: 'DYNAMIC_METADATA', param: [MCP_METADATA, ...path].join(':') },
    { command: 'REQ', param: header },
  ];
  return `%COALESCE(${JSON.stringify({ operators })})%`;
}
