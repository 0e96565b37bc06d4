import type { Change } from './changes.ts';

/** What a replay says a run would have been. Times ms, core-ms for cores. */
export interface Prediction {
  readonly wallMs: number;
  /** 80 % interval of `wallMs`. */
  readonly wallInterval: readonly [low: number, high: number];
  /** Core-ms that the executors would have offered; 0 when the log does not tell their cores. */
  readonly coreMs: number;
  readonly coreInterval: readonly [low: number, high: number];
  /** What it takes for granted, in sentences for the reader. */
  readonly assumptions: readonly string[];
}

/** A run that can be run again in thought. */
export interface Replay {
  /** What the log says. */
  readonly observed: { readonly wallMs: number; readonly coreMs: number };
  /** The run as it was, replayed: its distance to `observed` is the error of the method. */
  readonly asRun: Prediction;
  /** |replayed − observed| ÷ observed wall time; null when the log names no wall time or no tasks. */
  readonly errorRatio: number | null;
  /** All changes together. With no change: `asRun`. Never longer than `asRun` when every change only removes work. */
  predict(changes: readonly Change[]): Prediction;
}
