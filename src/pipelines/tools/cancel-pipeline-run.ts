import { z } from 'zod';
import { HeadgateError } from '../../kernel/errors.ts';
import { definePipelineTool, requireRun } from '../tool-dependencies.ts';

export const cancelPipelineRun = definePipelineTool({
  name: 'cancel_pipeline_run',
  title: 'Cancel a run of a pipeline',
  description: 'Asks a run to end, with those that wait behind it. What it committed stays; it can be resumed.',
  risk: 'write',
  toolsets: ['pipelines'],
  input: z.object({ execution_id: z.string() }),
  output: z.object({ execution_id: z.string(), state: z.string(), cancel_requested: z.boolean() }),
  async handler({ execution_id }, { store, operations, changed, caller: { tenant } }) {
    const run = await requireRun(store, tenant, execution_id);
    if (run.state !== 'queued' && run.state !== 'running') {
      return { execution_id, state: run.state, cancel_requested: false };
    }
    await store.requestCancel(tenant, run.id);
    if (run.operationId !== null) await cancelOperation(operations, tenant, run.operationId);
    changed(tenant);
    return { execution_id, state: run.state, cancel_requested: true };
  },
});

/** An operation whose row is gone has nothing to cancel; whoever looks after the run sees the wish. */
async function cancelOperation(
  operations: { cancel(tenant: string, id: string): Promise<unknown> },
  tenant: string,
  id: string,
) {
  try {
    await operations.cancel(tenant, id);
  } catch (error) {
    if (!(error instanceof HeadgateError && error.code === 'not_found')) throw error;
  }
}
