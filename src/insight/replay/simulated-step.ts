import type { Step } from './run-graph.ts';
import type { StageWork } from './stage-work.ts';

/** Cores of one pool while a group runs: at its begin, and when they come and go after it, ms. */
export interface GroupCores {
  readonly first: number;
  readonly steps: ReadonlyArray<{ readonly at: number; readonly cores: number }>;
}

/** One step with what it has to run. */
export interface SimulatedStep extends Pick<Step, 'after' | 'gapMs' | 'startMs' | 'stageRow' | 'jobId'> {
  /** Null for the start and the end of a job. */
  readonly work: StageWork | null;
  /** Position of its executors in `cores`. */
  readonly pool: number;
  /** Cores that one of its tasks takes. */
  readonly taskCores: number;
  /** Scheduling pool, for FAIR. */
  readonly schedulingPool: string;
  readonly stageId: number;
}
