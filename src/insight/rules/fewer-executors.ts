import { peakCoresOf } from '../facts/capacity.ts';
import type { Run } from '../facts/run.ts';
import type { Change } from '../replay/changes.ts';
import type { Replay } from '../replay/prediction.ts';

/** Part by which the run may take longer for fewer cores. Source: materiality gate, 5 %: less is not worth a warning. */
const MAX_LONGER_SHARE = 0.05;

/** Predictions of one search: the answer is exact to a 16th of the range. */
const MAX_STEPS = 4;

/** Executors of a run as a replay takes them. */
export interface ExecutorShape {
  readonly count: number;
  readonly coresEach: number;
}

/** The most executors that were there at once and the cores that most of them have; null where the log tells no cores. */
export function shapeOf(run: Run): ExecutorShape | null {
  const counts = new Map<number, number>();
  for (const { cores } of run.workers) counts.set(cores, (counts.get(cores) ?? 0) + 1);
  const [most] = [...counts].sort(([a, x], [b, y]) => y - x || a - b);
  if (most === undefined) return null;
  return { count: peakCoresOf(run.workers.map((worker) => ({ ...worker, cores: 1 }))), coresEach: most[0] };
}

/**
 * The fewest executors with which the replayed run takes at most 5 % longer, found by halving between the cores that were
 * busy on average and those that were there; a single executor is cut by its cores instead. Empty when there are none fewer.
 */
export function fewerExecutors(run: Run, replay: Replay): readonly Change[] {
  const shape = shapeOf(run);
  if (shape === null || run.wallMs <= 0) return [];
  const byCores = shape.count <= 1;
  const asked = (size: number): Change =>
    byCores
      ? { kind: 'executors', count: 1, coresEach: size }
      : { kind: 'executors', count: size, coresEach: shape.coresEach };
  const limit = replay.asRun.wallMs * (1 + MAX_LONGER_SHARE);
  const unit = byCores ? 1 : shape.coresEach;
  const busy = (run.totals.taskMs * run.coresPerTask) / run.wallMs / unit;
  let enough = byCores ? shape.coresEach : shape.count;
  let tooFew = Math.max(byCores ? run.coresPerTask : 1, Math.ceil(busy)) - 1;
  let found: Change | null = null;
  for (let step = 0; step < MAX_STEPS && enough - tooFew > 1; step++) {
    const size = Math.floor((tooFew + enough) / 2);
    const change = asked(size);
    if (replay.predict([change]).wallMs <= limit) {
      enough = size;
      found = change;
    } else tooFew = size;
  }
  return found === null ? [] : [found];
}
