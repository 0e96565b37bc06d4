import { EventHeap } from './event-heap.ts';
import { coldStartOn, hasPending, type Running, startRunning } from './running-stage.ts';
import type { GroupCores, SimulatedStep } from './simulated-step.ts';
import type { StageWork } from './stage-work.ts';

/** How stages that could run at the same time share the cores: `spark.scheduler.mode`. */
export type SchedulerMode = 'FIFO' | 'FAIR';

const KIND = { cores: 0, begin: 1, ready: 2, end: 3, free: 4, release: 5 } as const;
const KINDS = 8;

/**
 * Length of a group of jobs when every task starts as soon as a core is free for it and what it waits for has ended, ms: list
 * scheduling in the order in which Spark launched the tasks. Where nothing can go on (executors are gone, steps wait for each
 * other) the most cores that the pool ever had come back, and the step that began first goes on.
 *
 * Source: TaskSchedulerImpl.resourceOffers, FIFOSchedulingAlgorithm (job, then stage) and FairSchedulingAlgorithm (fewest
 * running tasks; weights and minimum shares are not in the log). Cost: O(tasks × log cores).
 */
export function simulateGroup(
  steps: readonly SimulatedStep[],
  cores: readonly GroupCores[],
  mode: SchedulerMode,
): number {
  return new GroupRun(steps, cores, mode).run();
}

class GroupRun {
  readonly #steps: readonly SimulatedStep[];
  readonly #mode: SchedulerMode;
  readonly #events = new EventHeap();
  readonly #free: number[];
  readonly #most: number[];
  readonly #coreSteps: Array<{ readonly pool: number; readonly cores: number }> = [];
  readonly #releases: Array<{ readonly position: number; readonly attempt: number }> = [];
  readonly #waiting: number[];
  readonly #followers: number[][];
  readonly #begun: number[];
  readonly #latest: number[];
  readonly #running: Array<Running | undefined>;
  /** Stages with tasks to launch, in the order of FIFO. */
  readonly #ready: Running[] = [];
  readonly #inSchedulingPool = new Map<string, number>();
  #unfinished: number;
  #end = 0;

  constructor(steps: readonly SimulatedStep[], cores: readonly GroupCores[], mode: SchedulerMode) {
    this.#steps = steps;
    this.#mode = mode;
    this.#free = cores.map((pool) => pool.first);
    this.#most = cores.map(mostOf);
    this.#unfinished = steps.length;
    this.#waiting = steps.map((step) => step.after.length);
    this.#followers = steps.map(() => []);
    this.#begun = steps.map(() => 0);
    this.#latest = steps.map(() => 0);
    this.#running = new Array<Running | undefined>(steps.length);
    for (const [position, step] of steps.entries()) {
      for (const before of step.after) this.#followers[before]?.push(position);
      if (step.after.length === 0) this.#begin(position, step.gapMs);
    }
    for (const [pool, { steps: changes }] of cores.entries()) {
      for (const { at, cores: change } of changes) {
        this.#coreSteps.push({ pool, cores: change });
        this.#push(at, KIND.cores, this.#coreSteps.length - 1);
      }
    }
  }

  run(): number {
    let now = 0;
    while (this.#unfinished > 0) {
      if (this.#events.size === 0 && !this.#goOn(now)) break;
      now = this.#events.time;
      while (this.#events.size > 0 && this.#events.time === now) this.#handle(this.#events.pop(), now);
      if (this.#ready.length > 0) this.#launch(now);
    }
    return this.#end;
  }

  #push(time: number, kind: number, subject: number): void {
    this.#events.push(time, subject * KINDS + kind);
  }

  #handle(event: number, now: number): void {
    const subject = Math.floor(event / KINDS);
    const kind = event % KINDS;
    if (kind === KIND.free) this.#release(subject);
    else if (kind === KIND.end) this.#finish(subject, now);
    else if (kind === KIND.begin) this.#start(subject, now);
    else if (kind === KIND.ready) this.#makeReady(subject, now);
    else if (kind === KIND.cores) this.#changeCores(subject);
    else this.#readyAttempt(subject);
  }

  #changeCores(subject: number): void {
    const change = this.#coreSteps[subject];
    if (change !== undefined) this.#free[change.pool] = (this.#free[change.pool] ?? 0) + change.cores;
  }

  #begin(position: number, time: number): void {
    if (this.#begun[position] === 1) return;
    this.#begun[position] = 1;
    this.#push(time, KIND.begin, position);
  }

  #start(position: number, now: number): void {
    const work = this.#steps[position]?.work ?? null;
    if (work === null) this.#push(now, KIND.end, position);
    else {
      if (work.fixedMs !== null) this.#push(now + work.fixedMs, KIND.end, position);
      this.#push(now + work.launchDelayMs, KIND.ready, position);
    }
  }

  #makeReady(position: number, now: number): void {
    const step = this.#steps[position] as SimulatedStep;
    const work = step.work as StageWork;
    const running = startRunning(step, position, work);
    this.#running[position] = running;
    if (running.awaited === 0 && work.fixedMs === null) this.#push(now + work.endDelayMs, KIND.end, position);
    if (hasPending(running)) this.#insertReady(running);
  }

  #insertReady(running: Running): void {
    let place = this.#ready.length;
    while (place > 0 && comesBefore(running.step, (this.#ready[place - 1] as Running).step)) place--;
    this.#ready.splice(place, 0, running);
  }

  #finish(position: number, now: number): void {
    this.#unfinished -= 1;
    this.#end = Math.max(this.#end, now);
    for (const follower of this.#followers[position] ?? []) {
      this.#waiting[follower] = (this.#waiting[follower] as number) - 1;
      this.#latest[follower] = Math.max(this.#latest[follower] as number, now);
      if (this.#waiting[follower] === 0) this.#begin(follower, now + (this.#steps[follower]?.gapMs ?? 0));
    }
  }

  #release(position: number): void {
    const step = this.#steps[position] as SimulatedStep;
    this.#free[step.pool] = (this.#free[step.pool] ?? 0) + step.taskCores;
    (this.#running[position] as Running).warmSlots += 1;
    if (this.#mode === 'FAIR') this.#countInPool(step, -1);
  }

  #countInPool({ schedulingPool }: SimulatedStep, change: number): void {
    this.#inSchedulingPool.set(schedulingPool, (this.#inSchedulingPool.get(schedulingPool) ?? 0) + change);
  }

  #readyAttempt(subject: number): void {
    const { position, attempt } = this.#releases[subject] as { position: number; attempt: number };
    const running = this.#running[position] as Running;
    if (!hasPending(running)) this.#insertReady(running);
    running.released.push(attempt);
  }

  /** Starts tasks while a core is free for one. */
  #launch(now: number): void {
    if (this.#mode === 'FAIR' && this.#ready.length > 1) this.#launchFairly(now);
    else {
      for (let place = 0; place < this.#ready.length; place++) {
        const running = this.#ready[place] as Running;
        while (this.#fits(running.step) && hasPending(running)) this.#launchOne(running, now);
      }
    }
    this.#dropEmpty();
  }

  #launchFairly(now: number): void {
    for (;;) {
      let chosen: Running | null = null;
      for (const running of this.#ready) {
        if (!hasPending(running) || !this.#fits(running.step)) continue;
        if (chosen === null || this.#fairer(running.step, chosen.step)) chosen = running;
      }
      if (chosen === null) return;
      this.#launchOne(chosen, now);
    }
  }

  /** True when the scheduling pool of one has the smaller share; within a pool the order is that of FIFO. */
  #fairer(one: SimulatedStep, other: SimulatedStep): boolean {
    const a = this.#inSchedulingPool.get(one.schedulingPool) ?? 0;
    const b = this.#inSchedulingPool.get(other.schedulingPool) ?? 0;
    return a < b || (a === b && one.schedulingPool < other.schedulingPool);
  }

  #fits(step: SimulatedStep): boolean {
    return (this.#free[step.pool] ?? 0) >= step.taskCores;
  }

  #dropEmpty(): void {
    const ready = this.#ready;
    let kept = 0;
    for (let place = 0; place < ready.length; place++) {
      const running = ready[place] as Running;
      if (hasPending(running)) ready[kept++] = running;
    }
    ready.length = kept;
  }

  #launchOne(running: Running, now: number): void {
    const { step, work } = running;
    const attempt = running.released.length > 0 ? (running.released.shift() as number) : running.next++;
    const warm = work.durations[attempt] as number;
    const runs = warm >= 0;
    const duration = runs && work.coldStartMs > 0 ? warm + coldStartOn(running) : warm;
    const finish = runs ? now + duration : now;
    if (runs) {
      this.#free[step.pool] = (this.#free[step.pool] as number) - step.taskCores;
      if (this.#mode === 'FAIR') this.#countInPool(step, 1);
      this.#push(now + Math.max(0, duration + work.slotGapMs), KIND.free, running.position);
    }
    if (running.followers !== null) this.#releaseFollowers(running, attempt, now, finish);
    if (work.trailing !== null && work.trailing[attempt] === 1) return;
    running.lastFinish = Math.max(running.lastFinish, finish);
    running.awaited -= 1;
    if (running.awaited === 0 && work.fixedMs === null)
      this.#push(running.lastFinish + work.endDelayMs, KIND.end, running.position);
  }

  #releaseFollowers(running: Running, attempt: number, launch: number, finish: number): void {
    const { followers, work } = running;
    if (followers === null || work.order === null) return;
    for (let at = followers.first[attempt] as number; at >= 0; at = followers.next[at] as number) {
      this.#releases.push({ position: running.position, attempt: at });
      const from = work.order.fromLaunch[at] === 1 ? launch : finish;
      this.#push(from + (work.order.lagMs[at] as number), KIND.release, this.#releases.length - 1);
    }
  }

  /** Finds a way on when nothing happens any more; false when there is none. */
  #goOn(now: number): boolean {
    for (const { step } of this.#ready) {
      if (this.#fits(step)) continue;
      this.#free[step.pool] = Math.max(this.#most[step.pool] ?? 0, step.taskCores);
      this.#coreSteps.push({ pool: step.pool, cores: 0 });
      this.#push(now, KIND.cores, this.#coreSteps.length - 1);
      return true;
    }
    const stuck = this.#begun.indexOf(0);
    if (stuck < 0) return false;
    this.#begin(stuck, Math.max(now, this.#latest[stuck] as number) + (this.#steps[stuck]?.gapMs ?? 0));
    return true;
  }
}

function comesBefore(one: SimulatedStep, other: SimulatedStep): boolean {
  return one.jobId < other.jobId || (one.jobId === other.jobId && one.stageId < other.stageId);
}

/** Most cores that a pool has at one time. */
export function mostOf({ first, steps }: GroupCores): number {
  let now = first;
  let most = first;
  for (const { cores } of steps) {
    now += cores;
    most = Math.max(most, now);
  }
  return most;
}
