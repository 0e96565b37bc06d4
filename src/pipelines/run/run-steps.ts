import { HeadgateError } from '../../kernel/errors.ts';
import { orderSteps, type Step } from '../definition/steps.ts';
import type { CheckResult, SourceWindow } from './detail.ts';
import { loadDestination } from './load-destination.ts';
import { runCheck } from './run-check.ts';
import type { RunJournal } from './run-journal.ts';
import { type StepContext, stageStep, stageWhole } from './stage-step.ts';
import { planWindow } from './windows.ts';

/** What one pass over the steps of a run needs. */
export interface PassContext extends Omit<StepContext, 'windows'> {
  readonly journal: RunJournal;
  /** How far each source was loaded when the run was planned. */
  readonly watermarks: ReadonlyMap<string, string>;
  /** Epoch ms. */
  readonly clock: () => number;
  readonly onStep: (done: number, total: number, step: string) => void;
}

/**
 * Goes over the steps of a run in their order: plans its windows once, stages what this session does not have, checks, then loads
 * what was not loaded. Done again it goes on where it failed. Errors: those of the platforms, with the step in `details`;
 * `failed_precondition` for a check that stops.
 */
export async function runSteps(context: PassContext): Promise<void> {
  const { journal, definition, staging } = context;
  const order = orderSteps(definition);
  if ('cycle' in order) throw new Error('A definition with a cycle was stored.');
  const { steps } = order;
  const loads = steps.filter(({ kind }) => kind === 'destination');
  if (loads.every(({ id }) => journal.step(id).state === 'succeeded')) return;
  const windows = journal.detail.windows ?? (await planWindows(context));
  for (const [index, step] of steps.entries()) {
    context.onStep(index, steps.length, step.id);
    if (step.kind === 'destination') {
      if (journal.step(step.id).state !== 'succeeded') await load(step, { ...context, windows });
    } else if (!staging.has(step.id)) await stage(step, { ...context, windows });
  }
  context.onStep(steps.length, steps.length, 'end');
}

/** Fixes the windows of incremental sources in the store before anything is read. */
async function planWindows(context: PassContext): Promise<SourceWindow[]> {
  const { journal, definition, staging, watermarks, clock } = context;
  const { from, to, backfill } = journal.detail;
  const windows: SourceWindow[] = [];
  for (const source of definition.sources) {
    const { id, incremental } = source;
    if (incremental === undefined) continue;
    const window = await inStep(id, async () => {
      const relation = await stageWhole(source, { ...context, windows: [] });
      const range = backfill && from !== null && to !== null ? { from, to } : null;
      return planWindow(staging, relation, {
        source: id,
        incremental,
        watermark: watermarks.get(id) ?? null,
        range,
        now: clock(),
      });
    });
    windows.push(window);
  }
  await journal.plan(windows);
  return windows;
}

type Context = PassContext & { readonly windows: readonly SourceWindow[] };

async function stage(step: Exclude<Step, { kind: 'destination' }>, context: Context): Promise<void> {
  const { journal } = context;
  await tracked(step, context, async () => {
    const { rowsIn, rowsOut } = await stageStep(step, context);
    const checks = await checkStep(step.id, context);
    await journal.change(step.id, { checks });
    const failed = checks.find(({ ok, action }) => !ok && action === 'stop');
    if (failed !== undefined) throw checkFailed(failed);
    return { rows_in: rowsIn, rows_out: rowsOut };
  });
}

async function load(step: Extract<Step, { kind: 'destination' }>, context: Context): Promise<void> {
  const { journal } = context;
  const before = journal.step(step.id);
  // An error that says more than `try again` says that nothing was written.
  const repeated = before.attempt > 0 && (before.error === null || before.error.retryable);
  await tracked(step, context, async () => {
    const { rowsIn, rowsOut } = await loadDestination(
      step.destination,
      { rootId: journal.run.rootId, repeated },
      context,
    );
    return { rows_in: rowsIn, rows_out: rowsOut };
  });
}

/** Keeps the state of a step while it runs. */
async function tracked(
  step: Step,
  { journal }: Context,
  work: () => Promise<{ rows_in: number | null; rows_out: number | null }>,
): Promise<void> {
  const { attempt } = journal.step(step.id);
  await journal.change(step.id, { state: 'running', attempt: attempt + 1, started_at: journal.now(), ended_at: null });
  try {
    const rows = await inStep(step.id, work);
    await journal.change(step.id, { ...rows, state: 'succeeded', ended_at: journal.now(), error: null });
  } catch (error) {
    if (error instanceof HeadgateError) {
      await journal.change(step.id, { state: 'failed', ended_at: journal.now(), error: error.toBody() });
    }
    throw error;
  }
}

async function checkStep(id: string, context: Context): Promise<CheckResult[]> {
  const { definition, staging, clock } = context;
  const results: CheckResult[] = [];
  for (const check of definition.checks) {
    if (check.on !== id) continue;
    results.push(await runCheck(check, { staging, relation: staging.relation(id), now: clock() }));
  }
  return results;
}

function checkFailed({ on, check, found, samples, bad_rows }: CheckResult): HeadgateError {
  return new HeadgateError('failed_precondition', `The check ${check} on ${on} failed: ${found}. Nothing was loaded.`, {
    hint: 'Correct the rows or the check, then execute the pipeline again.',
    details: { check, on, bad_rows, samples },
  });
}

/** Errors of a platform, with the step in which they came. */
async function inStep<T>(step: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof HeadgateError)) throw error;
    const { code, message, hint, details } = error;
    throw new HeadgateError(code, message, {
      ...(hint === undefined ? {} : { hint }),
      details: { ...details, step },
      cause: error,
    });
  }
}
