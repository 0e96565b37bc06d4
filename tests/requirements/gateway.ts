import type { Requirement } from './requirement.ts';

const source = 'issue: Gateway';

/** What the gateway promises. */
export const requirements = [
  {
    id: 'gateway.both-eras',
    behaviour: 'MCP revision 2026-07-28 and the 2025 era are answered from the same definitions, over HTTP and stdio.',
    source,
  },
  {
    id: 'gateway.older-revisions',
    behaviour: 'A client of 2025-03-26, 2025-06-18 or 2025-11-25 gets the revision that it asks for.',
    source,
  },
  {
    id: 'gateway.stdout-belongs-to-mcp',
    behaviour: 'Over stdio nothing but MCP messages is written to stdout.',
    source,
  },
  {
    id: 'gateway.stdio-survives-garbage',
    behaviour:
      'Over stdio a line that is no message, or is too long, is a JSON-RPC error and a warning; the rest goes on.',
    source,
  },
  {
    id: 'gateway.modern-post-only',
    behaviour: 'GET and DELETE of revision 2026-07-28, which has neither sessions nor GET streams, are 405.',
    source,
  },
  {
    id: 'gateway.tools-list-deterministic',
    behaviour: 'tools/list has the same order and the same bytes every time.',
    source,
  },
  { id: 'gateway.annotations-follow-risk', behaviour: 'Tool annotations follow from the risk of the tool.', source },
  {
    id: 'gateway.compact-schemas',
    behaviour: 'Listed schemas carry no dialect, no bounds that bound nothing and no descriptions of results.',
    source,
  },
  {
    id: 'gateway.structured-and-text',
    behaviour: 'A result has structured content that fits its schema and a short text form beside it.',
    source,
  },
  {
    id: 'gateway.errors-structured',
    behaviour: 'A tool error is a result with isError and the same object that REST answers.',
    source,
  },
  {
    id: 'gateway.internal-errors-hidden',
    behaviour: 'A bug is logged under an id; the caller sees that id and nothing else.',
    source,
  },
  {
    id: 'gateway.arguments-checked',
    behaviour: 'Wrong arguments are refused with their path, what is accepted, and the nearest parameter.',
    source,
  },
  { id: 'gateway.unknown-tool', behaviour: 'An unknown tool is not_found with the nearest names.', source },
  { id: 'gateway.progress', behaviour: 'A client that gives a progress token is told of progress.', source },
  { id: 'gateway.cancellation', behaviour: 'Cancelling a call stops the work of its handler on every face.', source },
  {
    id: 'gateway.sessions-expire',
    behaviour: 'Sessions of 2025-era HTTP clients expire when idle, and their number is bounded.',
    source,
  },
  {
    id: 'gateway.sessions-resume',
    behaviour: 'A 2025-era client that lost its stream goes on with Last-Event-ID and misses nothing.',
    source,
  },
  { id: 'gateway.sessions-end', behaviour: 'DELETE ends a session.', source },
  { id: 'gateway.clients-asked', behaviour: 'A handler can ask the person behind a client of either era.', source },
  {
    id: 'gateway.clients-notified',
    behaviour: 'Connected clients of either era are told when the list of resources changes.',
    source,
  },
  { id: 'gateway.resources', behaviour: 'Resources and resource templates are listed and read.', source },
  { id: 'gateway.prompts', behaviour: 'Prompts are listed and rendered.', source },
  {
    id: 'gateway.completions',
    behaviour: 'Prompt arguments and template variables are completed, at most 100 values.',
    source,
  },
  {
    id: 'gateway.pagination',
    behaviour: 'Lists are cut into pages by cursor, and the pages concatenate to the whole.',
    source,
  },
  {
    id: 'gateway.rest',
    behaviour: 'POST /api/v1/tools/{name} and GET /api/v1/tools answer from the same definitions.',
    source,
  },
  {
    id: 'gateway.openapi',
    behaviour: '/api/v1/openapi.json is an OpenAPI 3.1 document with one operation a tool.',
    source,
  },
  {
    id: 'gateway.problem-json',
    behaviour: 'Every REST error is a problem document with the status of its code.',
    source,
  },
  {
    id: 'gateway.health-ready',
    behaviour: '/health says that the process is up; /ready says whether it takes calls.',
    source,
  },
  {
    id: 'gateway.metrics',
    behaviour: '/metrics has tool latency, engine time, errors by code, result sizes, sessions and process metrics.',
    source,
  },
  {
    id: 'gateway.result-budget',
    behaviour: 'Results fit 4,000 tokens by default and 20,000 always; what is cut says so and can be fetched.',
    source,
  },
  {
    id: 'gateway.audit',
    behaviour:
      'Every call is audited with who, tool, argument hash, outcome and time; what changes something also before it does.',
    source,
  },
  {
    id: 'gateway.host-origin-checked',
    behaviour: 'Requests for a foreign Host or from a foreign Origin are refused on every route.',
    source,
  },
  {
    id: 'gateway.loopback-default',
    behaviour: 'Bound to loopback, the gateway answers for loopback names only; other names must be configured.',
    source,
  },
  {
    id: 'gateway.quoted-data',
    behaviour: 'Instructions planted in a log stay inside « » in structured content, text, resources and cut results.',
    source,
  },
  {
    id: 'gateway.surface-policy',
    behaviour:
      'toolsets narrows the list, unlisted tools can still be called, read_only denies what changes something.',
    source,
  },
  { id: 'gateway.port-taken', behaviour: 'A taken port is an error that names --port.', source },
  {
    id: 'gateway.graceful-close',
    behaviour: 'Closing lets running calls end, then aborts them, and leaves no port or session behind.',
    source,
  },
  { id: 'gateway.no-secrets-in-logs', behaviour: 'Credentials in error texts do not reach the log.', source },
  {
    id: 'gateway.warm-call-latency',
    behaviour: 'A warm tool call compiles nothing: descriptions and lists are made once.',
    source,
  },
] as const satisfies readonly Requirement[];
