import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { approvalOfReplacing } from '../definition/approve-replacing.ts';
import { parseDefinition } from '../definition/parse-definition.ts';
import { probeDefinition, requirePlatforms } from '../definition/probe-definition.ts';
import { nextMoment } from '../schedule/moments.ts';
import { definePipelineTool, timeOf } from '../tool-dependencies.ts';
import { DefinitionInput } from './definition-input.ts';

export const createEtlPipeline = definePipelineTool({
  name: 'create_etl_pipeline',
  title: 'Create an ETL pipeline',
  description:
    'Stores a pipeline: name, sources, transformations, checks, destination, schedule. The prompt data_pipeline_template drafts one. Replacing a table that has rows needs approval.',
  risk: 'write',
  toolsets: ['pipelines'],
  input: z.object({ definition: DefinitionInput }),
  output: z.object({
    pipeline_id: z.string(),
    name: z.string(),
    version: z.int(),
    next_run_at: z.string().nullable(),
    /** What the platforms said of it that does not keep it from being stored. */
    warnings: z.array(z.string()),
  }),
  example: {
    definition: {
      name: 'orders by day',
      sources: [{ id: 'orders', type: 'files', format: 'csv', path: 'pipelines/orders.csv' }],
      transformations: [{ id: 'by_day', sql: 'select day, sum(amount) as revenue from orders group by day' }],
      destination: { type: 'table', table: 'revenue_by_day', mode: 'replace' },
    },
  },
  approval: async ({ definition }, { platforms, caller: { tenant }, signal }) =>
    approvalOfReplacing(parseDefinition(definition), null, { tenant, platforms, signal }),
  async handler({ definition: given }, { store, platforms, clock, changed, caller, signal }) {
    const definition = parseDefinition(given);
    const request = { tenant: caller.tenant, platforms, signal };
    requirePlatforms(definition, request);
    const warnings = await probeDefinition(definition, request);
    const now = clock();
    const { schedule } = definition;
    const dueAt = schedule === undefined ? null : nextMoment(schedule, now);
    const record = {
      id: `pl_${randomBytes(9).toString('base64url')}`,
      name: definition.name,
      version: 1,
      definition: JSON.stringify(definition),
      paused: false,
      dueAt,
      createdAt: now,
      updatedAt: now,
      deletedAt: null,
    };
    await store.create(caller.tenant, record);
    changed(caller.tenant);
    return { pipeline_id: record.id, name: record.name, version: 1, next_run_at: timeOf(dueAt), warnings };
  },
});
