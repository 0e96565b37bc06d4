import {
  CLIENT_CAPABILITIES_META_KEY,
  type ClientCapabilities,
  type Server,
  type ServerContext,
} from '@modelcontextprotocol/server';
import type { Logger } from 'pino';
import type { Caller, ClientAbilities } from '../../kernel/caller.ts';
import type { MessageLevel, Progress } from '../../kernel/tool.ts';
import type { TraceHeaders } from '../../kernel/trace.ts';
import { callerOf, fromAuthInfo } from '../auth/identity.ts';
import type { CallOptions } from '../calls/call-tool.ts';
import { askerOf, asksForms } from './ask-client.ts';
import { followsTasks } from './tasks.ts';
import { showsViews } from './views.ts';

/** Who makes an MCP request, and how its handler reports back and is stopped. */
export interface RequestContext {
  readonly caller: Caller;
  readonly options: CallOptions;
}

/** Reads caller, cancellation, progress and answers from one request of either era. `name` is what a question would be asked for. */
export function contextOf(
  server: Server,
  request: ServerContext,
  via: Caller['via'],
  logger: Logger,
  name: string,
): RequestContext {
  const token = request.mcpReq._meta?.progressToken;
  // 2026-07-28 requests carry the client's capabilities, older clients declare them once, in initialize.
  const envelope: { [CLIENT_CAPABILITIES_META_KEY]?: ClientCapabilities } | undefined = request.mcpReq.envelope;
  const capabilities = envelope?.[CLIENT_CAPABILITIES_META_KEY] ?? server.getClientCapabilities();
  const abilities: ClientAbilities = {
    elicitation: asksForms(capabilities),
    sampling: capabilities?.sampling !== undefined,
    roots: capabilities?.roots !== undefined,
    views: showsViews(capabilities),
    progress: token !== undefined,
    // What a client of before declared in initialize is another kind of task.
    tasks: followsTasks(envelope?.[CLIENT_CAPABILITIES_META_KEY]),
  };
  return {
    caller: callerOf(fromAuthInfo(request.http?.authInfo), via, abilities),
    options: {
      signal: request.mcpReq.signal,
      progress: token === undefined ? undefined : reportTo(request, token, logger),
      ask: askerOf(request, name, capabilities),
      log: (level, message) => sendMessage(request, level, message, logger),
      letGo: request.http?.closeSSE,
      trace: traceOf(request),
    },
  };
}

/** Reports that come faster are left out, the first and the last excepted. Milliseconds. */
const MIN_REPORT_INTERVAL_MS = 100;

/** Progress must grow from one notification to the next (MCP, utilities/progress): a report that does not is left out. */
function reportTo(
  request: ServerContext,
  progressToken: string | number,
  logger: Logger,
): (progress: Progress) => void {
  let last = Number.NEGATIVE_INFINITY;
  let reportedAt = Number.NEGATIVE_INFINITY;
  return ({ done, total, message }) => {
    const tooSoon = performance.now() - reportedAt < MIN_REPORT_INTERVAL_MS && done !== total;
    if (tooSoon || done <= last || request.mcpReq.signal.aborted) return;
    last = done;
    reportedAt = performance.now();
    const params = {
      progressToken,
      progress: done,
      ...(total === undefined ? {} : { total }),
      ...(message === undefined ? {} : { message }),
    };
    request.mcpReq.notify({ method: 'notifications/progress', params }).catch((error: unknown) => {
      logger.debug({ err: error }, 'a client that went away could not be told of progress');
    });
  };
}

/** The trace that `_meta` tells, else the one of the HTTP request that carries it. */
function traceOf({ mcpReq: { _meta }, http }: ServerContext): TraceHeaders {
  const header = (name: string) => http?.req?.headers.get(name) ?? undefined;
  const inMeta = (name: string) => (typeof _meta?.[name] === 'string' ? _meta[name] : undefined);
  const traceparent = inMeta('traceparent');
  if (traceparent !== undefined) return { traceparent, tracestate: inMeta('tracestate') };
  return { traceparent: header('traceparent'), tracestate: header('tracestate') };
}

/** Clients filter by the level that they set. */
function sendMessage(request: ServerContext, level: MessageLevel, message: string, logger: Logger): void {
  request.mcpReq.log(level, message).catch((error: unknown) => {
    logger.debug({ err: error }, 'a client that went away could not be sent a message');
  });
}
