import { z } from 'zod';
import { substitutionViolation } from '../snapshot/regular-expression.ts';
import { Access } from './access.ts';
import { Cors } from './cors.ts';
import { CountOrNone, Groups, HttpPath, ObjectName, Percent, SecondsOrNever, Text } from './fields.ts';
import { Domain, HeaderName, HeaderValue, Regex, RouteMatch, ToolName } from './match.ts';
import { RateLimit } from './rate-limit.ts';
import { Retries } from './retries.ts';

/** Clusters with their shares: the numbers say how much of the sum each gets, so 90 and 10 are as good as 9 and 1. */
export const Weights = z
  .record(ObjectName, CountOrNone.max(1_000_000, 'must be 1000000 at most'))
  .refine((weights) => Object.values(weights).some((weight) => weight > 0), {
    message: 'must have a weight above zero: no cluster would get anything',
    params: { rule: 'zero-weights' },
  });
export type Weights = z.infer<typeof Weights>;

/** Seconds; 0 is never. */
const RouteTimeouts = z.strictObject({
  /** Of the whole answer. The default is never: calls of tools take long, streams of SSE longer. */
  total_s: SecondsOrNever.default(0),
  /** Without a byte in either direction; absent: the listener's `stream_idle_s`. */
  idle_s: SecondsOrNever.optional(),
  /** Of one attempt; absent: as `total_s`. */
  per_try_s: SecondsOrNever.optional(),
});
export type RouteTimeouts = z.infer<typeof RouteTimeouts>;

const HeaderChanges = z.strictObject({
  /** In addition to what is there. */
  add: z.record(HeaderName, HeaderValue).optional(),
  /** Instead of what is there. */
  set: z.record(HeaderName, HeaderValue).optional(),
  remove: z.array(HeaderName).min(1, 'must name a header').optional(),
});
export type HeaderChanges = z.infer<typeof HeaderChanges>;

const Redirect = z
  .strictObject({
    https: z.boolean().optional(),
    host: Text.optional(),
    port: z.int().min(1).max(65_535).optional(),
    path: HttpPath.optional(),
    prefix: HttpPath.optional(),
    status: z.union([z.literal(301), z.literal(302), z.literal(303), z.literal(307), z.literal(308)]).default(308),
    strip_query: z.boolean().default(false),
  })
  .refine(({ path, prefix }) => path === undefined || prefix === undefined, 'must have path or prefix, not both');
export type Redirect = z.infer<typeof Redirect>;

const Respond = z.strictObject({
  status: z.int('must be a status').min(200, 'must be 200 or more').max(599, 'must be 599 at most'),
  /** At most 4,096 characters: what Envoy takes of a direct response. */
  body: z.string().max(4096, 'must be 4096 characters at most').optional(),
  content_type: Text.optional(),
});
export type Respond = z.infer<typeof Respond>;

const Rewrite = z
  .strictObject({
    /** In place of the prefix or path that matched. */
    prefix: HttpPath.optional(),
    regex: z
      .strictObject({ pattern: Regex, substitution: z.string().max(4096) })
      .superRefine(({ pattern, substitution }, context) => {
        const message = substitutionViolation(pattern, substitution);
        if (message !== null) context.addIssue({ code: 'custom', path: ['substitution'], message });
      })
      .optional(),
    host: Text.optional().describe(
      'Host that the upstream sees: a name, `auto` (its own) or `client` (as the client sent it); absent: `auto` over TLS to servers with names, else `client`',
    ),
  })
  .refine(({ prefix, regex }) => prefix === undefined || regex === undefined, 'must have prefix or regex, not both');
export type Rewrite = z.infer<typeof Rewrite>;

const Mirror = z.strictObject({ cluster: ObjectName, percent: Percent.default(100) });
export type Mirror = z.infer<typeof Mirror>;

/** What is other for one tool; what is absent is as in the route. */
const ToolSettings = z
  .strictObject({
    timeouts: RouteTimeouts.optional(),
    retries: z.union([z.literal(false), Retries]).optional(),
    rate_limit: RateLimit.optional(),
    cluster: ObjectName.optional(),
    clusters: Weights.optional(),
  })
  .refine(
    ({ cluster, clusters }) => cluster === undefined || clusters === undefined,
    'must have cluster or clusters, not both',
  );
export type ToolSettings = z.infer<typeof ToolSettings>;

const HashBy = z.union([
  z.strictObject({ header: HeaderName }),
  z.strictObject({ cookie: Text, ttl_s: SecondsOrNever.optional() }),
  z.strictObject({ query: Text }),
  z.strictObject({ source_ip: z.literal(true) }),
]);
export type HashBy = z.infer<typeof HashBy>;

const TARGETS = ['cluster', 'clusters', 'redirect', 'respond'] as const;

/**
 * What goes where. The first route that matches takes a request. Their order does not depend on the order in the file:
 * 1. the smaller `order`,
 * 2. an exact `path`, then the longer `prefix`, then a `regex` (the longer first),
 * 3. more conditions (headers, query, methods, tools, tenants, gRPC),
 * 4. the name.
 * Routes of the `tools` map come right before the route that they are of.
 */
export const RouteSpec = z
  .strictObject({
    groups: Groups,
    /** Absent: the only listener that there is, else the one named `default`. */
    listener: ObjectName.optional(),
    /** Hosts; absent: every host. A host gets the routes of all patterns that fit it. */
    domains: z.array(Domain).min(1, 'must name a host; leave it out for every host').optional(),
    match: RouteMatch.prefault({}),
    order: z.int().min(-1_000_000).max(1_000_000).default(0),

    cluster: ObjectName.optional(),
    clusters: Weights.optional(),
    redirect: Redirect.optional(),
    respond: Respond.optional(),

    /** Copies of requests; answers to them are dropped. */
    mirrors: z.array(Mirror).min(1, 'must have a mirror').optional(),
    rewrite: Rewrite.optional(),
    timeouts: RouteTimeouts.prefault({}),
    /** False: none. */
    retries: z.union([z.literal(false), Retries]).prefault({}),
    /** By the name of the tool. */
    tools: z.record(ToolName, ToolSettings).optional(),
    request_headers: HeaderChanges.optional(),
    response_headers: HeaderChanges.optional(),
    hash: z.array(HashBy).min(1, 'must have a way').optional(),

    /** In place of the listener's; false: none. */
    cors: z.union([z.literal(false), Cors]).optional(),
    /** False: the listener's JWT is not asked for here. */
    auth: z.boolean().default(true),
    /** In place of the listener's; false: none. */
    access: z.union([z.literal(false), Access]).optional(),
    /** All requests of this route. */
    rate_limit: RateLimit.optional(),
    /**
     * Whether 2025-era clients stay with the replica that opened their session (`Mcp-Session-Id`); requests without a session are
     * balanced. `auto`: as the clusters say.
     */
    sessions: z.enum(['auto', 'on', 'off']).default('auto'),
    /** Whether this is MCP at all. `auto`: as the clusters say. */
    mcp: z.enum(['auto', 'on', 'off']).default('auto'),
    websocket: z.boolean().default(false),
    /** Statistics of its own, `vhost.<host>.route.<name>`; each such route costs memory in Envoy. */
    stats: z.boolean().default(false),
  })
  .superRefine((route, context) => {
    const targets = TARGETS.filter((target) => route[target] !== undefined);
    if (targets.length === 1) return;
    const message =
      targets.length === 0
        ? 'must say where requests go: cluster, clusters, redirect or respond'
        : `must have one of cluster, clusters, redirect and respond, not ${targets.join(' and ')}`;
    context.addIssue({ code: 'custom', message, params: { rule: 'target' } });
  });
export type RouteSpec = z.infer<typeof RouteSpec>;
