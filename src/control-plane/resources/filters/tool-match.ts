import { anyOf, quoted } from './value-match.ts';

type Json = Record<string, unknown>;

/**
 * Where the name of a called tool is read:
 * - `metadata`: in the message itself, by Envoy's MCP filter;
 * - `header`: in `Mcp-Method` and `Mcp-Name`, which clients of MCP 2026-07-28 send and their servers compare with the message.
 */
export type ToolSource = 'metadata' | 'header';

/** Namespace in which Envoy's MCP filter leaves what it read, since 1.38. */
export const MCP_METADATA = 'envoy.filters.http.mcp';
export const CALL_METHOD = 'tools/call';

/** Revisions whose servers must compare the headers with the message: 2026-07-28 and later. */
const HEADER_REVISIONS = '2026-(0[7-9]|1[0-2])-.*|20(2[7-9]|[3-9][0-9])-.*';
/** Methods of HTTP that carry no message, and so no call. */
const WITHOUT_MESSAGE = 'GET|HEAD|DELETE|OPTIONS';

/** A condition on what the MCP filter read, as `MetadataMatcher`. */
function mcpMetadata(path: readonly string[], value: Json): Json {
  return { filter: MCP_METADATA, path: path.map((key) => ({ key })), value };
}

/** Conditions of a route that takes calls of these tools only. */
export function toolRouteMatch(
  tools: readonly string[],
  source: ToolSource,
): { headers?: Json[]; dynamic_metadata?: Json[] } {
  if (source === 'header') {
    return {
      headers: [
        { name: 'mcp-method', string_match: { exact: CALL_METHOD } },
        { name: 'mcp-name', string_match: anyOf(tools) },
      ],
    };
  }
  return {
    dynamic_metadata: [
      mcpMetadata(['method'], { string_match: { exact: CALL_METHOD } }),
      mcpMetadata(['params', 'name'], { string_match: anyOf(tools) }),
    ],
  };
}

/** Permission for what is certainly no call of a tool. A message that could not be read to its end is not. */
export function notACall(source: ToolSource): Json {
  const bodiless = { header: { name: ':method', string_match: { safe_regex: { regex: WITHOUT_MESSAGE } } } };
  const other =
    source === 'header'
      ? allOf(
          headerRevision(),
          header('mcp-method', { present_match: true }),
          not(header('mcp-method', exactly(CALL_METHOD))),
        )
      : allOf(
          metadata(['method'], { present_match: true }),
          not(metadata(['method'], exactly(CALL_METHOD))),
          not(cutShort()),
        );
  return { or_rules: { rules: [bodiless, other] } };
}

/** Permission for calls of tools; `*` at the end of a name stands for any rest. */
export function callsOf(tools: readonly string[], source: ToolSource): Json {
  const name = namesMatch(tools);
  if (source === 'header') {
    const named = name === null ? header('mcp-name', { present_match: true }) : header('mcp-name', name);
    return allOf(headerRevision(), header('mcp-method', exactly(CALL_METHOD)), named);
  }
  const named = metadata(['params', 'name'], name ?? { present_match: true });
  return allOf(metadata(['method'], exactly(CALL_METHOD)), named, not(cutShort()));
}

/** Null: any name. */
function namesMatch(tools: readonly string[]): Json | null {
  if (tools.includes('*')) return null;
  const [only] = tools;
  if (tools.length === 1 && only?.endsWith('*')) return { string_match: { prefix: only.slice(0, -1) } };
  if (!tools.some((tool) => tool.endsWith('*'))) return { string_match: anyOf(tools) };
  const parts = tools.map((tool) => (tool.endsWith('*') ? `${quoted(tool.slice(0, -1))}.*` : quoted(tool)));
  return { string_match: { safe_regex: { regex: parts.join('|') } } };
}

const exactly = (text: string): Json => ({ string_match: { exact: text } });
const not = (rule: Json): Json => ({ not_rule: rule });
const allOf = (...rules: Json[]): Json => ({ and_rules: { rules } });
const header = (name: string, match: Json): Json => ({ header: { name, ...match } });
const headerRevision = () =>
  header('mcp-protocol-version', { string_match: { safe_regex: { regex: HEADER_REVISIONS } } });
const metadata = (path: readonly string[], value: Json): Json => ({
  sourced_metadata: { metadata_matcher: mcpMetadata(path, value), metadata_source: 'DYNAMIC' },
});
const cutShort = () => metadata(['is_exceeding_limit'], { bool_match: true });
