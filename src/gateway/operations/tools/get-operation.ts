import { z } from 'zod';
import { defineTool } from '../../../kernel/tool.ts';
import { renderOutput } from '../../calls/render-text.ts';
import { OperationView, sentenceOf, viewOf } from '../operation-view.ts';
import type { Operations } from '../operations.ts';

/** Longest wait: clients give up a call after 60 s. Seconds. */
const MAX_WAIT_S = 50;

/** State, progress, result or error of one operation. */
export const getOperation = defineTool<{ operations: Operations }>()({
  name: 'get_operation',
  title: 'Get an operation',
  description: 'State and progress of a long run, its result or its error once it has ended.',
  risk: 'read',
  toolsets: ['operations'],
  input: z.object({
    operation_id: z.string().min(1).max(200),
    wait_s: z.number().min(0).max(MAX_WAIT_S).default(0).describe('Waits so long for its end'),
  }),
  output: OperationView.extend({ result: z.record(z.string(), z.unknown()).nullable() }),
  async handler({ operation_id, wait_s }, { operations, caller, signal }) {
    const operation = await operations.settled(caller.tenant, operation_id, wait_s * 1000, signal);
    return { ...viewOf(operation), result: operation.result };
  },
  renderText: ({ result, ...view }) =>
    result === null ? sentenceOf(view) : `${sentenceOf(view)}\n\n${renderOutput(result)}`,
});
