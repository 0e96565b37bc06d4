import { type EnvoyVersion, HAS } from './envoy-features.ts';
import { extension, FILTERS, typed } from './extension.ts';

/** How a listener uses Envoy's MCP filter. */
export interface McpUse {
  /** What is read of a message, bytes. */
  readonly maxMessageBytes: number;
  /** Requests that are not MCP are refused. */
  readonly strict: boolean;
  readonly source: 'verify' | 'body' | 'headers';
}

type Json = Record<string, unknown>;

/**
 * The filter in the listener. Where Envoy can (1.40) it does nothing there and is switched on by routes, so that a listener stays as
 * it is, and keeps its connections, when the first rule for a tool comes.
 */
export function mcpFilter(use: McpUse, version: EnvoyVersion): Json {
  return extension(FILTERS.mcp, 'extensions.filters.http.mcp.v3.Mcp', {
    traffic_mode: HAS.mcpNoop(version) ? 'NOOP' : trafficMode(use),
    clear_route_cache: true,
    max_request_body_size: use.maxMessageBytes,
    reject_duplicate_keys: true,
    ...(HAS.mcpVerify(version) ? { attribute_source: use.source.toUpperCase() } : {}),
  });
}

/**
 * Switches the filter on, for all routes of a configuration; null: it is on in the listener. What an override does not say is Envoy's
 * default, not what the listener says (seen with 1.40).
 */
export function mcpOn(use: McpUse, version: EnvoyVersion): Json | null {
  if (!HAS.mcpNoop(version)) return null;
  return typed('extensions.filters.http.mcp.v3.McpOverride', {
    traffic_mode: trafficMode(use),
    clear_route_cache: true,
    max_request_body_size: use.maxMessageBytes,
    reject_duplicate_keys: true,
  });
}

/** Switches the filter off, for what is no MCP. Where it cannot be off it reads, and lets through what it cannot read. */
export function mcpOff(version: EnvoyVersion): Json {
  const mode = HAS.mcpNoop(version) ? 'NOOP' : 'PASS_THROUGH';
  return typed('extensions.filters.http.mcp.v3.McpOverride', { traffic_mode: mode });
}

const trafficMode = ({ strict }: McpUse) => (strict ? 'REJECT_NO_MCP' : 'PASS_THROUGH');
