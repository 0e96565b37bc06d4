import { z } from 'zod';
import { approvalOfReplacing } from '../definition/approve-replacing.ts';
import { parseDefinition, readDefinition } from '../definition/parse-definition.ts';
import { probeDefinition, requirePlatforms } from '../definition/probe-definition.ts';
import { nextMoment } from '../schedule/moments.ts';
import { definePipelineTool, requirePipeline, timeOf } from '../tool-dependencies.ts';
import { DefinitionInput } from './definition-input.ts';

export const updatePipeline = definePipelineTool({
  name: 'update_pipeline',
  title: 'Update a pipeline',
  description:
    'Gives a pipeline a new version. Runs that have begun keep theirs; watermarks stay. Replacing another table that has rows needs approval.',
  risk: 'write',
  toolsets: ['pipelines'],
  input: z.object({
    pipeline_id: z.string(),
    definition: DefinitionInput,
    version: z.int().optional().describe('Refuse unless this is the newest'),
  }),
  output: z.object({
    pipeline_id: z.string(),
    version: z.int(),
    next_run_at: z.string().nullable(),
    warnings: z.array(z.string()),
  }),
  approval: async ({ pipeline_id, definition }, { store, platforms, caller: { tenant }, signal }) => {
    const before = readDefinition((await requirePipeline(store, tenant, pipeline_id)).definition);
    return approvalOfReplacing(parseDefinition(definition), before, { tenant, platforms, signal });
  },
  async handler({ pipeline_id, definition: given, version }, { store, platforms, clock, changed, caller, signal }) {
    const { tenant } = caller;
    const before = await requirePipeline(store, tenant, pipeline_id);
    const definition = parseDefinition(given);
    const request = { tenant, platforms, signal };
    requirePlatforms(definition, request);
    const warnings = await probeDefinition(definition, request);
    const now = clock();
    const { schedule } = definition;
    const dueAt = schedule === undefined ? null : nextMoment(schedule, now);
    const next = {
      ...before,
      name: definition.name,
      version: (version ?? before.version) + 1,
      definition: JSON.stringify(definition),
      dueAt,
      updatedAt: now,
    };
    await store.addVersion(tenant, next);
    changed(tenant);
    return { pipeline_id: before.id, version: next.version, next_run_at: timeOf(dueAt), warnings };
  },
});
