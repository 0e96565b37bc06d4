/** Changes of a level over time: `deltas[i]` happens at `times[i]`, ascending. */
export interface Steps {
  readonly times: Float64Array;
  readonly deltas: Float64Array;
}

/** Equal buckets over a stretch of time, epoch ms. */
export interface Frame {
  readonly start: number;
  readonly end: number;
  readonly widthMs: number;
  readonly count: number;
}

/** A level in buckets: its highest value in each, and its integral over each (level × ms). */
export interface Series {
  readonly peaks: Float64Array;
  readonly areas: Float64Array;
  readonly peak: number;
  readonly area: number;
}

/** Cuts a stretch of time into at most `maxCount` equal buckets of whole milliseconds. Null when it is empty. */
export function frameOf(start: number, end: number, maxCount: number): Frame | null {
  const span = end - start;
  if (!(span > 0)) return null;
  const widthMs = Math.ceil(span / maxCount);
  return { start, end, widthMs, count: Math.ceil(span / widthMs) };
}

/** Steps of weighted intervals. At one instant ends come before beginnings: a slot that is handed over counts once. */
export function stepsOf(intervals: ReadonlyArray<{ start: number; end: number; weight: number }>): Steps {
  const steps = intervals
    .flatMap(({ start, end, weight }) => [
      { at: start, delta: weight },
      { at: Math.max(start, end), delta: -weight },
    ])
    .sort((a, b) => a.at - b.at || a.delta - b.delta);
  return {
    times: Float64Array.from(steps, ({ at }) => at),
    deltas: Float64Array.from(steps, ({ delta }) => delta),
  };
}

/** Steps of many intervals of weight 1, given as columns; sorts them in place. No object is made for an interval. */
export function stepsOfColumns(starts: Float64Array, ends: Float64Array): Steps {
  starts.sort();
  ends.sort();
  const times = new Float64Array(starts.length + ends.length);
  const deltas = new Float64Array(times.length);
  let begun = 0;
  let ended = 0;
  for (let position = 0; position < times.length; position++) {
    const start = starts[begun] ?? Number.POSITIVE_INFINITY;
    const end = ends[ended] ?? Number.POSITIVE_INFINITY;
    const isEnd = end <= start;
    times[position] = isEnd ? end : start;
    deltas[position] = isEnd ? -1 : 1;
    if (isEnd) ended += 1;
    else begun += 1;
  }
  return { times, deltas };
}

/** A level that was held under a limit, and how far it went beyond. */
export interface Limited {
  readonly steps: Steps;
  /** Time within the frame in which the level was above the limit, ms. */
  readonly overMs: number;
  /** Level and limit where the level was furthest above, for longer than an instant. */
  readonly highest: number;
  readonly limit: number;
}

/** Holds a level under a limit that has steps too. `overMs` counts within the frame alone. */
export function limitSteps(steps: Steps, limits: Steps, frame: Frame): Limited {
  const times = new Float64Array(steps.times.length + limits.times.length);
  const deltas = new Float64Array(times.length);
  const now = { level: 0, limit: 0, shown: 0 };
  const over = { overMs: 0, highest: 0, limit: 0 };
  let length = 0;
  let at = Number.NEGATIVE_INFINITY;
  for (let next = 0, nextLimit = 0; next < steps.times.length || nextLimit < limits.times.length; ) {
    const stepAt = steps.times[next] ?? Number.POSITIVE_INFINITY;
    const limitAt = limits.times[nextLimit] ?? Number.POSITIVE_INFINITY;
    const until = Math.min(stepAt, limitAt);
    noteExcess(over, now, Math.min(until, frame.end) - Math.max(at, frame.start));
    if (stepAt === until) now.level += steps.deltas[next++] ?? 0;
    else now.limit += limits.deltas[nextLimit++] ?? 0;
    const shown = Math.min(now.level, now.limit);
    if (shown !== now.shown) {
      times[length] = until;
      deltas[length++] = shown - now.shown;
      now.shown = shown;
    }
    at = until;
  }
  return { ...over, steps: { times: times.subarray(0, length), deltas: deltas.subarray(0, length) } };
}

function noteExcess(
  over: { overMs: number; highest: number; limit: number },
  now: { level: number; limit: number },
  ms: number,
): void {
  if (!(ms > 0) || now.level <= now.limit) return;
  over.overMs += ms;
  if (now.level - now.limit <= over.highest - over.limit) return;
  over.highest = now.level;
  over.limit = now.limit;
}

/** Follows a level through the buckets of a frame. What happens outside the frame is moved to its edge. */
export function followSteps(steps: Steps, frame: Frame): Series {
  const peaks = new Float64Array(frame.count);
  const areas = new Float64Array(frame.count);
  let level = 0;
  let now = frame.start;
  const hold = (until: number) => {
    for (let bucket = bucketAt(frame, now); now < until; bucket++) {
      const edge = Math.min(until, frame.start + (bucket + 1) * frame.widthMs);
      areas[bucket] = (areas[bucket] ?? 0) + level * (edge - now);
      peaks[bucket] = Math.max(peaks[bucket] ?? 0, level);
      now = edge;
    }
  };
  for (const [position, at] of steps.times.entries()) {
    hold(Math.min(Math.max(at, frame.start), frame.end));
    level += steps.deltas[position] ?? 0;
  }
  hold(frame.end);
  return {
    peaks,
    areas,
    peak: peaks.reduce((a, b) => Math.max(a, b), 0),
    area: areas.reduce((a, b) => a + b, 0),
  };
}

const bucketAt = (frame: Frame, time: number): number =>
  Math.min(frame.count - 1, Math.max(0, Math.floor((time - frame.start) / frame.widthMs)));
