import type { Application } from '../../eventlog/index.ts';
import { clip, type Interval } from './intervals.ts';

/** Cores that could run tasks, and when. */
export interface Worker {
  readonly executorId: string;
  readonly cores: number;
  readonly span: Interval;
}

/** Cores that one task takes, by the application's configuration; 1 when it does not say. */
export function coresPerTask(application: Application): number {
  const configured = Number(application.environment.spark['spark.task.cpus']);
  return Number.isFinite(configured) && configured >= 1 ? configured : 1;
}

/**
 * Executors that could run tasks, cut to the run. The driver is among them only in local mode, where it has cores.
 * Executors whose addition the log does not tell have no cores and are left out.
 */
export function workersOf(application: Application, window: Interval | null): Worker[] {
  if (window === null) return [];
  const workers: Worker[] = [];
  for (const executor of application.executors) {
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
