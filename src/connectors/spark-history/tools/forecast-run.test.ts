import { describe, expect, it } from 'vitest';
import { START } from '../fixtures/application-builder.ts';
import { callTool } from '../fixtures/call-tool.ts';
import { DAY_MS, dailyApplications } from '../fixtures/daily-applications.ts';
import { historyOf } from '../fixtures/fake-logs.ts';
import { forecastRun } from './forecast-run.ts';

const name = { app_name: 'orders-2026-01-01' };
const daily = (count: number, at?: Parameters<typeof dailyApplications>[1]) =>
  historyOf(...dailyApplications(count, at));

describe('forecast_run', () => {
  it('says when the next run starts and how long it takes, with an interval [run-history.forecast]', async () => {
    const result = await callTool(forecastRun, daily(30), name);
    expect(result).toMatchObject({
      application: 'orders-#',
      run_count: 30,
      next_start_time: new Date(START + 30 * DAY_MS).toISOString(),
      growth_per_month_ratio: 1,
      deadline: null,
    });
    expect(result.low_duration_ms).toBeGreaterThan(56_000);
    expect(result.high_duration_ms).toBeLessThan(64_000);
    expect(result.summary[0]).toMatch(/^The next run takes 1 min, in 4 of 5 cases \d+\.\d s to 1 min \d s\.$/);
  });

  it('says whether it misses a longest duration, and when it will along the trend [run-history.forecast]', async () => {
    const growing = daily(40, (day) => ({ durationMs: 60_000 * 2 ** (day / 40) }));
    const kept = await callTool(forecastRun, growing, { ...name, deadline: '150 s' });
    expect(kept.deadline).toMatchObject({
      done_by_time: null,
      longest_duration_ms: 150_000,
      probability_of_missing: 0,
    });
    const missed = Date.parse(String(kept.deadline?.missed_from_time));
    expect(Math.abs(missed - (START + 53 * DAY_MS))).toBeLessThan(4 * DAY_MS);
    expect(kept.deadline?.sentence).toMatch(
      /with a probability of (?:0|<1) %; along the trend it misses it from about \d{4}-\d{2}-\d{2} on\.$/,
    );
    const now = await callTool(forecastRun, growing, { ...name, deadline: '1 min' });
    expect(now.deadline?.probability_of_missing).toBeGreaterThan(0.99);
    expect(now.deadline?.missed_from_time).toBe(now.next_start_time);
  });

  it('takes a time of day in a zone [run-history.forecast]', async () => {
    const next = new Date(START + 30 * DAY_MS);
    const deadline = new Date(next.getTime() + 2 * 60_000).toISOString().slice(11, 16);
    const result = await callTool(forecastRun, daily(30), { ...name, deadline });
    expect(result.deadline?.done_by_time?.slice(11, 16)).toBe(deadline);
    expect(result.deadline?.probability_of_missing).toBeLessThan(0.01);
    expect(result.deadline?.sentence).toContain(`its deadline of ${deadline} UTC`);
    await expect(callTool(forecastRun, daily(30), { ...name, deadline: 'soon' })).rejects.toMatchObject({
      code: 'invalid_argument',
    });
    await expect(
      callTool(forecastRun, daily(30), { ...name, deadline, time_zone: 'Nowhere/At-All' }),
    ).rejects.toMatchObject({ code: 'invalid_argument' });
  });

  it('refuses a deadline that cannot be read, also where there are too few runs for a forecast [run-history.few-runs]', async () => {
    for (const deadline of ['25:99', '-5 min', `${'9'.repeat(400)} h`]) {
      await expect(callTool(forecastRun, daily(2), { ...name, deadline })).rejects.toMatchObject({
        code: 'invalid_argument',
      });
    }
  });

  it('makes nothing up from too few runs [run-history.few-runs]', async () => {
    const result = await callTool(forecastRun, daily(4), { ...name, deadline: '06:00' });
    expect(result).toMatchObject({ expected_duration_ms: null, low_duration_ms: null, deadline: null });
    expect(result.summary).toEqual(['4 runs succeeded: a forecast needs 5.']);
    const few = await callTool(forecastRun, daily(6), name);
    expect(few.summary).toContain('Few runs: neither volume nor season nor trend is taken into account.');
  });

  it('knows no time of day for runs without a rhythm, and asks for a name', async () => {
    const irregular = dailyApplications(8).map((one, index) => ({
      ...one,
      startTime: (one.startTime ?? 0) + 3_600_000 * index ** 3,
      endTime: (one.endTime ?? 0) + 3_600_000 * index ** 3,
    }));
    await expect(callTool(forecastRun, historyOf(...irregular), { ...name, deadline: '06:00' })).rejects.toMatchObject({
      code: 'failed_precondition',
    });
    await expect(callTool(forecastRun, daily(8), {})).rejects.toMatchObject({ code: 'invalid_argument' });
  });
});
