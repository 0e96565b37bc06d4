import type { Requirement } from './requirement.ts';

const builds = 'issue 7: What it builds for Envoy';
const user = 'issue 7: What a user gets';
const badInput = 'issue 7: Bad input';
const traps = 'issue 7: Snapshots and history (the traps of MCP behind Envoy)';

/** What is promised of listeners, routes and tenants, and of the configuration that they become. */
export const requirements = [
  {
    id: 'routing.few-lines',
    behaviour: 'A cluster and a route of one line each are a whole configuration.',
    source: user,
  },
  {
    id: 'routing.default-listener',
    behaviour:
      'Without a listener there is one on port 10000; a route that names none is on the only one, else on `default`.',
    source: user,
  },
  {
    id: 'routing.order',
    behaviour: 'Which route is asked first depends on order, path, conditions and name, not on the file.',
    source: builds,
  },
  { id: 'routing.hosts', behaviour: 'A host gets the routes of every pattern that fits it.', source: builds },
  {
    id: 'routing.matching',
    behaviour: 'Routes match prefixes, paths, regular expressions, headers and queries.',
    source: builds,
  },
  {
    id: 'routing.weights',
    behaviour: 'Requests are shared by weight, and what that does to sessions is said.',
    source: builds,
  },
  {
    id: 'routing.mirrors',
    behaviour: 'A part of the requests is copied to a shadow, and that calls run twice there is said.',
    source: builds,
  },
  { id: 'routing.redirects', behaviour: 'A route can redirect.', source: builds },
  { id: 'routing.direct-responses', behaviour: 'A route can answer by itself.', source: builds },
  {
    id: 'routing.own-host',
    behaviour: 'Servers with names over TLS are asked by their own name, unless the route says another.',
    source: builds,
  },
  { id: 'routing.rewrites', behaviour: 'A route can rewrite path and host.', source: builds },
  {
    id: 'routing.header-format',
    behaviour:
      'Texts that Envoy’s format does not take are refused in headers and access logs: Envoy would refuse all routes for one.',
    source: badInput,
  },
  {
    id: 'routing.headers',
    behaviour: 'A route can add, set and remove headers of requests and responses.',
    source: builds,
  },
  {
    id: 'routing.sse-timeouts',
    behaviour: 'Defaults let calls run and streams of SSE be open for long.',
    source: builds,
  },
  {
    id: 'routing.retries',
    behaviour: 'Only what certainly did not run is repeated, unless a route says that it may run twice.',
    source: builds,
  },
  {
    id: 'routing.tool-settings',
    behaviour: 'A tool can have timeouts, retries, limits and weights of its own.',
    source: user,
  },
  {
    id: 'routing.route-overrides',
    behaviour: 'A route can override CORS, authentication, rules, sessions and MCP of its listener.',
    source: builds,
  },
  {
    id: 'routing.groups',
    behaviour: 'A group of proxies gets the listeners and routes that are for it.',
    source: 'issue 7: xDS server',
  },
  {
    id: 'routing.one-changed',
    behaviour: 'A change of one route builds that route anew and no other.',
    source: 'issue 7: Figures',
  },
  {
    id: 'routing.listener-stays',
    behaviour: 'Rules, limits and tenants change without a change of the listener, which would drain connections.',
    source: user,
  },
  {
    id: 'routing.filter-order',
    behaviour: 'Filters run in one order, which rules and limits depend on.',
    source: traps,
  },
  { id: 'routing.edge-hardening', behaviour: 'Listeners are hardened as Envoy advises for the edge.', source: builds },
  {
    id: 'routing.connection-limits',
    behaviour: 'A listener limits connections and what one of them may do.',
    source: builds,
  },
  { id: 'routing.tls', behaviour: 'A listener speaks TLS with certificates that come by SDS.', source: builds },
  { id: 'routing.mtls', behaviour: 'A listener can ask clients for certificates of certain names.', source: builds },
  {
    id: 'routing.cors',
    behaviour: 'Web pages of named origins may call; credentials for every page are refused.',
    source: builds,
  },
  { id: 'routing.jwt', behaviour: 'Only tokens of the issuers for the audience pass.', source: builds },
  {
    id: 'routing.oauth-metadata',
    behaviour: 'Envoy answers the metadata of the protected resource, and a 401 points to it.',
    source: builds,
  },
  {
    id: 'routing.rbac-per-tool',
    behaviour: 'Only tools that a rule allows can be called, however the message is put.',
    source: builds,
  },
  { id: 'routing.rbac-shadow', behaviour: 'Rules in shadow refuse nothing and are counted.', source: builds },
  {
    id: 'routing.rbac-by-header',
    behaviour: 'Without the MCP filter calls without Mcp-Name are refused, and that is said.',
    source: builds,
  },
  { id: 'routing.rbac-by-claims', behaviour: 'Rules can ask for scopes, claims and tenants.', source: builds },
  { id: 'routing.listener-rate-limit', behaviour: 'A listener can limit all its requests.', source: builds },
  {
    id: 'routing.tool-rate-limit',
    behaviour: 'A limit of a tool holds for its calls, told by the message.',
    source: builds,
  },
  {
    id: 'routing.tool-rate-limit-by-header',
    behaviour: 'A limit of a tool holds by Mcp-Name where messages are not read.',
    source: builds,
  },
  {
    id: 'routing.listener-tool-rate-limit',
    behaviour: 'A listener can limit a tool on all its routes together.',
    source: builds,
  },
  {
    id: 'routing.tenant-rate-limit',
    behaviour: 'Each tenant has limits of its own, for all requests and for single tools.',
    source: builds,
  },
  { id: 'routing.tenant-tools', behaviour: 'A tenant calls the tools that are its own and no others.', source: user },
  { id: 'routing.tenant-routes', behaviour: 'A tenant can have routes of its own.', source: user },
  {
    id: 'routing.unknown-tenants',
    behaviour: 'Who is no tenant is refused, or let through where that is said.',
    source: user,
  },
  {
    id: 'routing.tenant-not-forged',
    behaviour: 'A tenant by token or certificate cannot be claimed by a header.',
    source: user,
  },
  { id: 'routing.forgeable-tenant', behaviour: 'That a tenant by header can be forged is said.', source: user },
  {
    id: 'routing.tenants-told',
    behaviour: 'What depends on tenants or claims needs a listener that tells them.',
    source: badInput,
  },
  {
    id: 'routing.access-log',
    behaviour: 'Access logs are JSON with tool, tenant and trace id, without queries or session ids.',
    source: builds,
  },
  { id: 'routing.tracing', behaviour: 'Requests are traced by OpenTelemetry with tool and tenant.', source: builds },
  {
    id: 'routing.sessions',
    behaviour: 'Sessions of 2025-era clients stay at their replica, strictly.',
    source: builds,
  },
  {
    id: 'routing.stateless',
    behaviour: 'Requests without a session, and those to stateless clusters, are balanced.',
    source: builds,
  },
  {
    id: 'routing.mcp-filter',
    behaviour: 'Envoy’s MCP filter is used where the version has one that is fit, and only where tools matter.',
    source: builds,
  },
  {
    id: 'routing.oldest-envoy',
    behaviour: 'What is built for an Envoy has nothing newer in it; what that costs is said.',
    source: builds,
  },
  {
    id: 'routing.envoy-takes-all',
    behaviour: 'Envoy 1.36 and 1.40 take everything that the short form can say.',
    source: builds,
  },
  {
    id: 'routing.unknown-fields',
    behaviour: 'Unknown fields are named with their path and the nearest known one.',
    source: badInput,
  },
  { id: 'routing.bad-input', behaviour: 'Wrong values are refused with their path.', source: badInput },
  { id: 'routing.zero-weights', behaviour: 'Weights that add up to zero are refused.', source: badInput },
  {
    id: 'routing.dangling',
    behaviour: 'References of listeners and routes to what is not there are named.',
    source: badInput,
  },
  { id: 'routing.port-taken', behaviour: 'Two listeners of a group on one port are refused.', source: badInput },
  { id: 'routing.unreachable', behaviour: 'Routes that nothing reaches are named.', source: badInput },
  {
    id: 'routing.trap-pass-through',
    behaviour: 'Rules for tools are refused where messages that cannot be read would pass (a, b).',
    source: traps,
  },
  {
    id: 'routing.trap-source',
    behaviour: 'Rules for tools are refused where the client’s word is believed (c).',
    source: traps,
  },
  { id: 'routing.trap-lists', behaviour: 'That tools/list is not filtered is said (e).', source: traps },
  { id: 'routing.trap-timeouts', behaviour: 'Timeouts that end streams and long calls are named (f).', source: traps },
  {
    id: 'routing.trap-auth',
    behaviour: 'An open route that would open those of single tools is refused.',
    source: traps,
  },
] as const satisfies readonly Requirement[];
