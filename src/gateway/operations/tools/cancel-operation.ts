import { z } from 'zod';
import { defineTool } from '../../../kernel/tool.ts';
import { EndingView, sentenceOf, viewOf } from '../operation-view.ts';
import type { Operations } from '../operations.ts';

/** How long the answer waits for the work to end. Milliseconds. */
const PATIENCE_MS = 3_000;

/** Asks an operation to end. */
export const cancelOperation = defineTool<{ operations: Operations }>()({
  name: 'cancel_operation',
  title: 'Cancel an operation',
  description: 'Asks a long run to end. What it has changed so far is in its error or result.',
  risk: 'write',
  toolsets: ['operations'],
  input: z.object({ operation_id: z.string().min(1).max(200) }),
  output: EndingView,
  async handler({ operation_id }, { operations, caller, signal }) {
    await operations.cancel(caller.tenant, operation_id);
    return viewOf(await operations.settled(caller.tenant, operation_id, PATIENCE_MS, signal));
  },
  renderText: sentenceOf,
});
