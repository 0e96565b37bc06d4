import { z } from 'zod';
import { HeadgateError } from '../../kernel/errors.ts';
import { label } from '../../kernel/quote.ts';
import { countNoun } from '../../kernel/units.ts';
import { definePipelineTool, requirePipeline } from '../tool-dependencies.ts';

export const deletePipeline = definePipelineTool({
  name: 'delete_pipeline',
  title: 'Delete a pipeline',
  description: 'Removes a pipeline and its schedule. The history of its runs stays; what it loaded is not touched.',
  risk: 'destructive',
  toolsets: ['pipelines'],
  input: z.object({ pipeline_id: z.string() }),
  output: z.object({ pipeline_id: z.string(), deleted: z.literal(true) }),
  async approval({ pipeline_id }, { store, caller: { tenant } }) {
    const { id, name, version } = await requirePipeline(store, tenant, pipeline_id);
    const { total } = await store.runs(tenant, { pipelineId: id, limit: 1 });
    return {
      summary: `delete_pipeline removes the pipeline ${label(name)} (${id}).`,
      plan: [
        `its ${countNoun(version, 'version')} and its schedule can no longer be run`,
        `the history of its ${countNoun(total, 'run')} stays`,
        'tables and files that it loaded are not touched',
      ],
    };
  },
  async handler({ pipeline_id }, { store, clock, changed, caller: { tenant } }) {
    const { id } = await requirePipeline(store, tenant, pipeline_id);
    const { runs } = await store.runs(tenant, { pipelineId: id, states: ['queued', 'running'], limit: 1 });
    if (runs[0] !== undefined) {
      throw new HeadgateError('failed_precondition', `The pipeline ${id} is running (${runs[0].id}).`, {
        hint: 'Wait for it, or end it with cancel_pipeline_run.',
      });
    }
    await store.remove(tenant, id, clock());
    changed(tenant);
    return { pipeline_id: id, deleted: true as const };
  },
});
