import { describe, expect, it } from 'vitest';
import { callTool } from '../fixtures/call-tool.ts';
import { historyOf } from '../fixtures/fake-logs.ts';
import { recordedApplication } from '../fixtures/recorded.ts';
import { simulateChanges } from './simulate-changes.ts';

const skewed = () => recordedApplication('4.3/skew-and-spill');

describe('simulate_changes', () => {
  it('gives the run as it was, replayed, and predicted, with error, interval and assumptions [replay.tool]', async () => {
    const application = await skewed();
    const result = await callTool(simulateChanges, historyOf(application), {
      app_id: application.appId,
      executor_cores: 1,
    });
    expect(result.observed).toEqual({ wall_ms: 17_164, core_hours: 0.0085, money: null });
    expect(result.as_run.error_ratio).toBeLessThan(0.01);
    const { wall_ms, wall_interval_ms } = result.predicted;
    expect(wall_ms).toBeGreaterThan(result.observed.wall_ms);
    expect(wall_interval_ms[0]).toBeLessThan(wall_ms);
    expect(wall_interval_ms[1]).toBeGreaterThan(wall_ms);
    expect(result.saved.wall_ms).toBe(result.as_run.wall_ms - wall_ms);
    expect(result.saved.wall_ms).toBeLessThan(0);
    expect(result.assumptions.join(' ')).toMatch(/Every task takes as long on other executors/);
    expect([result.prices, result.gaps]).toEqual([null, [expect.stringMatching(/^The run was in local mode/)]]);
  });

  it('changes everything that is asked for together, and states what it cannot [replay.tool]', async () => {
    const application = await skewed();
    const result = await callTool(simulateChanges, historyOf(application), {
      ...{ app_id: application.appId, executors: 1, executor_cores: '8', executor_memory: '4g', no_skew: 'true' },
      ...{ stage_ids: '1 99', broadcast_sql_ids: [0], prices: 'aws-emr-serverless/x86', interruptions_per_hour: 0.1 },
    });
    expect(result.predicted.wall_ms).toBeLessThan(result.as_run.wall_ms);
    expect(result.predicted.money).toBeGreaterThan(0);
    expect(result.prices).toBe('USD, aws-emr-serverless/x86 as of 2026-04-30');
    expect(result.gaps).toEqual([
      'Stage 99 did not run.',
      'SQL execution 0 has no join whose shuffled sides the log tells: nothing is changed for it.',
      expect.stringMatching(/^The run was in local mode/),
    ]);
  });

  it('refuses what cannot be, with what can [replay.what-if-gaps]', async () => {
    const application = await skewed();
    const call = (input: Record<string, unknown>) =>
      callTool(simulateChanges, historyOf(application), { app_id: application.appId, ...input });
    await expect(call({ executors: 0 })).rejects.toMatchObject({
      code: 'invalid_argument',
      hint: 'Ask for 1 to 10,000.',
    });
    await expect(call({ executor_memory: 'much' })).rejects.toMatchObject({
      hint: 'Write it as Spark does: 8g, 512m.',
    });
    await expect(call({ prices: 'gold' })).rejects.toMatchObject({
      hint: expect.stringContaining('aws-glue/standard'),
    });
    await expect(call({ interruptions_per_hour: -1 })).rejects.toMatchObject({ code: 'invalid_argument' });
  });
});
