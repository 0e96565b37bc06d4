import { HAS } from '../filters/envoy-features.ts';
import { MCP_METADATA } from '../filters/tool-match.ts';
import { PATH_WITHOUT_QUERY, readOrSaid } from './access-log.ts';
import type { ListenerPolicy } from './policy.ts';

type Json = Record<string, unknown>;

/** Tags that spans have besides Envoy's own: what is called, by whom. Of two tags of one name Envoy takes the first. */
export function spanTags(policy: ListenerPolicy): Json[] {
  const { tenantHeader, version } = policy;
  return [
    toolTag(policy, 'mcp.method.name', 'MCP-METHOD', ['method']),
    toolTag(policy, 'gen_ai.tool.name', 'MCP-NAME', ['params', 'name']),
    ...(HAS.tagValue(version) ? [{ tag: 'url.path', value: PATH_WITHOUT_QUERY }] : []),
    ...(tenantHeader === null ? [] : [headerTag('headgate.tenant', tenantHeader)]),
  ];
}

/** What the MCP filter read, else what the client says; before tags had values, one of the two. */
function toolTag({ mcpFilter, version }: ListenerPolicy, tag: string, header: string, path: readonly string[]): Json {
  if (!mcpFilter) return headerTag(tag, header);
  if (HAS.tagValue(version)) return { tag, value: readOrSaid(header, path) };
  const key = { key: MCP_METADATA, path: path.map((field) => ({ key: field })) };
  return { tag, metadata: { kind: { request: {} }, metadata_key: key } };
}

function headerTag(tag: string, header: string): Json {
  return { tag, request_header: { name: header.toLowerCase() } };
}
