import { randomUUID } from 'node:crypto';
import { ConstantBackoff, ExponentialBackoff, handleWhen, retry } from 'cockatiel';
import { HeadgateError } from '../../kernel/errors.ts';
import type { OperationsPort } from '../../kernel/operation.ts';
import type { PipelinePlatforms, PipelineRunRecord, PipelinesPort, WatermarkMove } from '../../kernel/pipelines.ts';
import type { Progress } from '../../kernel/tool.ts';
import { readDefinition } from '../definition/parse-definition.ts';
import type { Definition } from '../definition/schema.ts';
import type { RunDetail, RunError } from './detail.ts';
import { RunJournal } from './run-journal.ts';
import { claimRun, type LeaseOptions, leaseLost, RunLease } from './run-lease.ts';
import { runSteps } from './run-steps.ts';
import { Staging } from './staging.ts';

/** Longest pause between two tries. Milliseconds. */
const MAX_BACKOFF_MS = 300_000;
/** Longest that a timer can wait. Milliseconds. */
const MAX_TIMER_MS = 2_147_483_647;

/** What runs are executed with. */
export interface RunDependencies {
  readonly store: PipelinesPort;
  readonly platforms: PipelinePlatforms;
  readonly operations: Pick<OperationsPort, 'get'>;
  /** Epoch ms. */
  readonly clock: () => number;
  readonly report: (message: string, error: unknown) => void;
  /** Names this process among those that share the store. */
  readonly owner: string;
  /** Milliseconds. */
  readonly leaseMs: number;
  /** Called whenever something of a tenant's runs changed. */
  readonly changed: (tenant: string) => void;
}

/** How one run is asked for. */
export interface RunRequest {
  readonly tenant: string;
  readonly id: string;
  /** Aborted when the run is cancelled or this process closes. */
  readonly signal: AbortSignal;
  readonly progress: (progress: Progress) => void;
}

/**
 * Runs an execution to its end, from wherever it is: new, failed halfway, or left behind by a process that died. Whoever calls it,
 * however often, its destinations are loaded once. Gives what it came to, also when it failed.
 * Errors: `aborted` when another process took it over, the reason of the signal when this process closes: then it can go on elsewhere.
 */
export async function executeRun(request: RunRequest, dependencies: RunDependencies): Promise<PipelineRunRecord> {
  const { tenant, id, signal } = request;
  const { store, clock, report, owner, leaseMs, changed } = dependencies;
  const options: LeaseOptions = { store, tenant, owner: `${owner}/${randomUUID()}`, leaseMs, clock, report };
  const run = await claimRun(id, options, signal);
  if (run === null) return ended(tenant, id, store);
  const lease = new RunLease(id, options);
  const journal = new RunJournal(run, options, () => changed(tenant));
  try {
    await work(journal, lease, request, dependencies);
  } catch (error) {
    await conclude(error, { journal, lease, options, request, dependencies });
  } finally {
    await lease.end();
  }
  return ended(tenant, id, store);
}

async function work(journal: RunJournal, lease: RunLease, request: RunRequest, dependencies: RunDependencies) {
  const { run } = journal;
  const { tenant } = request;
  const { store, platforms, clock } = dependencies;
  if (run.cancelRequested) throw new HeadgateError('cancelled', 'The run was cancelled before it began.');
  const record = await store.find(tenant, run.pipelineId, run.version);
  if (record === null) throw new HeadgateError('not_found', `There is no version ${run.version} of ${run.pipelineId}.`);
  const definition = readDefinition(record.definition);
  await journal.start();
  const timeout = timeoutOf(definition, run.startedAt ?? clock(), clock());
  const signal = AbortSignal.any([request.signal, lease.signal, timeout]);
  const staging = new Staging({ tenant, platforms, signal });
  const marks = await store.watermarks(tenant, run.pipelineId);
  const { detail } = journal;
  try {
    await withRetries(definition, signal, async () => {
      if (staging.broken) await staging.close();
      signal.throwIfAborted();
      await runSteps({
        journal,
        definition,
        staging,
        parameters: detail.parameters,
        times: { from: detail.from, to: detail.to },
        watermarks: new Map(marks.map(({ source, value }) => [source, value])),
        clock,
        onStep: (done, total, step) => request.progress({ done, total, message: step }),
      });
    });
  } catch (error) {
    throw timeout.aborted && !request.signal.aborted && !lease.signal.aborted ? tooLong(definition, error) : error;
  } finally {
    await closeQuietly(staging, dependencies);
  }
  await journal.finish('succeeded', null, movesOf(journal.detail));
}

/** A session that cannot be closed is the platform's to end: the run's outcome stays what it is. */
async function closeQuietly(staging: Staging, { report }: RunDependencies): Promise<void> {
  try {
    await staging.close();
  } catch (error) {
    report('A session of a pipeline run could not be closed.', error);
  }
}

function withRetries(definition: Definition, signal: AbortSignal, pass: () => Promise<void>): Promise<void> {
  const { attempts, backoff_s } = definition.retries;
  const initialDelay = backoff_s * 1000;
  const policy = retry(
    handleWhen((error) => error instanceof HeadgateError && error.retryable && !signal.aborted),
    {
      maxAttempts: attempts - 1,
      backoff:
        initialDelay === 0
          ? new ConstantBackoff(0)
          : new ExponentialBackoff({ initialDelay, maxDelay: MAX_BACKOFF_MS }),
    },
  );
  return policy.execute(pass, signal);
}

function timeoutOf({ timeout_s }: Definition, startedAt: number, now: number): AbortSignal {
  const left = startedAt + timeout_s * 1000 - now;
  return AbortSignal.timeout(Math.min(Math.max(left, 0), MAX_TIMER_MS));
}

function tooLong({ timeout_s }: Definition, cause: unknown): HeadgateError {
  const step = cause instanceof HeadgateError ? cause.details?.step : undefined;
  return new HeadgateError('deadline_exceeded', `The run took longer than its timeout of ${timeout_s} s.`, {
    hint: 'Raise timeout_s, or resume the run: what was loaded is not loaded again.',
    ...(step === undefined ? {} : { details: { step } }),
    cause,
  });
}

/** Where watermarks are after a run: at the ends of its windows, unless these were a range of dates. */
function movesOf({ windows }: RunDetail): WatermarkMove[] {
  return (windows ?? []).flatMap(({ kind, source, from, to, type }) =>
    kind === 'watermark' && to !== null && to !== from ? [{ source, before: from, value: to, type }] : [],
  );
}

interface Conclusion {
  readonly journal: RunJournal;
  readonly lease: RunLease;
  readonly options: LeaseOptions;
  readonly request: RunRequest;
  readonly dependencies: RunDependencies;
}

/** Writes the end of a run that did not succeed, unless it is not this process's to end. */
async function conclude(error: unknown, { journal, lease, options, request, dependencies }: Conclusion): Promise<void> {
  const { run } = journal;
  if (lease.signal.aborted && !lease.cancelRequested) throw leaseLost(run.id);
  const cancelled = lease.cancelRequested || run.cancelRequested || (await isCancelled(run, request, dependencies));
  if (request.signal.aborted && !cancelled) {
    await options.store.release(options.tenant, run.id, options.owner);
    throw request.signal.reason;
  }
  const seen = visible(error, run.id, dependencies);
  const body: RunError = cancelled
    ? { ...seen, code: 'cancelled', message: 'The run was cancelled.', retryable: false }
    : seen;
  await journal.finish(cancelled ? 'cancelled' : 'failed', body, []);
}

/** Whether the signal was aborted by somebody who wants the run to end, not by the end of this process. */
async function isCancelled(
  { operationId }: PipelineRunRecord,
  { tenant, signal }: RunRequest,
  { operations }: RunDependencies,
) {
  if (!signal.aborted || operationId === null) return false;
  return (await operations.get(tenant, operationId)).cancelRequested;
}

/** What a caller may see of an error; one that is our bug is reported under an id. */
function visible(error: unknown, run: string, { report }: RunDependencies): RunError {
  if (error instanceof HeadgateError) return error.toBody();
  const id = randomUUID();
  report(`The pipeline run ${run} failed inside Headgate (error ${id}).`, error);
  return new HeadgateError('internal', `The run failed inside Headgate (error ${id}).`, {
    hint: `The gateway's log has the cause under ${id}.`,
    details: { error_id: id },
  }).toBody();
}

async function ended(tenant: string, id: string, store: PipelinesPort): Promise<PipelineRunRecord> {
  const run = await store.run(tenant, id);
  if (run === null) throw new HeadgateError('not_found', `There is no execution ${id}.`);
  return run;
}
