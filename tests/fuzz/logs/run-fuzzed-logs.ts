import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { Fault } from './examine-log.ts';

/** What a thread is told to do. */
export interface WorkerOrder {
  readonly seeds: readonly number[];
  readonly scratch: string;
}

/** What a thread tells. */
export type WorkerMessage =
  | { readonly kind: 'began'; readonly seed: number }
  | { readonly kind: 'ended'; readonly seed: number; readonly faults: readonly Fault[]; readonly applications: number }
  | { readonly kind: 'held'; readonly bytes: number };

/** What came of the fuzzed logs. */
export interface FuzzedLogs {
  /** Logs that were looked at to their end. */
  readonly logs: number;
  readonly applications: number;
  /** One line a fault: the seed that shows it, the step, the error. */
  readonly faults: readonly string[];
  /** What each thread held more at its end than after its first third. Bytes. */
  readonly grownBytes: readonly number[];
}

/** A log that takes longer hangs: most take milliseconds. */
const HANG_MS = 60_000;
const LOOK_EVERY_MS = 1_000;
/** A small log needs no more memory than this, whatever it says. MiB. */
const HEAP_MIB = 512;
const MOST_THREADS = 4;

/** Fuzzes one log for each seed, in threads that are watched from here. */
export async function runFuzzedLogs(seeds: readonly number[], scratch: string): Promise<FuzzedLogs> {
  const threads = Math.max(1, Math.min(availableParallelism(), MOST_THREADS, seeds.length));
  const shares = Array.from({ length: threads }, (_, thread) => seeds.filter((_seed, at) => at % threads === thread));
  const results = await Promise.all(shares.map((share) => runShare(share, scratch)));
  return {
    logs: results.reduce((sum, { logs }) => sum + logs, 0),
    applications: results.reduce((sum, { applications }) => sum + applications, 0),
    faults: results.flatMap(({ faults }) => faults),
    grownBytes: results.flatMap(({ grownBytes }) => grownBytes),
  };
}

function runShare(seeds: readonly number[], scratch: string): Promise<FuzzedLogs> {
  const worker = new Worker(new URL('./fuzz-worker.ts', import.meta.url), {
    execArgv: [],
    workerData: { seeds, scratch } satisfies WorkerOrder,
    resourceLimits: { maxOldGenerationSizeMb: HEAP_MIB },
  });
  const faults: string[] = [];
  const held: number[] = [];
  let [logs, applications, seed, began] = [0, 0, Number.NaN, performance.now()];
  worker.on('message', (message: WorkerMessage) => {
    began = performance.now();
    if (message.kind === 'held') held.push(message.bytes);
    else if (message.kind === 'began') seed = message.seed;
    else {
      logs += 1;
      applications += message.applications;
      faults.push(...message.faults.map(({ step, error }) => `seed ${message.seed}: ${step}: ${error}`));
    }
  });
  const watch = setInterval(() => {
    if (performance.now() - began < HANG_MS) return;
    faults.push(`seed ${seed}: hangs`);
    void worker.terminate();
  }, LOOK_EVERY_MS);
  return new Promise((resolve) => {
    worker.on('error', (error) => faults.push(`seed ${seed}: the thread ended: ${error.stack ?? error.message}`));
    worker.on('exit', () => {
      clearInterval(watch);
      const [before, after] = held;
      const grownBytes = before === undefined || after === undefined ? [] : [after - before];
      resolve({ logs, applications, faults, grownBytes });
    });
  });
}
