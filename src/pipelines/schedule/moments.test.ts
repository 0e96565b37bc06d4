import { describe, expect, it } from 'vitest';
import type { Schedule } from '../definition/schema.ts';
import { describeScheduleProblem, dueMoment, nextMoment, splitRange } from './moments.ts';

const BERLIN: Schedule = { cron: '30 2 * * *', time_zone: 'Europe/Berlin', catch_up: 'last' };
const ms = (text: string) => Date.parse(text);
const iso = (at: number | null) => (at === null ? null : new Date(at).toISOString());

function moments(schedule: Schedule, from: string, count: number): Array<string | null> {
  const found: Array<string | null> = [];
  let at: number | null = ms(from);
  while (at !== null && found.length < count) {
    at = nextMoment(schedule, at);
    found.push(iso(at));
  }
  return found;
}

describe('moments of a schedule', () => {
  it('keep their local time when the clock is put forward, and come right after a time that is skipped [pipelines.schedule-dst]', () => {
    expect(moments(BERLIN, '2026-03-28T00:00:00Z', 3)).toEqual([
      '2026-03-28T01:30:00.000Z',
      '2026-03-29T01:00:00.000Z',
      '2026-03-30T00:30:00.000Z',
    ]);
  });

  it('come once in an hour that comes twice [pipelines.schedule-dst]', () => {
    expect(moments(BERLIN, '2026-10-24T12:00:00Z', 2)).toEqual([
      '2026-10-25T00:30:00.000Z',
      '2026-10-26T01:30:00.000Z',
    ]);
  });

  it('come every hour, also over a change of the clock [pipelines.schedule-dst]', () => {
    const hourly = { ...BERLIN, cron: '0 * * * *' };
    expect(moments(hourly, '2026-10-24T23:30:00Z', 4)).toEqual([
      '2026-10-25T00:00:00.000Z',
      '2026-10-25T01:00:00.000Z',
      '2026-10-25T02:00:00.000Z',
      '2026-10-25T03:00:00.000Z',
    ]);
  });

  const due = (catch_up: Schedule['catch_up'], now: string) => {
    const found = dueMoment({ cron: '0 * * * *', time_zone: 'UTC', catch_up }, ms('2026-01-01T01:00:00Z'), ms(now));
    return { moment: iso(found.moment), from: iso(found.from), dueAt: iso(found.dueAt) };
  };

  it('that passed are run once, the last of them [pipelines.catch-up]', () => {
    expect(due('last', '2026-01-01T04:30:00Z')).toEqual({
      moment: '2026-01-01T04:00:00.000Z',
      from: '2026-01-01T03:00:00.000Z',
      dueAt: '2026-01-01T05:00:00.000Z',
    });
  });

  it('that passed are each run in turn [pipelines.catch-up]', () => {
    expect(due('all', '2026-01-01T04:30:00Z')).toEqual({
      moment: '2026-01-01T01:00:00.000Z',
      from: '2026-01-01T00:00:00.000Z',
      dueAt: '2026-01-01T02:00:00.000Z',
    });
  });

  it('that passed are left out, but for one that has only just come [pipelines.catch-up]', () => {
    expect(due('none', '2026-01-01T04:30:00Z')).toMatchObject({ moment: null, dueAt: '2026-01-01T05:00:00.000Z' });
    expect(due('none', '2026-01-01T04:00:05Z')).toMatchObject({ moment: '2026-01-01T04:00:00.000Z' });
  });
});

describe('a schedule that cannot be', () => {
  it.each([
    ['no cron', { ...BERLIN, cron: 'every day' }, 'cron'],
    ['a day that never comes', { ...BERLIN, cron: '0 0 31 2 *' }, 'cron'],
    ['seconds', { ...BERLIN, cron: '*/5 * * * * *' }, 'cron'],
    ['no time zone', { ...BERLIN, time_zone: 'Europe/Atlantis' }, 'time_zone'],
  ])('is refused: %s', (_name, schedule, key) => {
    expect(describeScheduleProblem(schedule)?.key).toBe(key);
  });
});

describe('a range of dates', () => {
  it('splits into days of the time zone, of 23 and 25 hours too [pipelines.backfill]', () => {
    const parts = splitRange(ms('2026-03-28T23:00:00Z'), ms('2026-03-30T22:00:00Z'), 'day', 'Europe/Berlin', 10);
    expect(parts?.map(({ from, to }) => (to - from) / 3_600_000)).toEqual([23, 24]);
    const autumn = splitRange(ms('2026-10-24T22:00:00Z'), ms('2026-10-25T23:00:00Z'), 'day', 'Europe/Berlin', 10);
    expect(autumn?.map(({ from, to }) => (to - from) / 3_600_000)).toEqual([25]);
  });

  it('is refused when it has more parts than allowed', () => {
    expect(splitRange(0, 86_400_000 * 11, 'day', 'UTC', 10)).toBeNull();
  });
});
