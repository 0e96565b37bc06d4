import { withHostileValue } from '../hostile-json.ts';
import { HOSTILE_STRINGS } from '../hostile-values.ts';
import type { Random } from '../random.ts';
import { argumentsOf, type RequestSurface } from './request-surface.ts';

/** A message of MCP with the headers that belong to it. */
export interface McpMessage {
  readonly body: string;
  readonly headers: Array<[name: string, value: string]>;
  /** The answer may be a stream of notices. */
  readonly mayStream: boolean;
}

const METHODS = [
  'tools/call',
  'tools/call',
  'tools/call',
  'tools/list',
  'resources/list',
  'resources/templates/list',
  'resources/read',
  'resources/subscribe',
  'resources/unsubscribe',
  'prompts/list',
  'prompts/get',
  'completion/complete',
  'logging/setLevel',
  'initialize',
  'server/discover',
  'subscriptions/listen',
  'ping',
  'notifications/initialized',
  'notifications/cancelled',
  'notifications/progress',
  'tasks/get',
  'rpc.discover',
  '',
  '__proto__',
] as const;

/** A message of either era, whole or with something hostile in it. */
export function mcpMessage(surface: RequestSurface, random: Random, seed: number): McpMessage {
  const method = random.pick(METHODS);
  const isModern = random.chance(0.5);
  const params = paramsOf(method, surface, random);
  const meta = {
    'io.modelcontextprotocol/protocolVersion': '2026-07-28',
    'io.modelcontextprotocol/clientInfo': { name: 'fuzz', version: '1' },
    'io.modelcontextprotocol/clientCapabilities': random.pick([{}, { elicitation: {} }, { sampling: {}, roots: {} }]),
  };
  const message: Record<string, unknown> = {
    jsonrpc: '2.0',
    ...(method.startsWith('notifications/') ? {} : { id: random.pick([seed, `s${seed}`]) }),
    method,
    params: isModern ? { ...params, _meta: meta } : params,
  };
  const headers: Array<[string, string]> = [
    ['Content-Type', 'application/json'],
    ['Accept', 'application/json, text/event-stream'],
    ['MCP-Protocol-Version', isModern ? '2026-07-28' : random.pick(['2025-11-25', '2025-06-18', '2024-11-05'])],
  ];
  const name: unknown = params.name ?? params.uri;
  if (isModern) headers.push(['Mcp-Method', method]);
  if (isModern && typeof name === 'string' && /^[\x21-\x7e]{1,300}$/.test(name)) headers.push(['Mcp-Name', name]);
  if (!isModern && method !== 'initialize' && surface.sessions.length > 0 && random.chance(0.9))
    headers.push(['Mcp-Session-Id', random.pick(surface.sessions)]);
  return {
    body: random.chance(0.4) ? withHostileValue(message, random) : JSON.stringify(message),
    headers,
    mayStream: method === 'subscriptions/listen',
  };
}

function paramsOf(method: string, surface: RequestSurface, random: Random): Record<string, unknown> {
  const appId = random.pick(surface.applicationIds);
  const uri = random.pick([
    `spark://applications/${appId}`,
    `spark://applications/${appId}/stages/0`,
    'spark://applications/%00',
    'file:///etc/passwd',
    random.pick(HOSTILE_STRINGS),
  ]);
  switch (method) {
    case 'tools/call': {
      const tool = random.pick(surface.tools);
      const name = random.chance(0.9) ? tool.name : random.pick(HOSTILE_STRINGS);
      return { name, arguments: argumentsOf(tool.parameters, surface.applicationIds, random) };
    }
    case 'resources/read':
    case 'resources/subscribe':
    case 'resources/unsubscribe':
      return { uri };
    case 'prompts/get':
      return { name: random.pick(['investigate_failure', 'spark_optimization', 'x']), arguments: { app_id: appId } };
    case 'completion/complete':
      return {
        ref: random.pick([
          { type: 'ref/prompt', name: 'investigate_failure' },
          { type: 'ref/resource', uri: 'spark://applications/{id}' },
        ]),
        argument: { name: random.pick(['app_id', 'id', 'x']), value: random.pick(['', 'l', ...HOSTILE_STRINGS]) },
      };
    case 'logging/setLevel':
      return { level: random.pick(['debug', 'error', 'x']) };
    case 'initialize':
      return {
        protocolVersion: random.pick(['2025-11-25', '2025-03-26', '2024-11-05', '1.0', '2026-07-28']),
        capabilities: {},
        clientInfo: { name: 'fuzz', version: '1' },
      };
    case 'subscriptions/listen':
      return { notifications: { resourcesListChanged: true, resourceSubscriptions: [uri] } };
    case 'notifications/cancelled':
      return { requestId: random.below(100), reason: random.pick(HOSTILE_STRINGS) };
    case 'notifications/progress':
      return { progressToken: random.below(100), progress: 1e308 };
    default:
      return random.chance(0.7) ? {} : { cursor: random.pick(HOSTILE_STRINGS) };
  }
}
