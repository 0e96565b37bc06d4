import type { HashBy, Mirror, Redirect, Respond, Rewrite, RouteTimeouts, Weights } from '../../desired-state/route.ts';
import { duration } from '../duration.ts';

type Json = Record<string, unknown>;

const REDIRECT_CODES = {
  301: 'MOVED_PERMANENTLY',
  302: 'FOUND',
  303: 'SEE_OTHER',
  307: 'TEMPORARY_REDIRECT',
  308: 'PERMANENT_REDIRECT',
} as const;
/** Parts of a percent that fractions of mirrored requests are counted in. */
const MILLIONTHS_OF_A_PERCENT = 10_000;

/** One cluster, or several by weight. `byHash`: the hash policy picks, so that a client stays with a cluster. */
export function clusterSpecifier(cluster: string | undefined, clusters: Weights | undefined, byHash: boolean): Json {
  if (clusters === undefined) return { cluster };
  const weighted = Object.entries(clusters).map(([name, weight]) => ({ name, weight }));
  return { weighted_clusters: { clusters: weighted, ...(byHash ? { use_hash_policy: true } : {}) } };
}

/** Of a whole call and of silence; nothing said of silence is the listener's. */
export function timeoutsOf({ total_s: total, idle_s: idle }: RouteTimeouts): Json {
  return { timeout: duration(total), ...(idle === undefined ? {} : { idle_timeout: duration(idle) }) };
}

/** What the upstream sees in place of what the client sent. `ownHost`: its own name as Host, unless another one is said. */
export function rewritten(rewrite: Rewrite | undefined, ownHost: boolean): Json {
  const { prefix, regex, host = ownHost ? 'auto' : 'client' } = rewrite ?? {};
  return {
    ...(prefix === undefined ? {} : { prefix_rewrite: prefix }),
    ...(regex === undefined
      ? {}
      : { regex_rewrite: { pattern: { regex: regex.pattern }, substitution: regex.substitution } }),
    ...hostRewrite(host),
  };
}

function hostRewrite(host: string): Json {
  if (host === 'client') return {};
  return host === 'auto' ? { auto_host_rewrite: true } : { host_rewrite_literal: host };
}

/** Clusters that get copies. */
export function mirrored(mirrors: readonly Mirror[] | undefined): Json {
  if (mirrors === undefined) return {};
  return {
    request_mirror_policies: mirrors.map(({ cluster, percent }) => ({
      cluster,
      runtime_fraction: {
        default_value: { numerator: Math.round(percent * MILLIONTHS_OF_A_PERCENT), denominator: 'MILLION' },
      },
    })),
  };
}

/** What picks an endpoint where the cluster's load balancer goes by a hash. */
export function hashed(ways: readonly HashBy[] | undefined): Json {
  if (ways === undefined) return {};
  return { hash_policy: ways.map(hashPolicy) };
}

/** A redirect, as `RedirectAction`. */
export function redirectOf({ https, host, port, path, prefix, status, strip_query: stripQuery }: Redirect): Json {
  return {
    ...(https === true ? { https_redirect: true } : {}),
    ...(host === undefined ? {} : { host_redirect: host }),
    ...(port === undefined ? {} : { port_redirect: port }),
    ...(path === undefined ? {} : { path_redirect: path }),
    ...(prefix === undefined ? {} : { prefix_rewrite: prefix }),
    response_code: REDIRECT_CODES[status],
    ...(stripQuery ? { strip_query: true } : {}),
  };
}

/** What Envoy answers itself, as `DirectResponseAction`. */
export function responseOf({ status, body }: Respond): Json {
  return { status, ...(body === undefined ? {} : { body: { inline_string: body } }) };
}

function hashPolicy(way: HashBy): Json {
  if ('header' in way) return { header: { header_name: way.header.toLowerCase() } };
  if ('query' in way) return { query_parameter: { name: way.query } };
  if ('source_ip' in way) return { connection_properties: { source_ip: true } };
  return { cookie: { name: way.cookie, ...(way.ttl_s === undefined ? {} : { ttl: duration(way.ttl_s) }) } };
}
