import { z } from 'zod';
import { HeadgateError } from '../../kernel/errors.ts';
import { label } from '../../kernel/quote.ts';
import { readPage, tableSchema, toTable } from '../../kernel/table.ts';
import { definePipelineTool, timeOf } from '../tool-dependencies.ts';

const COLUMNS = ['pipeline_id', 'name', 'version', 'last_state', 'last_run_at', 'next_run_at', 'paused'] as const;

export const listPipelines = definePipelineTool({
  name: 'list_pipelines',
  title: 'List pipelines',
  description: 'Pipelines by name, with their last run and when they are due. One of them: get_pipeline_status.',
  risk: 'read',
  toolsets: ['pipelines'],
  input: z.object({
    name: z.string().optional().describe('Part of the name'),
    length: z.int().min(1).max(500).default(50),
    cursor: z.string().optional(),
  }),
  output: z.object({ pipelines: tableSchema(COLUMNS) }),
  example: {},
  async handler(input, { store, caller: { tenant } }) {
    const wanted = input.name?.toLowerCase() ?? '';
    const found = (await store.list(tenant)).filter(({ name }) => name.toLowerCase().includes(wanted));
    const page = readPage(input, badCursor);
    const shown = found.slice(page.offset, page.offset + page.length);
    const last = new Map(
      await Promise.all(
        shown.map(async ({ id }) => [id, (await store.runs(tenant, { pipelineId: id, limit: 1 })).runs[0]] as const),
      ),
    );
    return {
      pipelines: toTable(found, page, COLUMNS, ({ id, name, version, paused, dueAt }) => ({
        pipeline_id: id,
        name: label(name),
        version,
        last_state: last.get(id)?.state ?? null,
        last_run_at: timeOf(last.get(id)?.createdAt ?? null),
        next_run_at: paused ? null : timeOf(dueAt),
        paused,
      })),
    };
  },
});

/** The error of a cursor that is not one of ours. */
export function badCursor(): never {
  throw new HeadgateError('invalid_argument', 'The cursor is none that this tool gave.', {
    hint: 'Leave it out to begin at the first row.',
  });
}
