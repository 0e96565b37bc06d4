import { z } from 'zod';
import { HeadgateError } from '../../kernel/errors.ts';
import { RunView, sentenceOfRun, viewRun, viewWatermarks } from '../run-view.ts';
import { definePipelineTool, requirePipeline, requireRun, timeOf } from '../tool-dependencies.ts';

export const getPipelineStatus = definePipelineTool({
  name: 'get_pipeline_status',
  title: 'Get the status of a pipeline',
  description:
    'One run, or the last run of a pipeline: state, rows of each step, checks with rows that break them, error, watermarks. A failed run goes on with execute_pipeline and resume_from.',
  risk: 'read',
  toolsets: ['pipelines'],
  input: z.object({ execution_id: z.string().optional(), pipeline_id: z.string().optional().describe('Id or name') }),
  output: z.object({
    run: RunView.nullable(),
    paused: z.boolean(),
    next_run_at: z.string().nullable(),
    watermarks: z.array(z.object({ source: z.string(), value: z.string() })),
  }),
  async handler({ execution_id, pipeline_id }, { store, caller: { tenant } }) {
    if ((execution_id === undefined) === (pipeline_id === undefined)) {
      throw new HeadgateError('invalid_argument', 'Give execution_id or pipeline_id, one of them.');
    }
    const run =
      execution_id === undefined ? await lastRun(pipeline_id ?? '') : await requireRun(store, tenant, execution_id);
    const id = run?.pipelineId ?? (await requirePipeline(store, tenant, pipeline_id ?? '')).id;
    const pipeline = await store.find(tenant, id);
    const dueAt = pipeline?.paused === true ? null : (pipeline?.dueAt ?? null);
    return {
      run: run === null ? null : viewRun(run),
      paused: pipeline?.paused ?? false,
      next_run_at: timeOf(dueAt),
      watermarks: viewWatermarks(await store.watermarks(tenant, id)),
    };

    async function lastRun(idOrName: string) {
      const found = await requirePipeline(store, tenant, idOrName);
      return (await store.runs(tenant, { pipelineId: found.id, limit: 1 })).runs[0] ?? null;
    }
  },
  renderText: ({ run, next_run_at }) =>
    [
      run === null ? 'It has not run yet.' : sentenceOfRun(run),
      ...(run?.checks ?? [])
        .filter(({ ok }) => !ok)
        .map(({ on, check, found, action }) => `${check} on ${on} (${action}): ${found}`),
      ...(next_run_at === null ? [] : [`Next run at ${next_run_at}.`]),
    ].join('\n'),
});
