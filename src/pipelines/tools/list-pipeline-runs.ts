import { z } from 'zod';
import { oneLine } from '../../kernel/quote.ts';
import { cursorAt, readPage, tableSchema } from '../../kernel/table.ts';
import { readDetail } from '../run/detail.ts';
import { definePipelineTool, requirePipeline, timeOf } from '../tool-dependencies.ts';
import { badCursor } from './list-pipelines.ts';

const COLUMNS = [
  'execution_id',
  'pipeline_id',
  'version',
  'state',
  'trigger',
  'started_at',
  'duration_ms',
  'rows',
  'error',
] as const;
const ERROR_CHARS = 160;

export const listPipelineRuns = definePipelineTool({
  name: 'list_pipeline_runs',
  title: 'List runs of pipelines',
  description: 'History of runs, newest first, of one pipeline or all. Why one failed: get_pipeline_status.',
  risk: 'read',
  toolsets: ['pipelines'],
  input: z.object({
    pipeline_id: z.string().optional(),
    state: z.enum(['queued', 'running', 'succeeded', 'failed', 'cancelled']).optional(),
    since: z.iso.datetime({ offset: true }).optional(),
    length: z.int().min(1).max(500).default(20),
    cursor: z.string().optional(),
  }),
  output: z.object({ runs: tableSchema(COLUMNS) }),
  example: {},
  async handler(input, { store, caller: { tenant } }) {
    const pipeline =
      input.pipeline_id === undefined ? null : await requirePipelineEver(store, tenant, input.pipeline_id);
    const { offset, length } = readPage(input, badCursor);
    const { runs, total } = await store.runs(tenant, {
      pipelineId: pipeline?.id,
      states: input.state === undefined ? undefined : [input.state],
      since: input.since === undefined ? undefined : Date.parse(input.since),
      offset,
      limit: length,
    });
    const next = offset + runs.length;
    const rows = runs.map((run) => {
      const { steps, error } = readDetail(run);
      const loaded = steps.filter(({ kind }) => kind === 'destination').map(({ rows_out }) => rows_out ?? 0);
      return [
        run.id,
        run.pipelineId,
        run.version,
        run.state,
        run.trigger,
        timeOf(run.startedAt),
        run.startedAt === null || run.endedAt === null ? null : run.endedAt - run.startedAt,
        loaded.reduce((sum, count) => sum + count, 0),
        error === null ? null : oneLine(`${error.code}: ${error.message}`).slice(0, ERROR_CHARS),
      ];
    });
    const truncated = next < total;
    return {
      runs: { columns: [...COLUMNS], rows, total, truncated, ...(truncated ? { cursor: cursorAt(next) } : {}) },
    };
  },
});

/** Also one that was deleted: its history stays. */
async function requirePipelineEver(store: Parameters<typeof requirePipeline>[0], tenant: string, idOrName: string) {
  return (await store.find(tenant, idOrName)) ?? requirePipeline(store, tenant, idOrName);
}
