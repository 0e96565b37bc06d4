import { z } from 'zod';
import { HeadgateError } from '../../kernel/errors.ts';
import { definePipelineTool, requirePipeline, timeOf } from '../tool-dependencies.ts';

export const getPipeline = definePipelineTool({
  name: 'get_pipeline',
  title: 'Get a pipeline',
  description: 'Definition of a pipeline, its newest version or another, and its watermarks.',
  risk: 'read',
  toolsets: ['pipelines'],
  input: z.object({ pipeline_id: z.string().describe('Id or name'), version: z.int().optional() }),
  output: z.object({
    pipeline_id: z.string(),
    version: z.int(),
    definition: z.record(z.string(), z.unknown()),
    paused: z.boolean(),
    next_run_at: z.string().nullable(),
    created_at: z.string(),
    updated_at: z.string(),
    watermarks: z.array(z.object({ source: z.string(), value: z.string() })),
  }),
  async handler({ pipeline_id, version }, { store, caller: { tenant } }) {
    const newest = await requirePipeline(store, tenant, pipeline_id);
    const record = version === undefined ? newest : await store.find(tenant, newest.id, version);
    if (record === null) {
      throw new HeadgateError('not_found', `The pipeline ${newest.id} has no version ${version}.`, {
        hint: `Its versions are 1 to ${newest.version}.`,
      });
    }
    const watermarks = await store.watermarks(tenant, newest.id);
    return {
      pipeline_id: record.id,
      version: record.version,
      definition: JSON.parse(record.definition) as Record<string, unknown>,
      paused: record.paused,
      next_run_at: record.paused ? null : timeOf(record.dueAt),
      created_at: new Date(record.createdAt).toISOString(),
      updated_at: new Date(record.updatedAt).toISOString(),
      watermarks: watermarks.map(({ source, value }) => ({ source, value })),
    };
  },
});
