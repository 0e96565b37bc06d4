import { type InputRequiredResult, Server, type ServerContext } from '@modelcontextprotocol/server';
import type { Caller } from '../../kernel/caller.ts';
import { InputNeeded } from '../calls/input-needed.ts';
import { createClientQuestions, toInputRequired } from './ask-client.ts';
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

/** Shared by every server of this process: the rounds of one question may reach different ones. */
const QUESTIONS = createClientQuestions();

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
      capabilities: { tools: {}, resources: { listChanged: true }, prompts: {}, completions: {}, logging: {} },
      instructions: surface.instructions,
      cacheHints: CACHE_HINTS,
      requestState: { verify: QUESTIONS.codec.verify },
    },
  );
  const context = (request: ServerContext, name = '') => contextOf(server, request, via, surface.logger, name);
  const asking = async <T>(
    request: ServerContext,
    name: string,
    work: Promise<T>,
  ): Promise<T | InputRequiredResult> => {
    try {
      return await work;
    } catch (error) {
      if (error instanceof InputNeeded) return toInputRequired(QUESTIONS, error, request, name);
      throw error;
    }
  };
  server.setRequestHandler('tools/list', ({ params }, request) =>
    listTools(surface, context(request).caller, params?.cursor),
  );
  server.setRequestHandler('tools/call', ({ params }, request) => {
    watch?.started();
    const call = callTool(surface, context(request, params.name), params);
    return asking(request, params.name, call).finally(() => watch?.ended());
  });
  server.setRequestHandler('resources/list', ({ params }, request) =>
    listResources(surface, context(request), params?.cursor),
  );
  server.setRequestHandler('resources/templates/list', ({ params }) => listResourceTemplates(surface, params?.cursor));
  server.setRequestHandler('resources/read', ({ params }, request) =>
    readResource(surface, context(request), params.uri),
  );
  server.setRequestHandler('prompts/list', ({ params }) => listPrompts(surface, params?.cursor));
  server.setRequestHandler('prompts/get', ({ params }, request) =>
    asking(request, params.name, getPrompt(surface, context(request, params.name), params)),
  );
  server.setRequestHandler('completion/complete', ({ params }, request) =>
    complete(surface, context(request).caller, params),
  );
  server.onerror = (error) => surface.logger.debug({ err: error }, 'MCP connection error');
  return server;
}
