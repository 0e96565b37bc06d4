import type { Application } from '../../eventlog/index.ts';

/** Latest instant that a Date can hold, epoch ms. Source: ECMA-262, Time Values. */
const LAST_INSTANT_MS = 8.64e15;

/** RFC 3339 in UTC, or null for an unknown or impossible instant. */
export function rfc3339(epochMs: number | null): string | null {
  if (epochMs === null || !Number.isFinite(epochMs) || epochMs <= 0 || epochMs > LAST_INSTANT_MS) return null;
  return new Date(epochMs).toISOString();
}

/** Milliseconds from start to end, at least 0; null when either is unknown. */
export function between(start: number | null, end: number | null): number | null {
  return start === null || end === null ? null : Math.max(0, end - start);
}

/** The end of what the log knows: the application's end, else its last event. */
export function knownEnd(application: Application): number | null {
  return application.endTime ?? application.lastEventTime;
}

/** A piece of work with a beginning and perhaps an end. */
export interface Timed {
  readonly submissionTime: number | null;
  readonly completionTime: number | null;
}

/** Duration, or for work without an end the time until the log's last event. Null when the beginning is unknown. */
export function elapsedMs(work: Timed, application: Application): number | null {
  return between(work.submissionTime, work.completionTime ?? knownEnd(application));
}
