import type { Application, Executor } from '../../eventlog/index.ts';
import { clip, type Interval } from './intervals.ts';

/** Cores that could run tasks, and when. */
export interface Worker {
  readonly executorId: string;
  readonly cores: number;
  readonly span: Interval;
}

/** The driver's id in Spark's list of executors; `<driver>` in logs of Spark 1.x. */
export const isDriver = ({ executorId }: Pick<Executor, 'executorId'>): boolean =>
  executorId === 'driver' || executorId === '<driver>';

/** True when the driver ran the tasks itself: it has cores or tasks, and there is no other executor. */
export function isLocalMode({ executors }: Application): boolean {
  return executors.every((one) => isDriver(one) && (one.totalCores > 0 || one.taskCount > 0)) && executors.length > 0;
}

/**
 * What ran tasks, active or not. The driver is no executor, but in local mode, where it is the only one, as Spark has it
 * (LocalSchedulerBackend adds an executor with the id `driver`).
 */
export function executorsOf(application: Application): readonly Executor[] {
  return isLocalMode(application) ? application.executors : application.executors.filter((one) => !isDriver(one));
}

/** Cores that one task takes, by the application's configuration; 1 when it does not say. */
export function coresPerTask(application: Application): number {
  const configured = Number(application.environment.spark['spark.task.cpus']);
  return Number.isFinite(configured) && configured >= 1 ? configured : 1;
}

/** Executors that could run tasks, cut to the run. Those whose addition the log does not tell have no cores and are left out. */
export function workersOf(application: Application, window: Interval | null): Worker[] {
  if (window === null) return [];
  const workers: Worker[] = [];
  for (const executor of executorsOf(application)) {
    if (!(executor.totalCores > 0)) continue;
    const span = clip({ start: executor.addTime ?? window.start, end: executor.removeTime ?? window.end }, window);
    if (span !== null) workers.push({ executorId: executor.executorId, cores: executor.totalCores, span });
  }
  return workers;
}

/** Core time that the workers had within a span, core-ms. */
export function coreTimeWithin(workers: readonly Worker[], span: Interval): number {
  let total = 0;
  for (const worker of workers) {
    const part = clip(worker.span, span);
    if (part !== null) total += worker.cores * (part.end - part.start);
  }
  return total;
}

/** Most cores that were there at one time. */
export function peakCoresOf(workers: readonly Worker[]): number {
  const changes = workers.flatMap((worker) => [
    { at: worker.span.start, cores: worker.cores },
    { at: worker.span.end, cores: -worker.cores },
  ]);
  changes.sort((a, b) => a.at - b.at || a.cores - b.cores);
  let now = 0;
  let peak = 0;
  for (const change of changes) {
    now += change.cores;
    peak = Math.max(peak, now);
  }
  return peak;
}
