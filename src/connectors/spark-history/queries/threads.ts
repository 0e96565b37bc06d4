import type { ThreadDump, ThreadState } from '../log-reader.ts';

/** Frames of the machine room: they say how a thread waits, not for what. */
const JDK = /^(?:java\.|javax\.|jdk\.|sun\.|com\.sun\.|scala\.|io\.netty\.|org\.sparkproject\.|py4j\.)/;
/** What a thread of a pool or a server does while nobody wants anything from it. */
const IDLE =
  /(?:ThreadPoolExecutor\.getTask|ForkJoinPool\.(?:awaitWork|awaitDone)|QueuedThreadPool\.(?:idleJobPoll|reservedWait)|ReservedThreadExecutor|LinkedBlockingQueue\.take|LinkedBlockingDeque\.take|DelayedWorkQueue\.take|ReferenceQueue\.remove|waitForReferencePendingList|epollWait|EPoll\.wait|KQueue\.poll|SelectorImpl\.select|Net\.accept|waitForProcessExit|TimerThread\.mainLoop|MessageLoop\.receiveLoop)/;
/** Innermost frames in which an idle thread is recognised. */
const IDLE_FRAMES = 10;
/** `Executor task launch worker for task 3.0 in stage 1.0 (TID 12)`, since 3.1; `… for task 12` before. */
const TASK_NAME =
  /^Executor task launch worker for task (?:(?<task>[\d.]+) in stage (?<stage>[\d.]+) \(TID (?<tid>\d+)\)|(?<old>\d+))/;

/** Threads with the same stack in the same state. */
export interface ThreadGroup {
  readonly threads: readonly ThreadState[];
  readonly state: string;
  /** Plain frames, innermost first. */
  readonly frames: readonly string[];
  /** Waits for work, as most threads of a JVM do. */
  readonly idle: boolean;
}

/** A thread that others wait for, and all that wait for it, also over others in between. */
export interface Blockage {
  readonly holder: ThreadState;
  /** Nearest first. `depth` 1 waits for the holder itself. */
  readonly waiting: ReadonlyArray<{ readonly thread: ThreadState; readonly depth: number }>;
}

/** The task that a thread runs; stage and task are null where an old Spark does not name them. */
export interface TaskThread {
  readonly thread: ThreadState;
  readonly taskId: number;
  readonly stage: string | null;
  readonly task: string | null;
}

/** Frames without the lines on locks beneath them, and without module and class loader before them. */
export function framesOf({ stack }: ThreadState): string[] {
  return stack.map((frame) =>
    (frame.split('\n', 1)[0] ?? '')
      .trim()
      .replace(/^at /, '')
      .replace(/^[^(]*\//, ''),
  );
}

/** The innermost frame that is neither of the JDK nor of a library beneath Spark: what the thread is about. */
export function ownFrame(frames: readonly string[]): string | null {
  return frames.find((frame) => !JDK.test(frame)) ?? null;
}

/** Threads by stack and state: blocked ones first, then those that work or wait for something, idle pools last; large groups first. */
export function groupThreads(dump: ThreadDump): ThreadGroup[] {
  const groups = Map.groupBy(dump, (thread) => `${thread.state}\n${framesOf(thread).join('\n')}`);
  return [...groups.values()]
    .map((threads): ThreadGroup => {
      const [first] = threads as [ThreadState];
      const frames = framesOf(first);
      return { threads, state: first.state, frames, idle: isIdle(first, frames) };
    })
    .sort((a, b) => rankOf(a) - rankOf(b) || b.threads.length - a.threads.length);
}

/** Task threads always do something: waiting for Python looks idle and is not. */
function isIdle(thread: ThreadState, frames: readonly string[]): boolean {
  if (thread.state === 'BLOCKED' || TASK_NAME.test(thread.name)) return false;
  return frames.length === 0 || frames.slice(0, IDLE_FRAMES).some((frame) => IDLE.test(frame));
}

function rankOf({ state, idle, threads, frames }: ThreadGroup): number {
  if (state === 'BLOCKED') return 0;
  if (threads.some(({ name }) => TASK_NAME.test(name))) return 1;
  if (idle) return 5;
  if (ownFrame(frames) === null) return 4;
  return state === 'RUNNABLE' ? 2 : 3;
}

/** Threads that run tasks, by stage and task. */
export function taskThreads(dump: ThreadDump): TaskThread[] {
  return dump
    .flatMap((thread): TaskThread[] => {
      const named = TASK_NAME.exec(thread.name)?.groups;
      if (named === undefined) return [];
      const { task = null, stage = null, tid, old } = named;
      return [{ thread, taskId: Number(tid ?? old), stage, task }];
    })
    .sort((a, b) => a.taskId - b.taskId);
}

/** Who holds up whom: by the thread at the end of each chain, the one that holds up most first. Deadlocks are not among them. */
export function blockages(dump: ThreadDump): Blockage[] {
  const byId = new Map(dump.map((thread) => [thread.id, thread]));
  const waiting = new Map<ThreadState, Array<{ thread: ThreadState; depth: number }>>();
  for (const thread of dump) {
    const chain = chainOf(thread, byId);
    const holder = chain.at(-1);
    if (holder === undefined || holder === thread || ownerOf(holder, byId) !== null) continue;
    waiting.set(holder, [...(waiting.get(holder) ?? []), { thread, depth: chain.length - 1 }]);
  }
  return [...waiting]
    .map(([holder, those]) => ({
      holder,
      waiting: those.sort((a, b) => a.depth - b.depth || a.thread.id - b.thread.id),
    }))
    .sort((a, b) => b.waiting.length - a.waiting.length || a.holder.id - b.holder.id);
}

/** Circles of threads that wait for each other, each once, beginning with its smallest id. */
export function deadlocks(dump: ThreadDump): ThreadState[][] {
  const byId = new Map(dump.map((thread) => [thread.id, thread]));
  const circles = new Map<number, ThreadState[]>();
  for (const thread of dump) {
    const last = chainOf(thread, byId).at(-1);
    const next = last === undefined ? null : ownerOf(last, byId);
    if (next === null) continue;
    const circle = chainOf(next, byId);
    const smallest = circle.reduce((min, one) => (one.id < min.id ? one : min), next);
    circles.set(smallest.id, chainOf(smallest, byId));
  }
  return [...circles.values()];
}

const ownerOf = ({ waitsForThread }: ThreadState, byId: ReadonlyMap<number, ThreadState>): ThreadState | null =>
  waitsForThread === null ? null : (byId.get(waitsForThread) ?? null);

/** A thread, the one that it waits for, and so on; ends before a thread comes twice. */
function chainOf(thread: ThreadState, byId: ReadonlyMap<number, ThreadState>): ThreadState[] {
  const chain = new Set<ThreadState>();
  for (let next: ThreadState | null = thread; next !== null && !chain.has(next); next = ownerOf(next, byId)) {
    chain.add(next);
  }
  return [...chain];
}
