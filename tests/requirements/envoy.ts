import type { Requirement } from './requirement.ts';

const builds = 'issue 7: What it builds for Envoy 1.28 and later';
const shown = 'issue 7: Shown by';
const xds = 'issue 7: xDS server';
const history = 'issue 7: Snapshots and history';

/** What a real Envoy, served by a real control plane, is seen to do. */
export const requirements = [
  {
    id: 'envoy.paths',
    behaviour: 'Requests are routed by exact path, prefix and regular expression, in that order.',
    source: builds,
  },
  {
    id: 'envoy.headers-and-query',
    behaviour: 'Requests are routed by headers, query, method and host.',
    source: builds,
  },
  {
    id: 'envoy.rewrites',
    behaviour: 'Paths, hosts and headers are rewritten; redirects and answers are given.',
    source: builds,
  },
  {
    id: 'envoy.weights',
    behaviour: 'Weights share the requests, and new ones hold for the next request.',
    source: builds,
  },
  {
    id: 'envoy.mirrors',
    behaviour: 'A shadow route copies requests, and answers to copies go nowhere.',
    source: builds,
  },
  {
    id: 'envoy.timeouts',
    behaviour: 'Limits of time hold for the route or tool that they are set for.',
    source: builds,
  },
  {
    id: 'envoy.sse',
    behaviour: 'A stream of SSE that is quiet for longer than 15 s goes on through changes.',
    source: builds,
  },
  {
    id: 'envoy.sse-limit',
    behaviour: 'A limit of the whole answer cuts a stream off, and only that does.',
    source: builds,
  },
  {
    id: 'envoy.retries',
    behaviour: 'What did not run is sent to another server; what may have run only where the route allows it.',
    source: builds,
  },
  { id: 'envoy.retry-budget', behaviour: 'Retries stop at the budget of the cluster.', source: builds },
  { id: 'envoy.dns', behaviour: 'Endpoints with a name are looked up by the proxy.', source: builds },
  { id: 'envoy.http2', behaviour: 'Clients and upstreams speak HTTP/2.', source: builds },
  {
    id: 'envoy.grpc',
    behaviour: 'gRPC goes through both ways, with its status, to servers whose health is checked.',
    source: builds,
  },
  {
    id: 'envoy.circuit-breaker',
    behaviour: 'More requests at once than a breaker lets through are answered with 503.',
    source: builds,
  },
  {
    id: 'envoy.connection-limits',
    behaviour: 'Connections to upstreams, and what waits for them, are limited.',
    source: builds,
  },
  { id: 'envoy.client-connections', behaviour: 'Connections of clients are limited.', source: builds },
  {
    id: 'envoy.outlier-detection',
    behaviour: 'A server that fails in a row is ejected and comes back; a failing tool ejects nobody.',
    source: builds,
  },
  { id: 'envoy.health-checks', behaviour: 'A server that is not ready gets no requests until it is.', source: builds },
  {
    id: 'envoy.route-rate-limit',
    behaviour: 'A route, and a listener, have limits of their own: 429 above them.',
    source: builds,
  },
  { id: 'envoy.priorities', behaviour: 'The second priority serves while the first is unhealthy.', source: builds },
  { id: 'envoy.locality-weights', behaviour: 'Zones get requests by their weights.', source: builds },
  { id: 'envoy.zone-aware', behaviour: 'Requests keep to the zone of the proxy.', source: builds },
  {
    id: 'envoy.sessions',
    behaviour: 'A session stays with its server while that drains, is answered as gone after it, and never moves.',
    source: builds,
  },
  {
    id: 'envoy.draining',
    behaviour: 'Registered servers that drain and go fail no request under load.',
    source: shown,
  },
  {
    id: 'envoy.draining-at-once',
    behaviour: 'A server gets nothing new from the moment that its drain is settled.',
    source: shown,
  },
  { id: 'envoy.cors', behaviour: 'Preflights are answered for listed origins only.', source: builds },
  {
    id: 'envoy.access-live',
    behaviour: 'Access lists go from shadow to enforced without a connection being lost, with statistics of each rule.',
    source: builds,
  },
  {
    id: 'envoy.jwt',
    behaviour: 'Keys are fetched from the issuer, and its tokens open the tools of their scope.',
    source: builds,
  },
  {
    id: 'envoy.mcp-filter',
    behaviour: 'The tool is told from the message, and a header that says another is refused.',
    source: builds,
  },
  {
    id: 'envoy.tracing',
    behaviour: 'A collector gets spans with tool and tenant, in the trace of the upstream, without queries.',
    source: builds,
  },
  { id: 'envoy.access-log', behaviour: 'A line of JSON has tool, tenant and the id of the trace.', source: builds },
  { id: 'envoy.runtime', behaviour: 'Values of the runtime reach the proxy, and new ones too.', source: builds },
  {
    id: 'envoy.prometheus',
    behaviour: 'Statistics of clusters, listeners and routes are there for Prometheus.',
    source: builds,
  },
  {
    id: 'envoy.tls-rotation',
    behaviour: 'A new certificate is shown to new connections, and no old one is lost.',
    source: builds,
  },
  {
    id: 'envoy.client-certificates',
    behaviour: 'Clients must show certificates, whose names are tenants.',
    source: builds,
  },
  { id: 'envoy.upstream-tls', behaviour: 'An upstream with the wrong authority or name gets nothing.', source: builds },
  {
    id: 'envoy.warming',
    behaviour: 'A new cluster and the switch to it in one change fail no request.',
    source: shown,
  },
  {
    id: 'envoy.changes-under-load',
    behaviour: 'Changes of clusters and routes under load fail no request.',
    source: shown,
  },
  {
    id: 'envoy.nack',
    behaviour:
      'A refusal is shown with the proxy and its words, is not repeated, holds nothing else up, and ends with a correction.',
    source: shown,
  },
  {
    id: 'envoy.nack-holds-dependants',
    behaviour: 'What refers to a refused cluster is held back until it is corrected.',
    source: xds,
  },
  { id: 'envoy.listener-changes', behaviour: 'Changes of a listener under load fail no request.', source: shown },
  { id: 'envoy.settled', behaviour: 'A change is waited for although an older one was refused.', source: xds },
  {
    id: 'envoy.nack-rollback',
    behaviour: 'By policy a refused version is taken back, and the history says why.',
    source: xds,
  },
  { id: 'envoy.rollback', behaviour: 'A rollback is there with the next request.', source: shown },
  {
    id: 'envoy.groups',
    behaviour: 'Two proxies of different groups have different listeners, routes and clusters.',
    source: xds,
  },
  {
    id: 'envoy.state-of-the-world',
    behaviour: 'A proxy that asks for the state of the world is served as well.',
    source: xds,
  },
  {
    id: 'envoy.restart',
    behaviour: 'A restart of the control plane re-sends nothing, and fails no request.',
    source: history,
  },
  { id: 'envoy.oldest', behaviour: 'Envoy 1.36 takes everything that is built for it, and does it.', source: builds },
] as const satisfies readonly Requirement[];
