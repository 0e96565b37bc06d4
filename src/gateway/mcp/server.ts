import { Server } from '@modelcontextprotocol/server';
import type { Caller } from '../../kernel/caller.ts';
import { complete, getPrompt, listPrompts } from './prompt-handlers.ts';
import { contextOf } from './request-context.ts';
import { listResources, listResourceTemplates, readResource } from './resource-handlers.ts';
import type { Surface } from './surface.ts';
import { callTool, listTools } from './tool-handlers.ts';

/** How long a 2026-07-28 client may keep a list: the surface changes only with a restart. Milliseconds. */
const LIST_TTL_MS = 300_000;

const CACHE_HINTS = {
  'tools/list': { ttlMs: LIST_TTL_MS },
  'prompts/list': { ttlMs: LIST_TTL_MS },
  'resources/templates/list': { ttlMs: LIST_TTL_MS },
  'server/discover': { ttlMs: LIST_TTL_MS },
};

/** Told when a tool call begins and ends. */
export interface CallWatch {
  readonly started: () => void;
  readonly ended: () => void;
}

/**
 * An MCP server over the surface, for either era: one a request on 2026-07-28 HTTP, one a connection or session elsewhere.
 * Cheap: it registers handlers and compiles nothing. The low-level `Server` is used because tools arrive with their
 * JSON Schemas made, and because checking arguments is the call path's work.
 */
export function createMcpServer(surface: Surface, via: Caller['via'], watch?: CallWatch): Server {
  const server = new Server(
    { name: surface.name, title: 'Headgate', version: surface.version },
    {
      capabilities: { tools: {}, resources: { listChanged: true }, prompts: {}, completions: {} },
      instructions: surface.instructions,
      cacheHints: CACHE_HINTS,
    },
  );
  const context = (request: Parameters<typeof contextOf>[1]) => contextOf(server, request, via, surface.logger);
  server.setRequestHandler('tools/list', ({ params }, request) =>
    listTools(surface, context(request).caller, params?.cursor),
  );
  server.setRequestHandler('tools/call', ({ params }, request) => {
    watch?.started();
    return callTool(surface, context(request), params).finally(() => watch?.ended());
  });
  server.setRequestHandler('resources/list', ({ params }, request) =>
    listResources(surface, context(request), params?.cursor),
  );
  server.setRequestHandler('resources/templates/list', ({ params }) => listResourceTemplates(surface, params?.cursor));
  server.setRequestHandler('resources/read', ({ params }, request) =>
    readResource(surface, context(request), params.uri),
  );
  server.setRequestHandler('prompts/list', ({ params }) => listPrompts(surface, params?.cursor));
  server.setRequestHandler('prompts/get', ({ params }, request) => getPrompt(surface, context(request), params));
  server.setRequestHandler('completion/complete', ({ params }) => complete(surface, params));
  server.onerror = (error) => surface.logger.debug({ err: error }, 'MCP connection error');
  return server;
}
