import type { ControlPlaneRecords } from '../../kernel/control-plane-records.ts';
import { HeadgateError } from '../../kernel/errors.ts';
import type { Applied } from '../control-plane.ts';
import type { Edit } from './edit.ts';
import { type Head, type Stage, type Staged, stageEdit } from './stage-edit.ts';

/** Changes of one transaction: those that come while the one before it is being stored. */
const BATCH_EDITS = 500;
/** A batch is stored when it took so long to compile, milliseconds: the first of it waits no longer for the last. */
const BATCH_MS = 100;
/** Changes that wait at most: whoever writes faster than that is told to slow down. */
const WAITING_EDITS = 20_000;
/** How often a batch is compiled again when another control plane of the same store was first. */
const ATTEMPTS = 3;

/** What the queue works on. */
export interface QueueParts extends Stage {
  readonly records: ControlPlaneRecords;
  readonly report: (message: string, error: unknown) => void;
  head(): Head;
  /** Stored: makes it what is current, and publishes. */
  adopt(head: Head, applied: readonly AppliedEdit[]): void;
  /** Takes over what others have stored. Errors: those of the store. */
  catchUp(): Promise<void>;
}

/** A change that is stored. */
export type AppliedEdit = Extract<Staged, { outcome: 'applied' }> & { readonly edit: Edit };

interface Waiting {
  readonly edit: Edit;
  readonly answer: PromiseWithResolvers<Applied>;
}

interface Outcome extends Waiting {
  readonly staged: Staged;
}

/**
 * Changes one after another. Those that come while others are stored go in one transaction after them, each with a version and an
 * audit entry of its own, and are published at once: a thousand a second wait for the disk some ten times.
 */
export class WriteQueue {
  readonly #parts: QueueParts;
  readonly #waiting: Waiting[] = [];
  readonly #tasks: Array<() => Promise<void>> = [];
  #running: Promise<void> | null = null;

  constructor(parts: QueueParts) {
    this.#parts = parts;
  }

  /** Errors: `resource_exhausted` when too many wait, besides those of the change. */
  submit(edit: Edit): Promise<Applied> {
    if (this.#waiting.length >= WAITING_EDITS) return Promise.reject(tooMany());
    const answer = Promise.withResolvers<Applied>();
    this.#waiting.push({ edit, answer });
    this.#start();
    return answer.promise;
  }

  /** Does something while no change is under way. */
  alone<T>(work: () => Promise<T>): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    this.#tasks.push(() => work().then(resolve, reject));
    this.#start();
    return promise;
  }

  /** Resolves when nothing is under way or waits. */
  async idle(): Promise<void> {
    await this.#running;
  }

  #start(): void {
    this.#running ??= this.#work();
  }

  async #work(): Promise<void> {
    // Those that come in the same turn go together.
    await Promise.resolve();
    while (this.#waiting.length + this.#tasks.length > 0) {
      await this.#tasks.shift()?.();
      const batch = this.#waiting.splice(0, BATCH_EDITS);
      if (batch.length > 0) await this.#answer(batch);
    }
    // In the turn in which nothing was left: what comes later starts it again.
    this.#running = null;
  }

  async #answer(batch: Waiting[]): Promise<void> {
    try {
      for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
        if (await this.#try(batch)) return;
        await this.#parts.catchUp();
      }
      throw new HeadgateError('aborted', 'Other control planes keep changing the same desired state.', {
        hint: 'Try again; change it in one place when this goes on.',
      });
    } catch (error) {
      for (const { answer } of batch) answer.reject(error);
    }
  }

  /** Compiles and stores. False: another control plane was first; nothing happened. */
  async #try(batch: Waiting[]): Promise<boolean> {
    const { records, report, adopt } = this.#parts;
    const start = this.#parts.head();
    const outcomes = await this.#stage(batch, start);
    const staged = outcomes.map((outcome) => outcome.staged);
    const applied = outcomes.flatMap(({ edit, staged }) => (staged.outcome === 'applied' ? [{ ...staged, edit }] : []));
    const undo = () => {
      for (const { undo: back } of applied.toReversed()) back();
    };
    try {
      const committed = await records.commit({
        after: start.number,
        versions: applied.map(({ version }) => version),
        objects: applied.flatMap(({ objects }) => objects),
        audits: staged.flatMap(({ audit }) => audit ?? []),
      });
      if (!committed) {
        undo();
        return false;
      }
    } catch (error) {
      undo();
      report('Changes of the desired state could not be stored; what is served stays as it is.', error);
      const failure = storeDown(error);
      for (const { staged: each, answer } of outcomes) settle(each, answer, failure);
      return true;
    }
    const last = applied.at(-1);
    if (last !== undefined) adopt(last.head, applied);
    for (const { staged: each, answer } of outcomes) settle(each, answer, null);
    return true;
  }

  /** What takes too long to compile goes back to the queue: only what was staged stays in the batch. */
  async #stage(batch: Waiting[], start: Head): Promise<Outcome[]> {
    const outcomes: Outcome[] = [];
    let head = start;
    const began = performance.now();
    for (const waiting of batch) {
      const staged = await stageEdit(this.#parts, head, waiting.edit);
      head = staged.head;
      outcomes.push({ ...waiting, staged });
      if (performance.now() - began > BATCH_MS) this.#waiting.unshift(...batch.splice(outcomes.length));
    }
    return outcomes;
  }
}

/** Answers one change. A refusal, and what was only tried, are the same whether the store is there or not. */
function settle(staged: Staged, answer: PromiseWithResolvers<Applied>, failure: HeadgateError | null): void {
  if (staged.outcome === 'refused') answer.reject(staged.error);
  else if (failure === null || staged.audit === null) answer.resolve(staged.applied);
  else answer.reject(failure);
}

function tooMany(): HeadgateError {
  return new HeadgateError('resource_exhausted', `${WAITING_EDITS} changes of the desired state wait already.`, {
    hint: 'Send fewer at once, or several objects in one change.',
  });
}

function storeDown(cause: unknown): HeadgateError {
  const why = cause instanceof HeadgateError ? cause.message : 'It failed.';
  return new HeadgateError('unavailable', `The change was not made: the store could not keep it. ${why}`, {
    hint: 'Proxies keep what they have, and new ones get the same. Changes are taken again as soon as the store is back.',
    cause,
  });
}
