import { z } from 'zod';
import { HeadgateError } from '../../kernel/errors.ts';
import type { PipelineRecord, PipelineRunRecord } from '../../kernel/pipelines.ts';
import { completeParameters } from '../definition/parameters.ts';
import { readDefinition } from '../definition/parse-definition.ts';
import { type BatchToBegin, MAX_BATCH_RUNS, newDetail } from '../run/pipeline-runner.ts';
import { resumedDetail } from '../run/resume.ts';
import { RunView, sentenceOfRun, viewRun } from '../run-view.ts';
import { splitRange } from '../schedule/moments.ts';
import { runToResume } from '../schedule/scheduler.ts';
import { definePipelineTool, type PipelineDependencies, requirePipeline, requireRun } from '../tool-dependencies.ts';

const Moment = z.union([z.iso.datetime({ offset: true }), z.iso.date()]);

const Input = z.object({
  pipeline_id: z.string().describe('Id or name'),
  parameters: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).default({}),
  from: Moment.optional().describe('Backfill from here'),
  to: Moment.optional().describe('up to, not including'),
  by: z.enum(['day', 'hour', 'whole']).default('day').describe('Length of each run of a backfill'),
  resume_from: z.string().optional().describe('Failed execution_id to go on with'),
  wait_s: z.number().min(0).max(60).default(5).describe('Answer after so long at most; it runs on'),
});
type Input = z.output<typeof Input>;

export const executePipeline = definePipelineTool({
  name: 'execute_pipeline',
  title: 'Execute a pipeline',
  description:
    'Runs a pipeline now, backfills a range of dates, or resumes a failed run: what was loaded is not loaded again. Follow it with get_pipeline_status.',
  risk: 'write',
  toolsets: ['pipelines'],
  input: Input,
  output: z.object({
    execution_id: z.string(),
    operation_id: z.string().nullable(),
    /** Runs of a backfill, in their order. */
    execution_ids: z.array(z.string()).optional(),
    run: RunView,
  }),
  async handler(input, context) {
    const { store, runner, operations, caller, signal } = context;
    const { tenant } = caller;
    const pipeline = await requirePipeline(store, tenant, input.pipeline_id);
    const batch = await batchOf(input, pipeline, context, tenant);
    const { begun, runs } = await runner.begin(tenant, { ...batch, subject: caller.subject });
    const [first] = runs;
    if (begun.kind === 'busy') throw busy(pipeline, begun.runId);
    if (first === undefined) throw new HeadgateError('aborted', 'Another process began this run.');
    const run = await requireRun(store, tenant, first.id);
    // The command line ends with its answer, and nobody else may be there to go on.
    const waitMs = caller.via === 'cli' ? Number.POSITIVE_INFINITY : input.wait_s * 1000;
    if (run.operationId !== null && waitMs > 0) await operations.settled(tenant, run.operationId, waitMs, signal);
    const view = viewRun(await shown(runs, context, tenant));
    return {
      execution_id: first.id,
      operation_id: run.operationId,
      ...(runs.length === 1 ? {} : { execution_ids: runs.slice(0, 100).map(({ id }) => id) }),
      run: view,
    };
  },
  renderText: ({ run, execution_ids }) =>
    execution_ids === undefined ? sentenceOfRun(run) : `Backfill of several runs: ${sentenceOfRun(run)}`,
});

/** The run that tells most: the first that did not succeed, else the last. */
async function shown(runs: readonly PipelineRunRecord[], { store }: PipelineDependencies, tenant: string) {
  let last = runs[0] as PipelineRunRecord;
  for (const { id } of runs) {
    last = await requireRun(store, tenant, id);
    if (last.state !== 'succeeded') break;
  }
  return last;
}

type Batch = Omit<BatchToBegin, 'subject'>;

async function batchOf(
  input: Input,
  pipeline: PipelineRecord,
  { store }: PipelineDependencies,
  tenant: string,
): Promise<Batch> {
  if (input.resume_from !== undefined) return resumeBatch(input.resume_from);
  const definition = readDefinition(pipeline.definition);
  const parameters = completeParameters(definition, input.parameters);
  if (input.from !== undefined || input.to !== undefined) {
    const ranges = rangesOf(input, definition.schedule?.time_zone ?? 'UTC');
    const details = ranges.map(({ from, to }) =>
      newDetail(pipeline, {
        parameters,
        from: new Date(from).toISOString(),
        to: new Date(to).toISOString(),
        backfill: true,
      }),
    );
    return { pipeline, trigger: 'backfill', details };
  }
  const unfinished = await runToResume(tenant, pipeline, store);
  if (unfinished !== null) throw halfLoaded(unfinished);
  return {
    pipeline,
    trigger: 'manual',
    details: [newDetail(pipeline, { parameters, from: null, to: null, backfill: false })],
  };

  async function resumeBatch(id: string): Promise<Batch> {
    const run = await requireRun(store, tenant, id);
    if (run.pipelineId !== pipeline.id) {
      throw new HeadgateError(
        'invalid_argument',
        `The execution ${id} is of the pipeline ${run.pipelineId}, not of ${pipeline.id}.`,
      );
    }
    const details = [resumedDetail(run, await store.watermarks(tenant, pipeline.id))];
    return { pipeline: { ...pipeline, version: run.version }, trigger: 'resume', details, rootId: run.rootId };
  }
}

function rangesOf({ from, to, by }: Input, timeZone: string): Array<{ from: number; to: number }> {
  if (from === undefined || to === undefined) {
    throw new HeadgateError('invalid_argument', 'A backfill needs from and to.', { hint: 'to is not included.' });
  }
  const range = { from: Date.parse(from), to: Date.parse(to) };
  if (range.from >= range.to) {
    throw new HeadgateError('invalid_argument', `from (${from}) has to be before to (${to}).`);
  }
  const ranges = by === 'whole' ? [range] : splitRange(range.from, range.to, by, timeZone, MAX_BATCH_RUNS);
  if (ranges !== null) return ranges;
  throw new HeadgateError('resource_exhausted', `The range has more than ${MAX_BATCH_RUNS} runs by ${by}.`, {
    hint: 'Take a shorter range, or by: day or whole.',
  });
}

function busy({ name, id }: PipelineRecord, runId: string): HeadgateError {
  return new HeadgateError('failed_precondition', `The pipeline ${name} is running already (${runId}).`, {
    hint: 'Wait for it with get_pipeline_status, end it with cancel_pipeline_run, or raise concurrency in the definition.',
    details: { execution_id: runId, pipeline_id: id },
  });
}

function halfLoaded({ id }: PipelineRunRecord): HeadgateError {
  return new HeadgateError(
    'failed_precondition',
    `The execution ${id} may have loaded some of its rows: another run would add them twice.`,
    {
      hint: `Resume it first, with resume_from ${id}.`,
      details: { execution_id: id },
    },
  );
}
