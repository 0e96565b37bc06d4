import { HeadgateError } from '../../kernel/errors.ts';
import type { PipelineRecord, PipelineRunRecord, PipelinesPort } from '../../kernel/pipelines.ts';
import { completeParameters } from '../definition/parameters.ts';
import { readDefinition } from '../definition/parse-definition.ts';
import { newDetail, type PipelineRunner } from '../run/pipeline-runner.ts';
import { mustBeResumed, resumedDetail } from '../run/resume.ts';
import { dueMoment } from './moments.ts';

/** Who scheduled runs are begun by. */
const SUBJECT = 'scheduler';

/** What the scheduler is made of. */
export interface SchedulerParts {
  readonly store: PipelinesPort;
  readonly runner: PipelineRunner;
  /** Epoch ms. */
  readonly clock: () => number;
  readonly report: (message: string, error: unknown) => void;
}

/**
 * Begins what is due, of every tenant, and looks after runs that were left behind. Any number of processes may do so at once: each
 * moment of a schedule is run at most once. A pipeline that is busy stays due.
 */
export async function beginDueRuns(parts: SchedulerParts): Promise<void> {
  const { store, runner, clock, report } = parts;
  for (const tenant of await store.tenants()) {
    await runner.sweep(tenant);
    for (const pipeline of await store.list(tenant)) {
      if (pipeline.paused || pipeline.dueAt === null || pipeline.dueAt > clock()) continue;
      try {
        await beginDue(tenant, pipeline, pipeline.dueAt, parts);
      } catch (error) {
        report(`The pipeline ${pipeline.name} is due and could not begin.`, error);
      }
    }
  }
}

async function beginDue(tenant: string, pipeline: PipelineRecord, due: number, parts: SchedulerParts): Promise<void> {
  const { store, runner, clock } = parts;
  const definition = readDefinition(pipeline.definition);
  if (definition.schedule === undefined) return store.setDue(tenant, pipeline.id, due, null);
  const { moment, from, dueAt } = dueMoment(definition.schedule, due, clock());
  if (moment === null) return store.setDue(tenant, pipeline.id, due, dueAt);
  const unfinished = await runToResume(tenant, pipeline, store);
  if (unfinished !== null) {
    const detail = resumedDetail(unfinished, await store.watermarks(tenant, pipeline.id));
    const record = { ...pipeline, version: unfinished.version };
    await runner.begin(tenant, {
      pipeline: record,
      subject: SUBJECT,
      trigger: 'resume',
      details: [detail],
      rootId: unfinished.rootId,
      scheduledFor: moment,
      dueAt,
    });
    return;
  }
  const times = { from: from === null ? null : new Date(from).toISOString(), to: new Date(moment).toISOString() };
  const detail = newDetail(pipeline, { parameters: completeParameters(definition, {}), ...times, backfill: false });
  const batch = {
    pipeline,
    subject: SUBJECT,
    trigger: 'schedule' as const,
    details: [detail],
    scheduledFor: moment,
    dueAt,
  };
  const { begun } = await runner.begin(tenant, batch);
  if (begun.kind === 'taken') await store.setDue(tenant, pipeline.id, due, dueAt);
}

/** The newest run of a pipeline when only going on with it keeps rows from being added twice; null: none. */
export async function runToResume(
  tenant: string,
  pipeline: PipelineRecord,
  store: PipelinesPort,
): Promise<PipelineRunRecord | null> {
  const watermarks = await store.watermarks(tenant, pipeline.id);
  const { runs } = await store.runs(tenant, { pipelineId: pipeline.id, states: ['failed', 'cancelled'], limit: 20 });
  for (const run of runs) {
    const record = await store.find(tenant, pipeline.id, run.version);
    if (record === null) throw new HeadgateError('not_found', `There is no version ${run.version} of ${pipeline.id}.`);
    if (mustBeResumed(run, readDefinition(record.definition), watermarks)) return run;
  }
  return null;
}
