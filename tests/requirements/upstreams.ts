import type { Requirement } from './requirement.ts';

const builds = 'issue 7: What it builds for Envoy 1.28 and later';
const uses = 'issue 7: What a user gets';
const bad = 'issue 7: Bad input';
const files = 'issue 7: Static files';
const xds = 'issue 7: xDS server';

/** What is promised of the desired state's file, of clusters and endpoints, groups, secrets, runtime, raw resources, and static files. */
export const requirements = [
  {
    id: 'upstreams.few-lines',
    behaviour: 'A cluster needs its endpoints in one line; all else has a default that fits an MCP server.',
    source: uses,
  },
  {
    id: 'upstreams.unknown-fields',
    behaviour: 'An unknown field is named with its path, its line, and the nearest field that is known there.',
    source: bad,
  },
  {
    id: 'upstreams.all-problems',
    behaviour: 'All problems of a file are told at once, each with its line and column.',
    source: bad,
  },
  {
    id: 'upstreams.no-inline-secrets',
    behaviour: 'A secret in clear in one of Envoy’s own resources is refused, with its path: it would be stored.',
    source: bad,
  },
  {
    id: 'upstreams.grammar',
    behaviour: 'Text that is no YAML, duplicate keys, tags and several documents are named with their line.',
    source: bad,
  },
  {
    id: 'upstreams.hostile-files',
    behaviour: 'A file of 50 MB, a bomb of aliases and endless nesting are refused in one clear error.',
    source: bad,
  },
  {
    id: 'upstreams.parse-total',
    behaviour: 'Whatever text is given, parsing ends in objects or in an error of ours.',
    source: bad,
  },
  {
    id: 'upstreams.zero-weights',
    behaviour: 'An endpoint with a weight of zero is refused, and what to do instead is said.',
    source: bad,
  },
  {
    id: 'upstreams.bad-specs',
    behaviour: 'Values out of range and settings that contradict each other are refused by name.',
    source: bad,
  },
  { id: 'upstreams.eds', behaviour: 'Endpoints that are addresses are served over EDS by ADS.', source: builds },
  {
    id: 'upstreams.dns',
    behaviour: 'Endpoints with a name of DNS make a cluster that proxies resolve.',
    source: builds,
  },
  {
    id: 'upstreams.registered',
    behaviour:
      'Replicas that registered themselves are endpoints beside listed ones, and say more of themselves than lists.',
    source: builds,
  },
  {
    id: 'upstreams.draining-sessions',
    behaviour: 'Sessions live at a server that drains until it is taken away, whatever it says at /ready.',
    source: builds,
  },
  {
    id: 'upstreams.draining',
    behaviour: 'An endpoint that drains gets no new requests, and sessions stay with it.',
    source: builds,
  },
  {
    id: 'upstreams.localities',
    behaviour: 'Endpoints are grouped by priority and place; priorities have no gaps.',
    source: builds,
  },
  {
    id: 'upstreams.locality-balancing',
    behaviour: 'Load balancing by zone is weighted or keeps to the own zone, as it is asked.',
    source: builds,
  },
  {
    id: 'upstreams.protocols',
    behaviour: 'Upstreams speak HTTP/1.1, HTTP/2, gRPC, or what ALPN says.',
    source: builds,
  },
  {
    id: 'upstreams.modes',
    behaviour: 'A session cluster serves both generations of MCP; a stateless one is plainly balanced.',
    source: builds,
  },
  {
    id: 'upstreams.tls',
    behaviour: 'TLS to an upstream checks its certificate and its name unless it is said that it does not.',
    source: builds,
  },
  {
    id: 'upstreams.circuit-breakers',
    behaviour: 'Circuit breakers, connection limits and retry budgets have defaults and can be set.',
    source: builds,
  },
  {
    id: 'upstreams.outlier-detection',
    behaviour: 'Endpoints that fail in a row are ejected for a while; a failing tool ejects nothing.',
    source: builds,
  },
  {
    id: 'upstreams.health-checks',
    behaviour: 'MCP clusters are asked GET /ready by default; http, gRPC and TCP checks can be set.',
    source: builds,
  },
  {
    id: 'upstreams.load-balancing',
    behaviour: 'Every policy of load balancing, slow start and the panic threshold can be set.',
    source: builds,
  },
  {
    id: 'upstreams.connections',
    behaviour: 'Connections have timeouts, keepalive, and a most of requests; removed endpoints are gone at once.',
    source: builds,
  },
  {
    id: 'upstreams.envoy-version',
    behaviour: 'A field that the oldest Envoy of a group does not have is not used for it.',
    source: builds,
  },
  {
    id: 'upstreams.every-spec-builds',
    behaviour: 'Every valid spec of a cluster builds resources that pass the constraints of the descriptors.',
    source: builds,
  },
  {
    id: 'upstreams.real-envoy',
    behaviour: 'Envoy 1.36 and 1.40 accept a configuration with every feature of clusters.',
    source: builds,
  },
  {
    id: 'upstreams.groups',
    behaviour: 'A proxy is of the group whose condition says most of it, and of default when none fits.',
    source: xds,
  },
  {
    id: 'upstreams.group-objects',
    behaviour: 'An object that names groups is built for those only.',
    source: xds,
  },
  {
    id: 'upstreams.secrets',
    behaviour: 'Secrets are given by reference only and served by SDS; without material they are not served.',
    source: xds,
  },
  { id: 'upstreams.runtime', behaviour: 'Layers of the runtime are served by RTDS.', source: xds },
  {
    id: 'upstreams.raw-resources',
    behaviour: 'Resources of Envoy of every served type can be given as they are.',
    source: uses,
  },
  {
    id: 'upstreams.units',
    behaviour: 'A change touches the units that may build otherwise, each once, and no others.',
    source: xds,
  },
  {
    id: 'upstreams.references',
    behaviour: 'Dangling references of clusters are errors that name them; traps are warnings.',
    source: bad,
  },
  {
    id: 'upstreams.bootstrap',
    behaviour: 'The bootstrap takes everything by delta ADS, and Envoy accepts it.',
    source: files,
  },
  {
    id: 'upstreams.bootstrap-tls',
    behaviour: 'The bootstrap can use TLS and mutual TLS to the control plane.',
    source: files,
  },
  {
    id: 'upstreams.overload',
    behaviour: 'Proxies shed load before their heap or connections run out.',
    source: files,
  },
  {
    id: 'upstreams.static',
    behaviour: 'A static configuration has all resources in it, and needs no control plane.',
    source: files,
  },
  {
    id: 'upstreams.static-secrets',
    behaviour: 'No key stands in a static configuration: the proxy reads files.',
    source: files,
  },
  {
    id: 'upstreams.yaml',
    behaviour: 'Printed YAML reads back to the same JSON, by the rules of YAML 1.1 and 1.2.',
    source: files,
  },
  {
    id: 'upstreams.examples',
    behaviour: 'Every example is valid, and the files made of examples are what would be made now.',
    source: files,
  },
  {
    id: 'upstreams.examples-real-envoy',
    behaviour: 'Envoy 1.36 and 1.40 accept the bootstrap and the static configuration of every example.',
    source: files,
  },
] as const satisfies readonly Requirement[];
