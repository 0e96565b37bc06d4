import { LIMIT_UNITS, type RateLimit } from '../../desired-state/rate-limit.ts';
import { type EnvoyVersion, HAS } from './envoy-features.ts';
import { extension, statName, typed } from './extension.ts';
import { CALL_METHOD, MCP_METADATA, type ToolSource } from './tool-match.ts';

type Json = Record<string, unknown>;

const TYPE = 'extensions.filters.http.local_ratelimit.v3.LocalRateLimit';
/** `uint32` of Envoy: a bucket that is never empty, for a filter whose limits are those of its descriptors. */
const UNLIMITED = 4_294_967_295;
/** Policies of this stage are for the limits of tenants and tools; the other filters do not look at them. */
const CALLS_STAGE = 1;

/** Limits of calls, for a tenant, for a tool, or for a tool as one tenant calls it. */
export interface CallLimit {
  /** What the tenant header has; null: everybody together. */
  readonly tenant: string | null;
  /** Null: every request. */
  readonly tool: string | null;
  readonly limit: RateLimit;
}

/** A filter that limits nothing until a route gives it a limit. */
export function limitFilter(name: string): Json {
  return extension(name, TYPE, { stat_prefix: statName(name) });
}

/** One bucket for all requests. */
export function oneLimit(stat: string, limit: RateLimit, version: EnvoyVersion): Json {
  return typed(TYPE, {
    stat_prefix: stat,
    token_bucket: bucketOf(limit),
    ...enforced(LIMIT_UNITS[limit.per], version),
  });
}

/** As `oneLimit`, as a filter. */
export function oneLimitFilter(name: string, limit: RateLimit, version: EnvoyVersion): Json {
  return { name, typed_config: oneLimit(statName(name), limit, version) };
}

/** What limits of calls are counted by. */
interface CallKeys {
  readonly tenantHeader: string | null;
  readonly source: ToolSource;
  readonly version: EnvoyVersion;
}

/** A bucket for each tenant and tool that has a limit; requests that have none pass. */
export function callLimits(limits: readonly CallLimit[], keys: CallKeys): Json {
  const shortest = Math.min(...limits.map(({ limit }) => LIMIT_UNITS[limit.per]));
  return typed(TYPE, {
    stat_prefix: 'calls',
    ...(HAS.embeddedRateLimits(keys.version) ? { rate_limits: descriptorsOf(limits, keys) } : { stage: CALLS_STAGE }),
    token_bucket: { max_tokens: UNLIMITED, tokens_per_fill: UNLIMITED, fill_interval: '1s' },
    descriptors: limits.map(({ tenant, tool, limit }) => ({
      entries: [
        ...(tenant === null ? [] : [{ key: 'tenant', value: tenant }]),
        ...(tool === null
          ? []
          : [
              { key: 'method', value: CALL_METHOD },
              { key: 'tool', value: tool },
            ]),
      ],
      token_bucket: bucketOf(limit),
    })),
    ...enforced(shortest, keys.version),
  });
}

/** What `callLimits` counts by, for virtual hosts of versions whose filter has no list of its own. */
export function callDescriptors(limits: readonly CallLimit[], keys: CallKeys): Json[] {
  if (HAS.embeddedRateLimits(keys.version)) return [];
  return descriptorsOf(limits, keys).map((descriptor) => ({ stage: CALLS_STAGE, ...descriptor }));
}

/** By tenant, by tool, by both: only those that there are limits for. */
function descriptorsOf(limits: readonly CallLimit[], { tenantHeader, source }: CallKeys): Json[] {
  const tenant = tenantHeader === null ? [] : [fromHeader(tenantHeader, 'tenant')];
  const tool =
    source === 'header'
      ? [fromHeader('mcp-method', 'method'), fromHeader('mcp-name', 'tool')]
      : [fromMessage(['method'], 'method'), fromMessage(['params', 'name'], 'tool')];
  const used = (byTenant: boolean, byTool: boolean) =>
    limits.some((limit) => (limit.tenant !== null) === byTenant && (limit.tool !== null) === byTool);
  return [
    ...(used(true, false) ? [tenant] : []),
    ...(used(false, true) ? [tool] : []),
    ...(used(true, true) ? [[...tenant, ...tool]] : []),
  ].map((actions) => ({ actions }));
}

function bucketOf({ requests, per, burst = requests }: RateLimit): Json {
  return { max_tokens: burst, tokens_per_fill: requests, fill_interval: `${LIMIT_UNITS[per]}s` };
}

/** `retryAfter`: seconds after which there are tokens again at the latest, for versions that do not tell clients by themselves. */
function enforced(retryAfter: number, version: EnvoyVersion): Json {
  const all = { default_value: { numerator: 100, denominator: 'HUNDRED' } };
  return {
    filter_enabled: all,
    filter_enforced: all,
    enable_x_ratelimit_headers: 'DRAFT_VERSION_03',
    ...(HAS.retryAfter(version)
      ? { enable_retry_after_header: true }
      : { response_headers_to_add: [{ header: { key: 'retry-after', value: String(retryAfter) } }] }),
  };
}

const fromHeader = (name: string, key: string): Json => ({
  request_headers: { header_name: name, descriptor_key: key },
});

const fromMessage = (path: readonly string[], key: string): Json => ({
  metadata: {
    descriptor_key: key,
    metadata_key: { key: MCP_METADATA, path: path.map((part) => ({ key: part })) },
    source: 'DYNAMIC',
  },
});
