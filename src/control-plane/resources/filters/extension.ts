const PREFIX = 'type.googleapis.com/envoy.';

/** An `Any` of one of Envoy's types, named without `envoy.`. */
export function typed(type: string, fields: Record<string, unknown> = {}): Record<string, unknown> {
  return { '@type': `${PREFIX}${type}`, ...fields };
}

/** An extension with its configuration, as filters, loggers and matchers are given. */
export function extension(name: string, type: string, fields: Record<string, unknown> = {}): Record<string, unknown> {
  return { name, typed_config: typed(type, fields) };
}

/** Names of the HTTP filters, by which routes override them; in the order in which they run. */
export const FILTERS = {
  /** First, so that a page can read the 401 with which OAuth begins. */
  cors: 'envoy.filters.http.cors',
  /** Before authentication, which costs more than counting. */
  listenerLimit: 'headgate.limit.listener',
  jwt: 'envoy.filters.http.jwt_authn',
  mcp: 'envoy.filters.http.mcp',
  tenants: 'headgate.rbac.tenants',
  access: 'envoy.filters.http.rbac',
  callLimits: 'headgate.limit.calls',
  routeLimit: 'envoy.filters.http.local_ratelimit',
  session: 'envoy.filters.http.stateful_session',
  router: 'envoy.filters.http.router',
} as const;

/** A name in a statistic: Prometheus has letters, digits and `_` only, and a dot would begin a new level. */
export function statName(name: string): string {
  return name.replace(/[^A-Za-z0-9_]/g, '_');
}
