import { HeadgateError } from '../../kernel/errors.ts';
import type { PipelineRunRecord, Watermark } from '../../kernel/pipelines.ts';
import type { Definition } from '../definition/schema.ts';
import { type RunDetail, readDetail, type StepState } from './detail.ts';

/**
 * What a run begins with that goes on where another failed: the same parameters and windows; what was committed stays so, what was
 * staged is staged again. Errors: `failed_precondition` when it did not fail, or when a later run moved its watermarks.
 */
export function resumedDetail(run: PipelineRunRecord, watermarks: readonly Watermark[]): RunDetail {
  if (run.state !== 'failed' && run.state !== 'cancelled') {
    throw new HeadgateError(
      'failed_precondition',
      `The execution ${run.id} is ${run.state}: only one that failed or was cancelled can be resumed.`,
      {
        hint: 'Execute the pipeline without resume_from.',
      },
    );
  }
  const detail = readDetail(run);
  if (!isWatermarkAsPlanned(detail, watermarks)) {
    throw new HeadgateError('failed_precondition', `A later run has loaded the rows of the execution ${run.id}.`, {
      hint: 'Execute the pipeline without resume_from: it goes on after the later run.',
    });
  }
  const steps = detail.steps.map(
    (step): StepState => (step.kind === 'destination' ? step : { ...step, state: 'pending', checks: [], error: null }),
  );
  return { ...detail, steps, resumed_from: run.id, error: null };
}

/**
 * True when a run left incremental rows in one destination that are not, or may not be, in the others: a run that plans anew would
 * add them twice.
 */
export function mustBeResumed(
  run: PipelineRunRecord,
  definition: Definition,
  watermarks: readonly Watermark[],
): boolean {
  if (run.state !== 'failed' && run.state !== 'cancelled') return false;
  const detail = readDetail(run);
  const windows = (detail.windows ?? []).filter(({ kind, from, to }) => kind === 'watermark' && from !== to);
  if (windows.length === 0 || !isWatermarkAsPlanned(detail, watermarks)) return false;
  const adding = definition.destinations.filter(({ mode }) => mode === 'append').map(({ id }) => id);
  return detail.steps.some((step) => adding.includes(step.id) && mayBeLoaded(step));
}

/** An error that says more than `try again` says that nothing was written. */
function mayBeLoaded({ state, attempt, error }: StepState): boolean {
  return state === 'succeeded' || (attempt > 0 && (error === null || error.retryable || error.code === 'cancelled'));
}

function isWatermarkAsPlanned({ windows }: RunDetail, watermarks: readonly Watermark[]): boolean {
  const now = new Map(watermarks.map(({ source, value }) => [source, value]));
  return (windows ?? []).every(({ kind, source, from }) => kind !== 'watermark' || (now.get(source) ?? null) === from);
}
