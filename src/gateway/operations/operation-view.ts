import { z } from 'zod';
import { OPERATION_STATES, type Operation } from '../../kernel/operation.ts';
import { label } from '../../kernel/quoted.ts';

const ProgressView = z.object({
  done: z.number(),
  total: z.number().optional(),
  message: z.string().optional(),
});

/** An operation as its tools show it; times are RFC 3339 UTC. */
export const OperationView = z.object({
  operation_id: z.string(),
  tool: z.string(),
  title: z.string(),
  state: z.enum(OPERATION_STATES),
  cancel_requested: z.boolean(),
  progress: ProgressView.nullable(),
  created_at: z.string(),
  updated_at: z.string(),
  ended_at: z.string().nullable(),
  error: z
    .object({
      code: z.string(),
      message: z.string(),
      hint: z.string().optional(),
      retryable: z.boolean(),
      details: z.record(z.string(), z.unknown()).optional(),
    })
    .nullable(),
});

/** What is told of one that was asked to end. */
export const EndingView = OperationView.pick({
  operation_id: true,
  tool: true,
  state: true,
  cancel_requested: true,
  error: true,
});

/** An operation without its result. */
export function viewOf(operation: Operation): z.input<typeof OperationView> {
  const { id, tool, title, state, cancelRequested, progress, createdAt, updatedAt, endedAt, error } = operation;
  return {
    operation_id: id,
    tool,
    title: label(title),
    state,
    cancel_requested: cancelRequested,
    progress,
    created_at: timeOf(createdAt),
    updated_at: timeOf(updatedAt),
    ended_at: endedAt === null ? null : timeOf(endedAt),
    error: error === null ? null : { ...error },
  };
}

/** One line: what it is, how far, and what came of it. */
export function sentenceOf(
  view: z.output<typeof EndingView> & { readonly progress?: z.output<typeof ProgressView> | null },
): string {
  const { operation_id, tool, state, progress = null, error, cancel_requested } = view;
  const ending = cancel_requested && state === 'running' ? ' and is asked to end' : '';
  const far = state === 'running' && progress !== null ? `, ${progressText(progress)}` : '';
  const why =
    error === null ? '' : `: ${error.code}: ${error.message}${error.hint === undefined ? '' : ` ${error.hint}`}`;
  const line = `${operation_id} (${tool}) ${VERB[state]}${ending}${far}${why}`;
  return line.endsWith('.') ? line : `${line}.`;
}

const VERB = { running: 'is running', succeeded: 'succeeded', failed: 'failed', cancelled: 'was cancelled' } as const;

/** `40 % (step 2)`, or as much of it as is known. */
export function progressText({ done, total, message }: z.output<typeof ProgressView>): string {
  const far = total === undefined || total === 0 ? `${done} done` : `${Math.floor((100 * done) / total)} %`;
  return message === undefined ? far : `${far} (${label(message)})`;
}

/** RFC 3339 of epoch ms. */
export function timeOf(ms: number): string {
  return new Date(ms).toISOString();
}
