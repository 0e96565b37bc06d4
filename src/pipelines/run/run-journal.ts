import type { PipelineRunRecord, WatermarkMove } from '../../kernel/pipelines.ts';
import { type RunDetail, type RunError, readDetail, type SourceWindow, type StepState } from './detail.ts';
import { type LeaseOptions, leaseLost } from './run-lease.ts';

/** What a run came to so far, written to the store at each change, by whoever holds the lease alone. */
export class RunJournal {
  readonly run: PipelineRunRecord;
  readonly #options: LeaseOptions;
  readonly #changed: () => void;
  readonly #startedAt: number;
  #detail: RunDetail;

  constructor(run: PipelineRunRecord, options: LeaseOptions, changed: () => void) {
    this.run = run;
    this.#options = options;
    this.#changed = changed;
    this.#startedAt = run.startedAt ?? options.clock();
    this.#detail = readDetail(run);
  }

  get detail(): RunDetail {
    return this.#detail;
  }

  step(id: string): StepState {
    const state = this.#detail.steps.find((step) => step.id === id);
    if (state === undefined) throw new Error(`The run ${this.run.id} has no step ${id}.`);
    return state;
  }

  now(): string {
    return new Date(this.#options.clock()).toISOString();
  }

  /** Says that it runs. Errors: as `plan`. */
  async start(): Promise<void> {
    await this.#write(this.#detail);
  }

  /** Errors: `aborted` when the lease was lost; those of the store. */
  async plan(windows: readonly SourceWindow[]): Promise<void> {
    await this.#write({ ...this.#detail, windows: [...windows] });
  }

  /** Errors: as `plan`. */
  async change(id: string, change: Partial<StepState>): Promise<void> {
    const steps = this.#detail.steps.map((step) => (step.id === id ? { ...step, ...change } : step));
    await this.#write({ ...this.#detail, steps });
  }

  /** Ends the run. Errors: as `plan`; `aborted` when its watermarks were moved by another run. */
  async finish(
    state: 'succeeded' | 'failed' | 'cancelled',
    error: RunError | null,
    watermarks: readonly WatermarkMove[],
  ) {
    const { store, tenant, owner, clock } = this.#options;
    const steps = this.#detail.steps.map((step) =>
      step.state === 'running' && state === 'cancelled' ? { ...step, ended_at: this.now() } : step,
    );
    const detail = JSON.stringify({ ...this.#detail, steps, error });
    const change = { state, detail, endedAt: clock(), watermarks };
    if (!(await store.finish(tenant, this.run.id, owner, change))) throw leaseLost(this.run.id);
    this.#changed();
  }

  async #write(detail: RunDetail): Promise<void> {
    const { store, tenant, owner } = this.#options;
    const change = { state: 'running' as const, detail: JSON.stringify(detail), startedAt: this.#startedAt };
    if (!(await store.save(tenant, this.run.id, owner, change))) throw leaseLost(this.run.id);
    this.#detail = detail;
    this.#changed();
  }
}
