import { type InputRequiredResult, Server, type ServerContext } from '@modelcontextprotocol/server';
import type { Caller } from '../../kernel/caller.ts';
import { InputNeeded } from '../calls/input-needed.ts';
import { createClientQuestions, toInputRequired } from './ask-client.ts';
import { complete, getPrompt, listPrompts } from './prompt-handlers.ts';
import { contextOf } from './request-context.ts';
import { listResources, listResourceTemplates, readResource } from './resource-handlers.ts';
import { requireRoom, Subscriptions } from './subscriptions.ts';
import type { Surface } from './surface.ts';
import { registerTasks, TASKS_EXTENSION } from './tasks.ts';
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

/** Of servers that have any. */
const SUBSCRIPTIONS = new WeakMap<Server, Subscriptions>();

function subscriptionsOf(server: Server, surface: Surface): Subscriptions {
  const known = SUBSCRIPTIONS.get(server);
  if (known !== undefined) return known;
  const made = new Subscriptions(surface.resources, (uri) => {
    server.sendResourceUpdated({ uri }).catch((error: unknown) => {
      surface.logger.debug({ err: error }, 'a client that went away could not be told of a change');
    });
  });
  SUBSCRIPTIONS.set(server, made);
  return made;
}

/** Ends what a 2025-era client of this server is subscribed to. Called when its connection or session is over. */
export function endSubscriptions(server: Server): void {
  SUBSCRIPTIONS.get(server)?.close();
  SUBSCRIPTIONS.delete(server);
}

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
      capabilities: {
        tools: {},
        resources: { subscribe: true, listChanged: true },
        prompts: {},
        completions: {},
        logging: {},
        extensions: { [TASKS_EXTENSION]: {} },
      },
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
  server.setRequestHandler('resources/subscribe', ({ params }, request) => {
    const subscriptions = subscriptionsOf(server, surface);
    if (subscriptions.has(params.uri)) return {};
    requireRoom(subscriptions.size + 1);
    subscriptions.add(params.uri, context(request).caller);
    return {};
  });
  server.setRequestHandler('resources/unsubscribe', ({ params }) => {
    SUBSCRIPTIONS.get(server)?.remove(params.uri);
    return {};
  });
  server.setRequestHandler('prompts/list', ({ params }) => listPrompts(surface, params?.cursor));
  server.setRequestHandler('prompts/get', ({ params }, request) =>
    asking(request, params.name, getPrompt(surface, context(request, params.name), params)),
  );
  server.setRequestHandler('completion/complete', ({ params }, request) =>
    complete(surface, context(request).caller, params),
  );
  registerTasks(server, surface, (request) => context(request));
  server.onerror = (error) => surface.logger.debug({ err: error }, 'MCP connection error');
  return server;
}
