import type { Application } from '../../eventlog/index.ts';
import { labelLog } from '../../kernel/log-text.ts';
import { formatBytes, formatCount, formatDuration } from '../../kernel/units.ts';
import { describeRun, type Run } from '../facts/run.ts';
import { type LogicalWork, logicalWorkOf, sameRelations, sameVolume, volumeRatio } from './logical-work.ts';

/**
 * What to do with runs whose input volume differs. `match`: leave them out. `scale`: multiply their times by the ratio of the
 * volumes, as if time were proportional to it. `ignore`: compare them as they are.
 */
export type VolumePolicy = 'match' | 'scale' | 'ignore';

export type SideName = 'baseline' | 'candidate';

/** A run that is compared. */
export interface UsedRun {
  readonly side: SideName;
  readonly application: Application;
  readonly run: Run;
  readonly work: LogicalWork;
  /** Wall time, ms, scaled to the common volume where the policy says so. */
  readonly ms: number;
}

/** A run that is not compared, and why. */
export interface SetAside {
  readonly side: SideName;
  /** Safe to print. */
  readonly appId: string;
  readonly reason: string;
}

export interface MatchedRuns {
  readonly baseline: readonly UsedRun[];
  readonly candidate: readonly UsedRun[];
  readonly setAside: readonly SetAside[];
}

/**
 * Chooses the runs that can be compared: ended well, over the same relations and the same volume of input. The common volume is
 * the one that the most runs of the side with fewer of them have.
 */
export function matchRuns(
  baseline: readonly Application[],
  candidate: readonly Application[],
  policy: VolumePolicy,
): MatchedRuns {
  const setAside: SetAside[] = [];
  const ended = [...readRuns('baseline', baseline, setAside), ...readRuns('candidate', candidate, setAside)];
  const reference = policy === 'ignore' ? null : referenceOf(ended);
  const used: UsedRun[] = [];
  for (const run of ended) {
    const reason = reference === null ? null : whyDifferent(reference, run, policy);
    if (reason === null) used.push(reference !== null && policy === 'scale' ? scaled(reference, run) : run);
    else setAside.push({ side: run.side, appId: labelLog(run.application.appId), reason });
  }
  return {
    baseline: used.filter(({ side }) => side === 'baseline').sort(byTime),
    candidate: used.filter(({ side }) => side === 'candidate').sort(byTime),
    setAside,
  };
}

/** The order in which runs were given does not count. */
function byTime(a: UsedRun, b: UsedRun): number {
  return a.ms - b.ms || (a.application.appId < b.application.appId ? -1 : 1);
}

/** A run with its work, at its own wall time. */
export function toUsedRun(side: SideName, application: Application): UsedRun {
  const run = describeRun(application);
  return { side, application, run, work: logicalWorkOf(application), ms: run.wallMs };
}

function readRuns(side: SideName, applications: readonly Application[], setAside: SetAside[]): UsedRun[] {
  return applications.flatMap((application) => {
    const used = toUsedRun(side, application);
    const reason = whyUnusable(application, used.run);
    if (reason === null) return [used];
    setAside.push({ side, appId: labelLog(application.appId), reason });
    return [];
  });
}

function whyUnusable({ status, endTime }: Application, run: Run): string | null {
  if (status === 'FAILED') {
    return `It FAILED after ${formatDuration(run.wallMs)}: the time of a failed run says nothing about its speed.`;
  }
  if (status !== 'SUCCEEDED' || endTime === null) return 'Its end is not in the log.';
  return run.wallMs > 0 ? null : 'Its log names no time that could be compared.';
}

function referenceOf(runs: readonly UsedRun[]): UsedRun | null {
  const ranked = runs.map((run) => {
    const alike = runs.filter((other) => whyDifferent(run, other, 'match') === null);
    const baseline = alike.filter(({ side }) => side === 'baseline').length;
    return { run, fewer: Math.min(baseline, alike.length - baseline), all: alike.length };
  });
  ranked.sort(
    (a, b) =>
      b.fewer - a.fewer || b.all - a.all || (b.run.work.rows ?? 0) - (a.run.work.rows ?? 0) || byTime(a.run, b.run),
  );
  return ranked[0]?.run ?? null;
}

function whyDifferent(reference: UsedRun, run: UsedRun, policy: VolumePolicy): string | null {
  if (!sameRelations(reference.work, run.work))
    return 'It reads other tables or files than the runs it is compared with.';
  if (policy === 'scale' || sameVolume(reference.work, run.work)) return null;
  return `It reads ${describeVolume(run.work)}, the others ${describeVolume(reference.work)}: another volume of input.`;
}

function describeVolume({ rows, bytes }: LogicalWork): string {
  const parts = [rows === null ? [] : [`${formatCount(rows)} rows`], bytes === null ? [] : [formatBytes(bytes)]];
  return parts.flat().join(', ');
}

function scaled(reference: UsedRun, run: UsedRun): UsedRun {
  const ratio = volumeRatio(reference.work, run.work);
  return ratio === null || !(ratio > 0) ? run : { ...run, ms: run.ms / ratio };
}
