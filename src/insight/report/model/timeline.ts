import { labelLog } from '../../../kernel/log-text.ts';
import { isDriver } from '../../facts/capacity.ts';
import { gapsWithin, type Interval } from '../../facts/intervals.ts';
import type { Run } from '../../facts/run.ts';
import type { ReportLimits } from './limits.ts';
import type { JobBar, Span, Timeline } from './report-model.ts';

/** Most steps of the executor count. */
const MAX_STEPS = 400;

/** Times of the epoch as ms after the start of the run. */
export function spanAfter(window: Interval, start: number, end: number): Span {
  const clamp = (time: number) => Math.round(Math.min(Math.max(time, window.start), window.end) - window.start);
  return { from: clamp(start), to: Math.max(clamp(start), clamp(end)) };
}

/** Jobs in lanes, the driver alone, and the executors that were there. Empty where the log names no time. */
export function buildTimeline(run: Run, limits: ReportLimits): Timeline {
  const { window } = run;
  if (window === null) return { jobs: none(), driverAlone: none(), executors: [] };
  const jobs = jobBars(run, window);
  const gaps = gapsWithin(window, run.jobIntervals);
  return {
    jobs: { items: inLanes(longest(jobs, limits.jobs)), total: jobs.length },
    driverAlone: {
      items: longest(
        gaps.map((gap) => spanAfter(window, gap.start, gap.end)),
        limits.gaps,
      ),
      total: gaps.length,
    },
    executors: executorSteps(run, window),
  };
}

const none = () => ({ items: [], total: 0 });

/** The longest, by start. */
function longest<T extends Span>(spans: readonly T[], count: number): T[] {
  return [...spans]
    .sort((a, b) => b.to - b.from - (a.to - a.from) || a.from - b.from)
    .slice(0, count)
    .sort((a, b) => a.from - b.from || b.to - a.to);
}

function jobBars(run: Run, window: Interval): Array<Omit<JobBar, 'lane'>> {
  return run.application.jobs.flatMap((job) =>
    job.submissionTime === null
      ? []
      : [
          {
            jobId: job.jobId,
            name: labelLog(job.name),
            status: job.status,
            stageCount: job.stageIds.length,
            ...spanAfter(window, job.submissionTime, job.completionTime ?? window.end),
          },
        ],
  );
}

/** Puts each bar into the first lane that is free when it starts. Bars come by start. */
function inLanes(bars: ReadonlyArray<Omit<JobBar, 'lane'>>): JobBar[] {
  const freeAt: number[] = [];
  return bars.map((bar) => {
    const free = freeAt.findIndex((end) => end <= bar.from);
    const lane = free === -1 ? freeAt.length : free;
    freeAt[lane] = bar.to;
    return { ...bar, lane };
  });
}

function executorSteps(run: Run, window: Interval): Array<readonly [number, number]> {
  const changes = new Map<number, number>();
  const add = (at: number, by: number) => changes.set(at, (changes.get(at) ?? 0) + by);
  for (const worker of run.workers) {
    if (isDriver(worker) && run.workers.length > 1) continue;
    const { from, to } = spanAfter(window, worker.span.start, worker.span.end);
    add(from, 1);
    if (worker.span.end < window.end) add(to, -1);
  }
  let count = 0;
  const steps = [...changes]
    .sort(([a], [b]) => a - b)
    .map(([at, by]): readonly [number, number] => {
      count += by;
      return [at, count];
    });
  const every = Math.ceil(steps.length / MAX_STEPS);
  return steps.filter((_, position) => position % every === 0 || position === steps.length - 1);
}
