import type { SimulatedStep } from './simulated-step.ts';
import type { StageWork } from './stage-work.ts';

/** A stage attempt while it runs. */
export interface Running {
  readonly step: SimulatedStep;
  readonly position: number;
  readonly work: StageWork;
  /** Next attempt in launch order. */
  next: number;
  /** Attempts that became ready out of that order: retries and copies. */
  readonly released: number[];
  /** Attempts that the end of the stage still waits for. */
  awaited: number;
  lastFinish: number;
  /** Slots that a task of the stage has left and none has taken again. */
  warmSlots: number;
  /** Attempts that wait for an attempt: first by that attempt, then from one to the next. */
  readonly followers: { readonly first: Int32Array; readonly next: Int32Array } | null;
}

/** A stage attempt whose tasks can be launched from now on. */
export function startRunning(step: SimulatedStep, position: number, work: StageWork): Running {
  return {
    step,
    position,
    work,
    next: 0,
    released: [],
    awaited: awaitedOf(work),
    lastFinish: 0,
    warmSlots: 0,
    followers: followersOf(work),
  };
}

/** Takes a slot that the stage has used before, if there is one; else what the first task on a slot pays, ms. */
export function coldStartOn(running: Running): number {
  if (running.warmSlots === 0) return running.work.coldStartMs;
  running.warmSlots -= 1;
  return 0;
}

/** Skips attempts that wait for another one: they come through `released`. */
export function hasPending(running: Running): boolean {
  const { work } = running;
  if (work.order !== null) {
    while (running.next < work.durations.length && (work.order.after[running.next] as number) >= 0) running.next++;
  }
  return running.released.length > 0 || running.next < work.durations.length;
}

function awaitedOf({ durations, trailing }: StageWork): number {
  if (trailing === null) return durations.length;
  let awaited = 0;
  for (let attempt = 0; attempt < durations.length; attempt++) if (trailing[attempt] === 0) awaited += 1;
  return awaited;
}

function followersOf({ order }: StageWork): Running['followers'] {
  if (order === null) return null;
  const first = new Int32Array(order.after.length).fill(-1);
  const next = new Int32Array(order.after.length).fill(-1);
  for (let attempt = order.after.length - 1; attempt >= 0; attempt--) {
    const before = order.after[attempt] as number;
    if (before < 0) continue;
    next[attempt] = first[before] as number;
    first[before] = attempt;
  }
  return { first, next };
}
