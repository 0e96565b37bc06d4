import type { Change } from './changes.ts';
import type { StageWork } from './stage-work.ts';

/** A change of one stage attempt, with positions of attempts in place of rows of the task table. */
export type StageChange =
  | { readonly kind: 'save'; readonly positions: readonly number[]; readonly savedMs: readonly number[] }
  | { readonly kind: 'drop-attempts'; readonly positions: readonly number[] }
  | { readonly kind: 'drop-stage' }
  | { readonly kind: 'scale'; readonly factor: number }
  | { readonly kind: 'even-out' }
  | { readonly kind: 'repartition'; readonly taskCount: number; readonly overheadMs: number };

/** Which attempts of a stage did the work that its other shape would have to do: those that succeeded first. */
export type DidTheWork = (position: number) => boolean;

/** True for a change that can only take work away. */
export function onlyRemoves(change: Change): boolean {
  switch (change.kind) {
    case 'save-task-time':
    case 'drop-attempts':
    case 'drop-stage':
    case 'save-driver-time':
      return true;
    case 'scale-tasks':
      return change.factor <= 1;
    default:
      return false;
  }
}

/** Work of a stage attempt after its changes, in their order. The work that is given stays as it is. */
export function changedWork(work: StageWork, changes: readonly StageChange[], did: DidTheWork): StageWork {
  let changed: StageWork = { ...work, durations: work.durations.slice() };
  let uses = did;
  for (const change of changes) {
    const before = changed;
    changed = applyChange(changed, change, uses);
    // Tasks of another number have no rows: all of them do the work.
    if (changed.rows.length !== before.rows.length) uses = () => true;
  }
  return changed;
}

function applyChange(work: StageWork, change: StageChange, did: DidTheWork): StageWork {
  switch (change.kind) {
    case 'save':
      return saveTime(work, change);
    case 'drop-attempts':
      return dropAttempts(work, change);
    case 'drop-stage':
      return { ...work, ...NOTHING };
    case 'scale':
      return scale(work, Math.max(0, change.factor));
    case 'even-out':
      return evenOut(work, did);
    case 'repartition':
      return work.fixedMs === null ? repartition(work, change, did) : work;
  }
}

const NOTHING = {
  rows: new Int32Array(0),
  durations: new Float64Array(0),
  trailing: null,
  order: null,
  launchDelayMs: 0,
  endDelayMs: 0,
  fixedMs: null,
  spread: true,
  coldStartMs: 0,
} as const;

function saveTime(work: StageWork, change: Extract<StageChange, { kind: 'save' }>): StageWork {
  if (work.rows.length === 0) return work;
  const { durations } = work;
  for (let at = 0; at < change.positions.length; at++) {
    const position = change.positions[at] as number;
    const duration = durations[position] ?? -1;
    if (duration > 0) durations[position] = Math.max(0, duration - Math.max(0, change.savedMs[at] ?? 0));
  }
  return work;
}

function dropAttempts(work: StageWork, change: Extract<StageChange, { kind: 'drop-attempts' }>): StageWork {
  if (work.rows.length === 0) return work;
  for (const position of change.positions) work.durations[position] = -1;
  return work;
}

function scale(work: StageWork, factor: number): StageWork {
  for (let position = 0; position < work.durations.length; position++) {
    const duration = work.durations[position] as number;
    if (duration > 0) work.durations[position] = duration * factor;
  }
  return work.fixedMs === null ? work : { ...work, fixedMs: work.fixedMs * factor };
}

function evenOut(work: StageWork, did: DidTheWork): StageWork {
  let total = 0;
  let count = 0;
  for (let position = 0; position < work.durations.length; position++) {
    const duration = work.durations[position] as number;
    if (duration < 0 || !did(position)) continue;
    total += duration;
    count += 1;
  }
  for (let position = 0; position < work.durations.length; position++) {
    if ((work.durations[position] as number) >= 0 && did(position)) work.durations[position] = total / count;
  }
  return { ...work, spread: true };
}

/**
 * Most tasks that a stage is cut into. A log may claim billions of cores, and what a rule asks for grows with them; a stage of a
 * million tasks is at the end of what one driver schedules.
 */
const MOST_TASKS = 1_000_000;

/**
 * Cuts the work, laid end to end in launch order, into equal lengths of the tasks' axis: fewer tasks take the sum of what they
 * cover, more tasks share evenly what one did, so a heavy key stays heavy. Failures and copies are gone with their tasks.
 */
function repartition(
  work: StageWork,
  change: Extract<StageChange, { kind: 'repartition' }>,
  did: DidTheWork,
): StageWork {
  const taskCount = Math.min(MOST_TASKS, Math.max(1, Math.floor(change.taskCount)));
  const overhead = Math.max(0, change.overheadMs);
  const useful: number[] = [];
  for (let position = 0; position < work.durations.length; position++) {
    const duration = work.durations[position] as number;
    if (duration >= 0 && did(position)) useful.push(Math.max(0, duration - overhead));
  }
  const durations = new Float64Array(taskCount);
  const share = useful.length / taskCount;
  for (let task = 0; task < taskCount; task++) {
    const from = task * share;
    const to = from + share;
    let covered = 0;
    for (let old = Math.floor(from); old < to && old < useful.length; old++)
      covered += (useful[old] as number) * Math.max(0, Math.min(to, old + 1) - Math.max(from, old));
    durations[task] = covered + overhead;
  }
  return { ...work, rows: new Int32Array(0), durations, trailing: null, order: null, spread: true };
}
