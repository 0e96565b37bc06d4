import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { PolicyPort } from '../../kernel/policy.ts';
import type { TraceHeaders } from '../../kernel/trace.ts';
import { callerOf } from '../auth/identity.ts';
import type { Calls } from '../calls/call-tool.ts';
import type { Catalog } from '../calls/catalog.ts';
import { buildOpenApi } from './openapi.ts';

/** What the REST face is made of. */
export interface RestParts {
  readonly catalog: Catalog;
  readonly policy: PolicyPort;
  readonly calls: Calls;
  readonly version: string;
}

/** `GET /api/v1/tools`, `POST /api/v1/tools/{name}` and `GET /api/v1/openapi.json`. */
export function registerRest(app: FastifyInstance, { catalog, policy, calls, version }: RestParts): void {
  let openApi: string | undefined;
  app.get('/api/v1/tools', async ({ identity }) => {
    const caller = callerOf(identity, 'rest');
    const listed = catalog.entries.filter(({ tool }) => policy.lists(caller, tool));
    return {
      tools: listed.map(({ description: { inputSchema, outputSchema, annotations: _hints, ...rest } }) => ({
        ...rest,
        input_schema: inputSchema,
        output_schema: outputSchema,
      })),
    };
  });
  app.post<{ Params: { name: string } }>('/api/v1/tools/:name', async (request, reply) => {
    const signal = disconnectionOf(reply);
    const caller = callerOf(request.identity, 'rest');
    const { json, unstored } = await calls.callTool(request.params.name, request.body, caller, {
      signal,
      trace: traceOf(request),
    });
    if (unstored !== undefined) reply.header('headgate-not-stored', unstored);
    return reply.type('application/json; charset=utf-8').send(json);
  });
  app.get('/api/v1/openapi.json', async (_request, reply) => {
    openApi ??= JSON.stringify(buildOpenApi(catalog, version));
    return reply.type('application/json; charset=utf-8').send(openApi);
  });
}

/** The trace that a request is part of, as its headers tell it. */
export function traceOf({ headers }: FastifyRequest): TraceHeaders {
  const one = (value: string | string[] | undefined) => (typeof value === 'string' ? value : undefined);
  return { traceparent: one(headers.traceparent), tracestate: one(headers.tracestate) };
}

/** Aborted when the response is over: when the client goes away before it has its answer, its call ends. */
export function disconnectionOf(reply: FastifyReply): AbortSignal {
  const controller = new AbortController();
  reply.raw.once('close', () => controller.abort());
  return controller.signal;
}
