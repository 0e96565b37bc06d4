import { formatDuration } from '../../kernel/units.ts';

/** Change within which two runs count as equal. Source: spark-history-cli's comparison method, ± 5 %. */
const NEUTRAL_SHARE = 0.05;

/** Statuses of applications, jobs, stages and SQL executions of which the end is not in the log. */
const UNFINISHED: ReadonlySet<string> = new Set(['RUNNING', 'INCOMPLETE', 'ACTIVE', 'PENDING', 'UNKNOWN']);

/** How one side ended and how long it took, ms; null is unknown. */
export interface Outcome {
  readonly status: string;
  readonly durationMs: number | null;
}

/** How b stands to a, and why, in a sentence. */
export interface Verdict {
  readonly verdict:
    | 'faster'
    | 'slower'
    | 'neutral'
    | 'a_failed'
    | 'b_failed'
    | 'both_failed'
    | 'unfinished'
    | 'unknown';
  readonly reason: string;
}

/**
 * Judges b by a. A side that failed decides, then a side without an end: how long such a run took says nothing about its
 * speed. Else durations decide, within ± 5 % neutral.
 */
export function judge(a: Outcome, b: Outcome): Verdict {
  const failed = [a, b].filter(({ status }) => status === 'FAILED').length;
  if (failed > 0) {
    const verdict = failed === 2 ? 'both_failed' : a.status === 'FAILED' ? 'a_failed' : 'b_failed';
    return { verdict, reason: `${endOf('a', a)}, ${endOf('b', b)}: durations of failed runs do not compare.` };
  }
  if (UNFINISHED.has(a.status) || UNFINISHED.has(b.status)) {
    return { verdict: 'unfinished', reason: `${endOf('a', a)}, ${endOf('b', b)}: the log lacks an end.` };
  }
  return judgeDurations(a.durationMs, b.durationMs);
}

function judgeDurations(a: number | null, b: number | null): Verdict {
  if (a === null || b === null) {
    return { verdict: 'unknown', reason: `The log does not tell how long ${a === null ? 'a' : 'b'} took.` };
  }
  if (a === 0) return { verdict: 'unknown', reason: 'a took no time that could be compared.' };
  const change = (b - a) / a;
  const took = `b took ${formatDuration(b)}, a ${formatDuration(a)}`;
  if (Math.abs(change) <= NEUTRAL_SHARE) return { verdict: 'neutral', reason: `${took}: within 5 %.` };
  return { verdict: change < 0 ? 'faster' : 'slower', reason: `${took}: ${Number((b / a).toFixed(2))} times as long.` };
}

function endOf(side: string, { status, durationMs }: Outcome): string {
  const time = durationMs === null ? '' : ` after ${formatDuration(durationMs)}`;
  return `${side} ${status}${time}`;
}
