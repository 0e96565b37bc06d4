import {
  CLIENT_CAPABILITIES_META_KEY,
  type ClientCapabilities,
  inputResponse,
  type Server,
  type ServerContext,
} from '@modelcontextprotocol/server';
import type { Logger } from 'pino';
import type { Caller } from '../../kernel/caller.ts';
import type { Answer, Progress, Question } from '../../kernel/tool.ts';
import type { CallOptions } from '../calls/call-tool.ts';
import { askFrom } from '../calls/input-needed.ts';
import { localCaller } from '../calls/local-caller.ts';

/** Who makes an MCP request, and how its handler reports back and is stopped. */
export interface RequestContext {
  readonly caller: Caller;
  readonly options: CallOptions;
}

/** Reads caller, cancellation, progress and answers from one request of either era. */
export function contextOf(server: Server, request: ServerContext, via: Caller['via'], logger: Logger): RequestContext {
  const token = request.mcpReq._meta?.progressToken;
  // 2026-07-28 requests carry the client's capabilities, older clients declare them once, in initialize.
  const envelope: { [CLIENT_CAPABILITIES_META_KEY]?: ClientCapabilities } | undefined = request.mcpReq.envelope;
  const capabilities = envelope?.[CLIENT_CAPABILITIES_META_KEY] ?? server.getClientCapabilities();
  const elicitation = capabilities?.elicitation !== undefined;
  return {
    caller: localCaller(via, { elicitation, progress: token !== undefined, tasks: false }),
    options: {
      signal: request.mcpReq.signal,
      progress: token === undefined ? undefined : reportTo(request, token, logger),
      ask: elicitation ? askFrom((question) => answerIn(request, question)) : undefined,
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

function answerIn(request: ServerContext, question: Question): Answer | undefined {
  const answer = inputResponse(request.mcpReq.inputResponses, question.key);
  if (answer.kind === 'missing') return undefined;
  if (answer.kind !== 'elicit') return { action: 'cancel' };
  if (answer.action !== 'accept') return { action: answer.action };
  const content = question.form.safeParse(answer.content);
  return content.success ? { action: 'accept', content: content.data } : undefined;
}
