import type { Run } from '../facts/run.ts';
import { assumptionsOf, assumptionsOfRun } from './assumptions.ts';
import type { Change } from './changes.ts';
import { driverSavings } from './driver-savings.ts';
import { GroupLengths } from './group-lengths.ts';
import { intervalOf } from './interval.ts';
import type { Prediction, Replay } from './prediction.ts';
import { type Recording, recordingOf } from './recording.ts';
import { sortChanges } from './sorted-changes.ts';
import { lengthDeviation, spreadOf, type TaskSpread } from './spread.ts';
import { type Timeline, timelineOf } from './timeline.ts';

/**
 * Makes a run ready to be run again in thought. Pure; the run as it was is replayed at once, so that its error is known.
 *
 * Time outside groups of overlapping jobs is constant. The length of a group is kept: a prediction simulates only groups that
 * a change touches. Cost: O(tasks × log tasks) once, then O(tasks of the touched groups × log cores) a prediction.
 */
export function createReplay(run: Run): Replay {
  return new RecordedReplay(run);
}

const atLeastOne = (value: number): number => Math.max(1, Math.floor(value));

class RecordedReplay implements Replay {
  readonly observed: Replay['observed'];
  readonly asRun: Prediction;
  readonly errorRatio: number | null;
  readonly #recording: Recording;
  readonly #lengths: GroupLengths;
  readonly #asRunMs: number;
  readonly #assumptions: readonly string[];
  #spreads: readonly TaskSpread[] | null = null;

  constructor(run: Run) {
    this.#recording = recordingOf(run);
    this.#lengths = new GroupLengths(this.#recording);
    this.observed = { wallMs: run.wallMs, coreMs: run.coreMs };
    const timeline = timelineOf(this.#recording, this.#lengths.asRun, new Float64Array(0));
    this.#asRunMs = timeline.wallMs;
    const told = run.wallMs > 0 && run.application.tasks.count > 0;
    this.errorRatio = told ? Math.abs(this.#asRunMs - run.wallMs) / run.wallMs : null;
    this.#assumptions = assumptionsOfRun(this.#recording, this.errorRatio);
    this.asRun = this.#describe(timeline, []);
  }

  predict(changes: readonly Change[]): Prediction {
    if (changes.length === 0) return this.asRun;
    const sorted = sortChanges(changes, this.#recording);
    const savings = driverSavings(this.#recording, sorted.driver);
    return this.#describe(
      timelineOf(this.#recording, this.#lengths.with(sorted, savings), savings.beforeGroup),
      changes,
    );
  }

  #describe(timeline: Timeline, changes: readonly Change[]): Prediction {
    const { wallMs } = timeline;
    const executors = changes.findLast((change) => change.kind === 'executors') ?? null;
    const observedCores = this.#observedCores();
    const asked = executors === null ? observedCores : atLeastOne(executors.count) * atLeastOne(executors.coresEach);
    const coresRatio = observedCores > 0 ? asked / observedCores : 1;
    const wallInterval = intervalOf({
      wallMs,
      errorRatio: this.errorRatio ?? 0,
      spreadMs: this.#spreadMs(asked),
      changedMs: Math.abs(wallMs - this.#asRunMs),
      coresRatio,
    });
    const offered = (length: number): number => this.#coreMs(timeline, length, executors === null ? null : asked);
    return {
      wallMs,
      wallInterval,
      coreMs: offered(wallMs),
      coreInterval: [offered(wallInterval[0]), offered(wallInterval[1])],
      assumptions: assumptionsOf(this.#recording, this.#assumptions, changes, coresRatio),
    };
  }

  #observedCores(): number {
    const { run, pools } = this.#recording;
    return run.peakCores > 0 ? run.peakCores : pools.peakCores;
  }

  /**
   * Core-ms of a prediction that takes so long. The executors of the run come and go with the same jobs as they did; what the
   * length differs from the timeline's is shared in proportion.
   */
  #coreMs(timeline: Timeline, length: number, asked: number | null): number {
    const { run, firstExecutorAt } = this.#recording;
    if (run.coreMs === 0 || run.window === null) return 0;
    if (asked !== null) return asked * Math.max(0, length - timeline.at(firstExecutorAt));
    const predicted = run.workers.reduce(
      (sum, { cores, span }) => sum + cores * (timeline.at(span.end) - timeline.at(span.start)),
      0,
    );
    return timeline.wallMs > 0 ? (predicted * length) / timeline.wallMs : predicted;
  }

  /** Stages vary on their own: their deviations add up as squares. */
  #spreadMs(cores: number): number {
    const { run } = this.#recording;
    this.#spreads ??= run.stages.map(spreadOf);
    const slots = Math.max(1, Math.floor(cores / run.coresPerTask));
    let squares = 0;
    for (const spread of this.#spreads) squares += lengthDeviation(spread, slots) ** 2;
    return Math.sqrt(squares);
  }
}
