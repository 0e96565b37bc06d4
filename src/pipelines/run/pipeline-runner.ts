import { randomBytes } from 'node:crypto';
import { type BulkheadPolicy, bulkhead } from 'cockatiel';
import { z } from 'zod';
import { HeadgateError } from '../../kernel/errors.ts';
import type { OperationContext, OperationsPort } from '../../kernel/operation.ts';
import type { Begun, PipelineRecord, PipelineRunRecord } from '../../kernel/pipelines.ts';
import type { Output } from '../../kernel/tool.ts';
import { readDefinition } from '../definition/parse-definition.ts';
import { orderSteps } from '../definition/steps.ts';
import { pendingStep, type RunDetail, readDetail } from './detail.ts';
import { executeRun, type RunDependencies } from './execute-run.ts';

/** The tool whose operations runs are. */
export const RUN_TOOL = 'execute_pipeline';
/** Runs that one call may begin. */
export const MAX_BATCH_RUNS = 1000;
/** How long nobody works on a run before others look at it. Milliseconds. */
const ABANDONED_MS = 60_000;

const Payload = z.object({ batch_id: z.string() });

/** Runs that are begun together, one after the other. */
export interface BatchToBegin {
  readonly pipeline: PipelineRecord;
  readonly subject: string;
  readonly trigger: PipelineRunRecord['trigger'];
  /** One for each run. */
  readonly details: readonly RunDetail[];
  readonly scheduledFor?: number;
  /** Moves the schedule on when they begin. Epoch ms. */
  readonly dueAt?: number | null;
  /** Goes on with the loads of another run. */
  readonly rootId?: string;
}

/** What the runner is made of. */
export interface RunnerParts extends Omit<RunDependencies, 'operations'> {
  readonly operations: OperationsPort;
  /** Runs at the same time in this process. */
  readonly maxRuns: number;
}

/** Begins runs and executes them as operations, here or on whichever process takes them over. */
export class PipelineRunner {
  readonly #parts: RunnerParts;
  readonly #slots: BulkheadPolicy;

  constructor(parts: RunnerParts) {
    this.#parts = parts;
    this.#slots = bulkhead(parts.maxRuns, Number.POSITIVE_INFINITY);
    parts.operations.recoverWith(RUN_TOOL, (payload, context) =>
      this.#runBatch(Payload.parse(payload).batch_id, context),
    );
  }

  /** Stores the runs and starts them as one operation. Nothing is begun when it is busy or taken. Errors: those of the store. */
  async begin(tenant: string, batch: BatchToBegin): Promise<{ begun: Begun; runs: PipelineRunRecord[] }> {
    const { pipeline, subject, dueAt } = batch;
    const { store, changed } = this.#parts;
    const runs = this.#runsOf(batch);
    const [{ batchId = '' } = {}] = runs;
    const { concurrency } = readDefinition(pipeline.definition);
    const begun = await store.begin(tenant, {
      pipelineId: pipeline.id,
      runs,
      concurrency,
      ...(dueAt === undefined ? {} : { dueAt }),
    });
    if (begun.kind !== 'begun') return { begun, runs: [] };
    await this.#start({ tenant, subject }, pipeline.name, batchId);
    changed(tenant);
    return { begun, runs };
  }

  /** Looks after runs that no process works on: those that never began begin, those whose operation ended are ended. */
  async sweep(tenant: string): Promise<void> {
    const { store, clock } = this.#parts;
    const seen = new Set<string>();
    for (const run of await store.abandoned(tenant, clock() - ABANDONED_MS)) {
      if (seen.has(run.batchId)) continue;
      seen.add(run.batchId);
      await this.#look(tenant, run);
    }
  }

  #runsOf({ pipeline, subject, trigger, details, scheduledFor, rootId }: BatchToBegin): PipelineRunRecord[] {
    const batchId = `ex_${randomBytes(9).toString('base64url')}`;
    return details.map((detail, index): PipelineRunRecord => {
      const id = details.length === 1 ? batchId : `${batchId}.${String(index + 1).padStart(4, '0')}`;
      return {
        id,
        pipelineId: pipeline.id,
        version: pipeline.version,
        state: 'queued',
        trigger,
        subject,
        rootId: rootId ?? id,
        batchId,
        scheduledFor: scheduledFor ?? null,
        operationId: null,
        cancelRequested: false,
        createdAt: this.#parts.clock(),
        startedAt: null,
        endedAt: null,
        detail: JSON.stringify(detail),
      };
    });
  }

  async #start(caller: { tenant: string; subject: string }, name: string, batchId: string): Promise<void> {
    const { operations, store } = this.#parts;
    const attached = Promise.withResolvers<void>();
    const operation = await operations.start(caller, {
      tool: RUN_TOOL,
      title: name,
      payload: { batch_id: batchId },
      work: async (context) => {
        await attached.promise;
        return this.#runBatch(batchId, context);
      },
    });
    try {
      await store.attach(caller.tenant, batchId, operation.id);
    } finally {
      attached.resolve();
    }
  }

  async #runBatch(batchId: string, context: OperationContext): Promise<Output> {
    const { store } = this.#parts;
    const { tenant } = context.caller;
    const { runs } = await store.runs(tenant, { batchId, limit: MAX_BATCH_RUNS });
    const ordered = runs.toSorted((a, b) => (a.id < b.id ? -1 : 1));
    for (const { id } of ordered) {
      const run = await this.#slots.execute(() => this.#execute(id, context));
      if (run.state === 'succeeded') continue;
      await this.#cancelRest(context, ordered.slice(ordered.findIndex((one) => one.id === id) + 1));
      throw errorOf(run);
    }
    return { execution_ids: ordered.map(({ id }) => id), state: 'succeeded' };
  }

  #execute(id: string, { caller, signal, progress }: OperationContext): Promise<PipelineRunRecord> {
    return executeRun({ tenant: caller.tenant, id, signal, progress }, this.#parts);
  }

  /** Later runs of a backfill do not begin after one that failed. */
  async #cancelRest({ caller: { tenant } }: OperationContext, runs: readonly PipelineRunRecord[]): Promise<void> {
    for (const { id } of runs) {
      await this.#end(
        tenant,
        id,
        'cancelled',
        new HeadgateError('cancelled', 'An earlier run of the same backfill did not succeed.'),
      );
    }
  }

  async #look(tenant: string, run: PipelineRunRecord): Promise<void> {
    const { operations, store, report } = this.#parts;
    try {
      if (run.operationId === null) {
        const record = await store.find(tenant, run.pipelineId);
        await this.#start({ tenant, subject: run.subject }, record?.name ?? run.pipelineId, run.batchId);
        return;
      }
      const operation = await operations.get(tenant, run.operationId);
      if (operation.state === 'running') return;
    } catch (error) {
      if (!(error instanceof HeadgateError && error.code === 'not_found')) {
        report(`The pipeline run ${run.id} could not be looked after.`, error);
        return;
      }
    }
    const error = new HeadgateError('aborted', 'The processes that ran it ended before it was done.', {
      hint: `Go on with execute_pipeline and resume_from ${run.id}: what was loaded is not loaded again.`,
    });
    const { runs } = await store.runs(tenant, {
      batchId: run.batchId,
      states: ['queued', 'running'],
      limit: MAX_BATCH_RUNS,
    });
    for (const { id } of runs) await this.#end(tenant, id, 'failed', error);
  }

  /** Ends a run that nobody works on. One that somebody does stays as it is. */
  async #end(tenant: string, id: string, state: 'failed' | 'cancelled', error: HeadgateError): Promise<void> {
    const { store, owner, clock, leaseMs, changed } = this.#parts;
    const now = clock();
    const run = await store.claim(tenant, id, { owner, until: now + leaseMs }, now);
    if (run === null) return;
    const detail = JSON.stringify({ ...readDetail(run), error: error.toBody() });
    await store.finish(tenant, id, owner, { state, detail, endedAt: now, watermarks: [] });
    changed(tenant);
  }
}

/** What a run begins with. */
export function newDetail(
  pipeline: PipelineRecord,
  given: Pick<RunDetail, 'parameters' | 'from' | 'to' | 'backfill'>,
): RunDetail {
  const order = orderSteps(readDefinition(pipeline.definition));
  const steps = 'steps' in order ? order.steps.map(pendingStep) : [];
  return { ...given, resumed_from: null, windows: null, steps, error: null };
}

function errorOf(run: PipelineRunRecord): HeadgateError {
  const { error } = readDetail(run);
  if (error === null) return new HeadgateError('cancelled', `The execution ${run.id} was cancelled.`);
  const { code, message, hint, details } = error;
  return new HeadgateError(code as HeadgateError['code'], message, {
    ...(hint === undefined ? {} : { hint }),
    details: { ...details, execution_id: run.id },
  });
}
