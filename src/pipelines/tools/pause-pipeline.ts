import { z } from 'zod';
import { readDefinition } from '../definition/parse-definition.ts';
import { nextMoment } from '../schedule/moments.ts';
import { definePipelineTool, requirePipeline, timeOf } from '../tool-dependencies.ts';

export const pausePipeline = definePipelineTool({
  name: 'pause_pipeline',
  title: 'Pause or resume a schedule',
  description: 'Stops the schedule of a pipeline, or starts it again. A run that goes on is not stopped.',
  risk: 'write',
  toolsets: ['pipelines'],
  input: z.object({ pipeline_id: z.string(), paused: z.boolean().default(true) }),
  output: z.object({ pipeline_id: z.string(), paused: z.boolean(), next_run_at: z.string().nullable() }),
  async handler({ pipeline_id, paused }, { store, clock, changed, caller: { tenant } }) {
    const pipeline = await requirePipeline(store, tenant, pipeline_id);
    const { schedule } = readDefinition(pipeline.definition);
    const dueAt = dueAfter(pipeline, schedule, clock());
    await store.setPaused(tenant, pipeline.id, paused, dueAt, clock());
    changed(tenant);
    return { pipeline_id: pipeline.id, paused, next_run_at: paused ? null : timeOf(dueAt) };
  },
});

/** Moments of a pause are caught up on as any others are, but for `none`. */
function dueAfter(
  { dueAt }: { dueAt: number | null },
  schedule: ReturnType<typeof readDefinition>['schedule'],
  now: number,
): number | null {
  if (schedule === undefined) return null;
  return schedule.catch_up === 'none' || dueAt === null ? nextMoment(schedule, now) : dueAt;
}
