import { Cron } from 'croner';
import type { Schedule } from '../definition/schema.ts';

/** A moment may come so much late before `none` counts it as missed. Milliseconds. */
const GRACE_MS = 60_000;
/** Moments looked back at in one step of catching up. */
const MAX_MISSED = 10_000;

/** What is wrong with a schedule; null: nothing. */
export function describeScheduleProblem({ cron, time_zone }: Schedule): { key: string; message: string } | null {
  if (!isTimeZone(time_zone)) return { key: 'time_zone', message: `${time_zone} is no time zone of the IANA` };
  if (cron.trim().split(/\s+/).length > 5) return { key: 'cron', message: 'five fields, without seconds' };
  try {
    const next = cronOf({ cron, time_zone }).nextRun(new Date('2024-01-01T00:00:00Z'));
    return next === null ? { key: 'cron', message: 'it never comes' } : null;
  } catch (error) {
    return { key: 'cron', message: error instanceof Error ? error.message : 'it is no cron expression' };
  }
}

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

/** First moment after another, epoch ms. A time that a change of the clock skips comes right after it; one that comes twice runs once. */
export function nextMoment(schedule: Pick<Schedule, 'cron' | 'time_zone'>, after: number): number | null {
  return cronOf(schedule).nextRun(new Date(after))?.getTime() ?? null;
}

/** What is to run now of a schedule, and when it is due after that. Epoch ms. */
export interface DueMoment {
  /** Null: nothing, every moment that passed was missed. */
  readonly moment: number | null;
  /** The moment before: a run is of the time between. */
  readonly from: number | null;
  readonly dueAt: number | null;
}

/** Decides what runs of the moments between `dueAt` and `now`, by the schedule's policy of catching up. */
export function dueMoment(schedule: Schedule, dueAt: number, now: number): DueMoment {
  const next = nextMoment(schedule, now);
  if (schedule.catch_up === 'all') {
    return { moment: dueAt, from: previousMoment(schedule, dueAt), dueAt: nextMoment(schedule, dueAt) };
  }
  const last = lastMoment(schedule, dueAt, now);
  const missed = schedule.catch_up === 'none' && now - last > GRACE_MS;
  return { moment: missed ? null : last, from: previousMoment(schedule, last), dueAt: next };
}

/** The newest moment that is not after now. */
function lastMoment(schedule: Schedule, dueAt: number, now: number): number {
  let last = dueAt;
  for (let count = 0; count < MAX_MISSED; count += 1) {
    const next = nextMoment(schedule, last);
    if (next === null || next > now) return last;
    last = next;
  }
  return last;
}

function previousMoment(schedule: Schedule, moment: number): number | null {
  return cronOf(schedule).previousRuns(1, new Date(moment))[0]?.getTime() ?? null;
}

function cronOf({ cron, time_zone }: Pick<Schedule, 'cron' | 'time_zone'>): Cron {
  return new Cron(cron, { timezone: time_zone, paused: true, mode: '5-part' });
}

/** Splits a time into days or hours of a time zone: the first and last may be shorter. Epoch ms. */
export function splitRange(
  from: number,
  to: number,
  by: 'day' | 'hour',
  timeZone: string,
  max: number,
): Array<{ from: number; to: number }> | null {
  const cuts = { cron: by === 'day' ? '0 0 * * *' : '0 * * * *', time_zone: timeZone };
  const parts: Array<{ from: number; to: number }> = [];
  let at = from;
  while (at < to) {
    if (parts.length === max) return null;
    const end = Math.min(nextMoment(cuts, at) ?? to, to);
    parts.push({ from: at, to: end });
    at = end;
  }
  return parts;
}
