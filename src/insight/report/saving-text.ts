import type { Impact } from '../../kernel/finding.ts';
import { formatDuration, formatShare } from '../../kernel/units.ts';
import type { Analysis } from '../analyze.ts';

const WHOLES = { wall_time: 'wall time', task_time: 'task time', core_time: 'core time' } as const;

/**
 * What a finding is worth, in words: `saves ~13 s (10 s to 15 s, 33 % of wall time), 0.01 core-hours` for a replay, the share
 * that the problem covers for what was only seen. Seconds of cores, which can be more than the run took, are called so. Empty
 * when it names no time.
 */
export function describeImpact(impact: Impact): string {
  const { seconds, share, share_of, basis, interval_seconds: interval, core_hours: coreHours } = impact;
  if (share <= 0) return '';
  const whole = `${formatShare(share)} of ${WHOLES[share_of]}`;
  if (basis !== 'replay') return whole;
  const range = interval === undefined ? '' : `${rangeOf(interval)}, `;
  const cores = coreHours === undefined || coreHours < 0.01 ? '' : `, ${coreHoursOf(coreHours)}`;
  const saved = formatDuration(seconds * 1000);
  if (share_of === 'core_time') return `saves ~${saved} of core time (${range}${formatShare(share)} of it)${cores}`;
  return `saves ~${saved} (${range}${whole})${cores}`;
}

/** `--conf spark.a=1 --conf spark.b=2`; null when there is no property to set. */
export function describeConf(conf: Readonly<Record<string, string>> | undefined): string | null {
  const entries = Object.entries(conf ?? {});
  return entries.length === 0 ? null : entries.map(([key, value]) => `--conf ${key}=${value}`).join(' ');
}

/** What all findings together save and how far the replay of the run as it was is off; null when nothing was replayed. */
export function describeCombined({ combined, replay }: Pick<Analysis, 'combined' | 'replay'>): string | null {
  if (replay === null) return null;
  const error =
    replay.errorRatio === null
      ? 'The replay of the run as it was cannot be compared with it.'
      : `Replay of the run as it was: ${Number((replay.errorRatio * 100).toFixed(1))} % off.`;
  if (combined === null || (combined.seconds === 0 && (combined.core_hours ?? 0) === 0)) return error;
  const hours = combined.core_hours ?? 0;
  if (combined.seconds === 0 && hours >= 0.01)
    return `All of it together saves ${coreHoursOf(hours)} and no wall time (${rangeOf(combined.interval_seconds)}). ${error}`;
  const cores = hours < 0.01 ? '' : `, ${coreHoursOf(hours)}`;
  return `All of it together saves ~${formatDuration(combined.seconds * 1000)} (${rangeOf(combined.interval_seconds)}, ${formatShare(combined.share)} of wall time)${cores}. ${error}`;
}

function rangeOf([low, high]: readonly [number, number]): string {
  return `${formatDuration(low * 1000)} to ${formatDuration(high * 1000)}`;
}

function coreHoursOf(hours: number): string {
  return `${hours >= 10 ? Math.round(hours) : Number(hours.toFixed(2))} core-hours`;
}
