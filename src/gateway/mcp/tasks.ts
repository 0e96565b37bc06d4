import {
  type CallToolResult,
  type ClientCapabilities,
  MissingRequiredClientCapabilityError,
  ProtocolErrorCode,
  type Server,
  type ServerContext,
} from '@modelcontextprotocol/server';
import { z } from 'zod';
import type { Operation } from '../../kernel/operation.ts';
import { renderOutput } from '../calls/render-text.ts';
import { presentResult } from '../calls/tool-result.ts';
import { progressText, timeOf } from '../operations/operation-view.ts';
import { toProtocolError } from './protocol-error.ts';
import type { RequestContext } from './request-context.ts';
import type { Surface } from './surface.ts';
import { errorResult, successResult } from './tool-results.ts';

/** The extension by which clients say that they follow tasks. Source: MCP Tasks (SEP-2663), 2026-07-28. */
export const TASKS_EXTENSION = 'io.modelcontextprotocol/tasks';

/** How often a client may ask; progress is written about as often. Milliseconds. */
const POLL_MS = 2_000;

/** Whether this very request says that its client follows tasks: a task goes to nobody else. */
export function followsTasks(capabilities: ClientCapabilities | undefined): boolean {
  const { extensions } = (capabilities ?? {}) as { extensions?: Record<string, unknown> };
  return typeof extensions?.[TASKS_EXTENSION] === 'object';
}

/** What a call answers that goes on as a task. Its `resultType` tells it from a result. */
export function taskResult(surface: Surface, operation: Operation): CallToolResult {
  return { resultType: 'task', ...taskOf(surface, operation) } as unknown as CallToolResult;
}

const TaskParams = z.object({ taskId: z.string().min(1).max(200) });
const UpdateParams = TaskParams.extend({ inputResponses: z.record(z.string(), z.unknown()).optional() });

/** Serves tasks/get, tasks/update and tasks/cancel: a task is an operation of the caller's tenant. */
export function registerTasks(
  server: Server,
  surface: Surface,
  contextOf: (request: ServerContext) => RequestContext,
): void {
  const contextFor = (method: string, request: ServerContext): RequestContext => {
    const context = contextOf(request);
    if (context.caller.abilities.tasks) return context;
    throw new MissingRequiredClientCapabilityError(
      { requiredCapabilities: { extensions: { [TASKS_EXTENSION]: {} } } },
      `${method} needs a client that declares ${TASKS_EXTENSION}.`,
    );
  };
  const find = async (method: string, taskId: string, request: ServerContext): Promise<Operation> => {
    const { caller, options } = contextFor(method, request);
    const work = () => surface.operations.get(caller.tenant, taskId);
    return surface.calls.perform(method, { taskId }, caller, options, work).catch(toProtocolError);
  };
  server.setRequestHandler('tasks/get', { params: TaskParams }, async ({ taskId }, request) => {
    const operation = await find('tasks/get', taskId, request);
    return { ...taskOf(surface, operation), ...endOf(surface, operation) };
  });
  // Questions are asked before a task begins: none of its answers is waited for.
  server.setRequestHandler('tasks/update', { params: UpdateParams }, async ({ taskId }, request) => {
    await find('tasks/update', taskId, request);
    return {};
  });
  server.setRequestHandler('tasks/cancel', { params: TaskParams }, async ({ taskId }, request) => {
    const { caller, options } = contextFor('tasks/cancel', request);
    await surface.calls.callTool('cancel_operation', { operation_id: taskId }, caller, options).catch(toProtocolError);
    return {};
  });
}

function taskOf({ operationsKeptMs }: Surface, operation: Operation) {
  const { id, createdAt, updatedAt, endedAt } = operation;
  const ttlMs = operationsKeptMs === null ? null : (endedAt ?? Date.now()) - createdAt + operationsKeptMs;
  const statusMessage = messageOf(operation);
  return {
    taskId: id,
    status: statusOf(operation),
    ...(statusMessage === undefined ? {} : { statusMessage }),
    createdAt: timeOf(createdAt),
    lastUpdatedAt: timeOf(updatedAt),
    ttlMs,
    pollIntervalMs: POLL_MS,
  };
}

/** Errors of a tool are results that say so; `failed` is for what failed inside Headgate. */
function statusOf({ state, error }: Operation): 'working' | 'completed' | 'failed' | 'cancelled' {
  if (state === 'running') return 'working';
  if (state === 'cancelled') return 'cancelled';
  return error?.code === 'internal' ? 'failed' : 'completed';
}

function messageOf({ state, progress, error }: Operation): string | undefined {
  if (state === 'running') return progress === null ? undefined : progressText(progress);
  return error === null ? undefined : `${error.code}: ${error.message}`;
}

function endOf(
  surface: Surface,
  { state, tool, result, error }: Operation,
): { result?: CallToolResult; error?: object } {
  if (error?.code === 'internal') {
    return { error: { code: ProtocolErrorCode.InternalError, message: error.message, data: error } };
  }
  if (state === 'failed' && error !== null) return { result: errorResult(error) };
  if (state !== 'succeeded' || result === null) return {};
  const json = JSON.stringify(result);
  const known = surface.catalog.has(tool) ? surface.catalog.find(tool).tool : undefined;
  // An operation that a platform began may give less than the tool that is named.
  if (known === undefined || !known.output.safeParse(result).success) {
    return { result: successResult({ output: result, json, text: renderOutput(result) }) };
  }
  return { result: successResult(presentResult(known, { output: result, json, tokens: 0, cuts: [] })) };
}
