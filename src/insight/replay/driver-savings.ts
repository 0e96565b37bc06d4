import type { Change } from './changes.ts';
import type { RecordedGroup, Recording } from './recording.ts';

type DriverChange = Extract<Change, { kind: 'save-driver-time' }>;

/** Where saved driver time is taken from, ms. */
export interface DriverSavings {
  /** By the position of the group that comes after it; the last entry is the time after all groups. */
  readonly beforeGroup: Float64Array;
  /** In a group, by the position of the step that begins earlier; absent for groups without. */
  readonly inGroup: ReadonlyMap<number, ReadonlyMap<number, number>>;
}

/**
 * Takes saved time from the driver's, in order of time: between groups of jobs as far as the span covers it, then from the
 * gaps before jobs and stages within groups. What the driver did not take cannot be saved.
 */
export function driverSavings(recording: Recording, changes: readonly DriverChange[]): DriverSavings {
  const beforeGroup = new Float64Array(recording.groups.length + 1);
  const inGroup = new Map<number, Map<number, number>>();
  for (const { from, to, savedMs } of changes) {
    const rest = takeBetween(recording, from, to, Math.max(0, savedMs), beforeGroup);
    if (rest > 0) takeWithin(recording, from, to, rest, inGroup);
  }
  return { beforeGroup, inGroup };
}

/** Driver time before each group, and after the last one: [start, end) in ms since the epoch. */
function spanBefore({ run, groups }: Recording, at: number): readonly [start: number, end: number] {
  const before = groups[at - 1];
  const start = before === undefined ? (run.window?.start ?? 0) : endOf(before);
  return [start, groups[at]?.span.start ?? run.window?.end ?? start];
}

const endOf = (group: RecordedGroup): number => group.span.start + group.lengthMs;

function takeBetween(recording: Recording, from: number, to: number, wanted: number, taken: Float64Array): number {
  let rest = wanted;
  for (let at = 0; at < taken.length && rest > 0; at++) {
    const [start, end] = spanBefore(recording, at);
    const covered = Math.min(end, to) - Math.max(start, from);
    const there = Math.min(covered, end - start - (taken[at] as number));
    if (!(there > 0)) continue;
    const part = Math.min(rest, there);
    taken[at] = (taken[at] as number) + part;
    rest -= part;
  }
  return rest;
}

function takeWithin(
  { groups }: Recording,
  from: number,
  to: number,
  wanted: number,
  inGroup: Map<number, Map<number, number>>,
): void {
  let rest = wanted;
  for (const [at, group] of groups.entries()) {
    if (rest <= 0) return;
    if (endOf(group) <= from || group.span.start >= to) continue;
    const taken = inGroup.get(at) ?? new Map<number, number>();
    inGroup.set(at, taken);
    for (const [position, step] of group.steps.entries()) {
      const end = group.span.start + step.startMs;
      const covered = Math.min(end, to) - Math.max(end - step.gapMs, from);
      const there = Math.min(covered, step.gapMs - (taken.get(position) ?? 0), rest);
      if (!(there > 0)) continue;
      taken.set(position, (taken.get(position) ?? 0) + there);
      rest -= there;
    }
  }
}
