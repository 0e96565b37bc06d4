import type { Impact, Severity } from '../../kernel/finding.ts';
import type { Run } from '../facts/run.ts';

/** Smallest part of a run that deserves a warning. Source: materiality gate of the rule survey, 5 %. */
export const WARNING_SHARE = 0.05;
/** Shortest time that deserves a warning, s: below it the cost of reading the warning is larger. */
export const WARNING_SECONDS = 1;
/** Part of a run from which a problem decides how long the run takes. */
const CRITICAL_SHARE = 0.25;
/** Shortest time that can be critical, s: half of the 60 s gate of the rule survey. */
const CRITICAL_SECONDS = 30;
/**
 * Cores that stand idle cost money, not time: nobody waits for them. Saved core time alone is a warning, and critical only
 * from half of the run's and 100 core-hours a run, about 5 USD at 0.05 USD a vCPU-hour (EMR Serverless, x86, 2026).
 */
const CRITICAL_CORE_SHARE = 0.5;
const CRITICAL_CORE_SECONDS = 100 * 3600;
/** Below both, nothing of the run is at stake: share of the run, and s. */
const NOTED_SHARE = 0.01;
const NOTED_SECONDS = 0.2;

const rounded = (value: number, digits: number): number => Number(value.toFixed(digits));
const finite = (value: number): number => (Number.isFinite(value) && value > 0 ? value : 0);

/** Wall time that a problem covers, at most the run's. */
export function wallImpact(run: Run, ms: number): Impact {
  const covered = Math.min(finite(ms), run.wallMs);
  const cores = run.wallMs > 0 ? run.coreMs / run.wallMs : 0;
  return {
    seconds: rounded(covered / 1000, 3),
    share: run.wallMs > 0 ? rounded(covered / run.wallMs, 4) : 0,
    share_of: 'wall_time',
    ...(cores > 0 ? { core_hours: rounded((covered * cores) / 3.6e6, 4) } : {}),
  };
}

/** Task time (one core each) that a problem covers, at most all of it. */
export function taskImpact(run: Run, ms: number): Impact {
  const covered = Math.min(finite(ms), run.totals.taskMs);
  return {
    seconds: rounded(covered / 1000, 3),
    share: run.totals.taskMs > 0 ? rounded(covered / run.totals.taskMs, 4) : 0,
    share_of: 'task_time',
    core_hours: rounded((covered * run.coresPerTask) / 3.6e6, 4),
  };
}

/** Core time that a problem covers, at most what the executors offered. `seconds` are core seconds. */
export function coreImpact(run: Run, coreMs: number): Impact {
  const covered = Math.min(finite(coreMs), run.coreMs);
  return {
    seconds: rounded(covered / 1000, 3),
    share: run.coreMs > 0 ? rounded(covered / run.coreMs, 4) : 0,
    share_of: 'core_time',
    core_hours: rounded(covered / 3.6e6, 4),
  };
}

/** An impact of nothing measurable, for a failure whose cost is that it failed. */
export function noTime(): Impact {
  return { seconds: 0, share: 0, share_of: 'wall_time' };
}

/** The impact as a part of the run's wall time: task time only counts for the part of the run in which jobs ran. */
export function shareOfRun(run: Run, impact: Impact): number {
  if (impact.share_of !== 'task_time' || run.wallMs === 0) return impact.share;
  return (impact.share * run.wall.jobs) / run.wallMs;
}

/** How grave a problem is by the part of the run that it covers and its time: information where that is not material. */
export function gradeOf(run: Run, impact: Impact): Severity {
  const share = shareOfRun(run, impact);
  if (!(share >= WARNING_SHARE && impact.seconds >= WARNING_SECONDS)) return 'info';
  const critical =
    impact.share_of === 'core_time'
      ? share >= CRITICAL_CORE_SHARE && impact.seconds >= CRITICAL_CORE_SECONDS
      : share >= CRITICAL_SHARE && impact.seconds >= CRITICAL_SECONDS;
  return critical ? 'critical' : 'warning';
}

/** The same; null when next to nothing is at stake. */
export function severityOf(run: Run, impact: Impact): Severity | null {
  const noted = shareOfRun(run, impact) >= NOTED_SHARE && impact.seconds >= NOTED_SECONDS;
  return noted ? gradeOf(run, impact) : null;
}
