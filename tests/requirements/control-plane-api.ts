import type { Requirement } from './requirement.ts';

const rest = 'issue 7: REST';
const bad = 'issue 7: Bad input';
const tools = 'issue 7: Tools';
const room = 'issue 7: Tools; STYLE.md';

/** What is promised of the REST API of the control plane, and of the tools that use it. */
export const requirements = [
  {
    id: 'control-plane-api.objects',
    behaviour:
      'Routes, clusters, listeners, endpoints and every other kind are created, read, listed, replaced and removed over REST.',
    source: rest,
  },
  {
    id: 'control-plane-api.weights',
    behaviour:
      'PATCH sets weights and health of single endpoints and weights of the clusters of a route; weights of zero are refused.',
    source: `${rest}; ${bad}`,
  },
  {
    id: 'control-plane-api.snapshot',
    behaviour: 'The snapshot of a group is given whole or by type and name, as JSON and as YAML.',
    source: 'issue 7: REST; Static files',
  },
  {
    id: 'control-plane-api.history',
    behaviour: 'The current version, all versions, one version and the difference between two are given.',
    source: rest,
  },
  {
    id: 'control-plane-api.audit',
    behaviour: 'The audit says who changed what, when and why, refused changes too.',
    source: rest,
  },
  {
    id: 'control-plane-api.rollback',
    behaviour:
      'A rollback makes an earlier version current; one whose upstream no longer exists is refused unless it is forced.',
    source: `${rest}; ${bad}`,
  },
  {
    id: 'control-plane-api.validate',
    behaviour: 'Validating tells all problems of a change and makes none.',
    source: rest,
  },
  {
    id: 'control-plane-api.batch',
    behaviour: 'A batch changes everything that it names or nothing, as one version.',
    source: rest,
  },
  {
    id: 'control-plane-api.nodes',
    behaviour: 'Each proxy is shown with what it acknowledged, what it refused and why, and how long convergence took.',
    source: rest,
  },
  {
    id: 'control-plane-api.refusals',
    behaviour: 'What proxies refused is listed newest first, also of those that are gone.',
    source: 'issue 7: xDS server',
  },
  {
    id: 'control-plane-api.registrations',
    behaviour: 'Servers register themselves as endpoints, renew, drain and go over REST.',
    source: 'issue 7: What it builds',
  },
  {
    id: 'control-plane-api.xds-rest',
    behaviour: 'Proxies that poll fetch each type by REST in canonical JSON, and 304 when nothing changed (T4).',
    source: 'issue 7: xDS server; xds.md T4',
  },
  {
    id: 'control-plane-api.metrics',
    behaviour:
      'Prometheus metrics have proxies, acknowledgements, refusals, convergence, versions and times of changes.',
    source: 'issue 7: What a user gets',
  },
  {
    id: 'control-plane-api.service',
    behaviour:
      'Health and readiness are told, a taken port is named, and the port closes after the answers on their way.',
    source: rest,
  },
  {
    id: 'control-plane-api.openapi',
    behaviour: 'An OpenAPI 3.1 document has every operation, with the schemas that requests are checked by.',
    source: rest,
  },
  {
    id: 'control-plane-api.reference',
    behaviour: 'docs/control-plane-api.md is generated from the definitions, and a test says when it is stale.',
    source: 'issue 7: Shown by',
  },
  {
    id: 'control-plane-api.etags',
    behaviour:
      'ETag, If-Match and If-None-Match hold for objects and the state; what is stale gets 412 with the current ETag.',
    source: `${rest}; ${bad}`,
  },
  {
    id: 'control-plane-api.one-writer-wins',
    behaviour: 'Of many writers with the same ETag exactly one wins; without one all succeed.',
    source: rest,
  },
  {
    id: 'control-plane-api.dry-run',
    behaviour: 'Every change can be tried without being made.',
    source: 'issue 7: Snapshots and history',
  },
  {
    id: 'control-plane-api.reason',
    behaviour: 'A change carries its reason in a header or in the body, and the audit keeps it.',
    source: 'issue 7: Snapshots and history',
  },
  {
    id: 'control-plane-api.pages',
    behaviour: 'Lists are pages with a total and a cursor, which together are the whole.',
    source: rest,
  },
  { id: 'control-plane-api.yaml', behaviour: 'Bodies may be JSON or YAML.', source: rest },
  {
    id: 'control-plane-api.problems',
    behaviour: 'Every error is a problem document with code, message and hint; bugs are told by an id only.',
    source: rest,
  },
  {
    id: 'control-plane-api.unknown-fields',
    behaviour: 'Unknown fields of query, body and spec are named with their path.',
    source: bad,
  },
  {
    id: 'control-plane-api.all-problems',
    behaviour:
      'Dangling references, ports used twice, bad regular expressions: everything that is wrong with a change is in the answer.',
    source: bad,
  },
  {
    id: 'control-plane-api.body-limit',
    behaviour: 'A 50 MB body gets a problem without being buffered.',
    source: bad,
  },
  {
    id: 'control-plane-api.fuzz',
    behaviour: 'Bodies of any shape are answered, and never with a bug of ours.',
    source: bad,
  },
  {
    id: 'control-plane-api.store-down',
    behaviour: 'With the store down changes are refused with 503, and what was good is still shown.',
    source: bad,
  },
  {
    id: 'control-plane-api.tokens',
    behaviour: 'Tokens say who calls: read for questions and dry runs, write for changes.',
    source: 'issue 7: xDS server',
  },
  {
    id: 'control-plane-api.mtls',
    behaviour: 'The API is served over TLS, and asks clients for certificates where it is told to.',
    source: 'issue 7: xDS server',
  },
  {
    id: 'control-plane-api.host-guard',
    behaviour: 'Requests for a foreign host or from a foreign origin are refused on loopback.',
    source: 'security: DNS rebinding',
  },
  {
    id: 'control-plane-api.secrets-masked',
    behaviour:
      'No answer shows a secret; a mask that is sent back is refused; the material goes to polling proxies with an admin token only.',
    source: 'issue 7: xDS server',
  },
  {
    id: 'control-plane-api.tool-surface',
    behaviour:
      'Six tools cost a model at most 1,800 tokens; two of them change something, after approval, for the own tenant only.',
    source: room,
  },
  {
    id: 'control-plane-api.tool-status',
    behaviour: 'gateway_get_status says first whether every proxy has what is current, else who refuses what and why.',
    source: tools,
  },
  {
    id: 'control-plane-api.tool-routes',
    behaviour: 'gateway_list_routes says what goes where with shares, limits and timeouts, and filters.',
    source: tools,
  },
  {
    id: 'control-plane-api.tool-compare',
    behaviour: 'gateway_compare_versions says what differs between two versions field by field.',
    source: tools,
  },
  {
    id: 'control-plane-api.tool-validate',
    behaviour: 'gateway_validate tells every problem of a change or what it would do, and makes none.',
    source: tools,
  },
  {
    id: 'control-plane-api.tool-weights',
    behaviour: 'gateway_set_weights shifts traffic after approval, waits for the proxies, and says the way back.',
    source: tools,
  },
  {
    id: 'control-plane-api.tool-rollback',
    behaviour: 'gateway_rollback makes an earlier version current after approval that names what changes.',
    source: tools,
  },
  {
    id: 'control-plane-api.tool-errors',
    behaviour:
      'What goes wrong between tools and control plane has the right code and a hint, and no secret; only questions are tried again.',
    source: room,
  },
  {
    id: 'control-plane-api.canary-prompt',
    behaviour: 'A prompt leads through a canary with tools that exist.',
    source: tools,
  },
] as const satisfies readonly Requirement[];
