import { describe, expect, it } from 'vitest';
import { describeRun } from '../facts/run.ts';
import { buildApplication } from '../fixtures/application-builder.ts';
import { readRecorded } from '../fixtures/recorded.ts';
import { longStage } from './long-stage.ts';

const HALF_HOUR = 1_800_000;
const found = (ms: number) =>
  longStage.evaluate(describeRun(buildApplication({ length: 2 * HALF_HOUR, stages: [{ stageId: 7, to: ms }] })));

describe('spark/long-stage', () => {
  it('notes a stage of half an hour, without claiming that anything is wrong [insight-resource-rules.notes]', () => {
    const [finding] = found(HALF_HOUR);
    expect(finding).toMatchObject({
      title: 'Stage 7 (count at orders.py:7) ran for 30 min',
      severity: 'info',
      impact: { seconds: 1800, share: 0.5, share_of: 'wall_time' },
      stages: ['stages/7.0'],
    });
    expect(finding?.changes).toBeUndefined();
    expect(finding?.advice[0]).toMatch(/^Nothing is wrong with a long stage as such/);
  });

  it('does not note a shorter one', () => {
    expect(found(HALF_HOUR - 1)).toEqual([]);
  });

  it('measures the stages of a real run by its own threshold', async () => {
    const [application] = await readRecorded('4.3/lost-executor');
    if (application === undefined) throw new Error('no application');
    expect(longStage.evaluate(describeRun(application))).toEqual([]);
    const noted = longStage.evaluate(describeRun(application), { min_stage_ms: 5000 });
    expect(noted.flatMap(({ stages }) => stages)).toContain('stages/0.0');
  });
});
