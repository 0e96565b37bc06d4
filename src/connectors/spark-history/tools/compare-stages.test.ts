import { describe, expect, it } from 'vitest';
import { buildApplication } from '../fixtures/application-builder.ts';
import { callTool, rowsOf } from '../fixtures/call-tool.ts';
import { FakeEngine, fakeHistory, fakeLog, historyOf } from '../fixtures/fake-logs.ts';
import { compareStages } from './compare-stages.ts';

const run = (ms: number, parts = {}) =>
  buildApplication({
    stages: [
      {
        stageId: 0,
        submitted: 0,
        completed: ms,
        tasks: [
          { finish: ms / 2, shuffleReadBytes: 10 },
          { finish: ms, shuffleReadBytes: 30 },
        ],
      },
    ],
    ...parts,
  });

describe('compare_stages', () => {
  it('gives totals with delta and ratio, and quantiles of tasks side by side', async () => {
    const history = historyOf(run(2000), run(6000, { appId: 'app-2' }));
    const result = await callTool(compareStages, history, {
      app_id1: 'app-1',
      app_id2: 'app-2',
      stage_id1: 0,
      stage_id2: 0,
    });
    expect([result.verdict, result.a.duration_ms, result.b.duration_ms]).toEqual(['slower', 2000, 6000]);
    expect(rowsOf(result.totals).find(({ measure }) => measure === 'shuffle_read_bytes')).toEqual({
      measure: 'shuffle_read_bytes',
      a: 40,
      b: 40,
      delta: 0,
      ratio: 1,
    });
    expect(rowsOf(result.task_quantiles)[0]).toEqual({
      metric: 'duration_ms',
      a_p25: 1000,
      a_p50: 2000,
      a_p75: 2000,
      a_max: 2000,
      b_p25: 3000,
      b_p50: 6000,
      b_p75: 6000,
      b_max: 6000,
    });
  });

  it('compares the same application id in two sources', async () => {
    const engine = new FakeEngine({
      '/before': [fakeLog(run(2000))],
      '/after': [fakeLog(run(1000), { path: '/after/app-1' })],
    });
    const result = await callTool(compareStages, fakeHistory(engine), {
      app_id1: 'app-1',
      app_id2: 'app-1',
      server1: 'before',
      server2: 'after',
      stage_id1: 0,
      stage_id2: 0,
    });
    expect([result.a.server, result.b.server, result.verdict]).toEqual(['before', 'after', 'faster']);
  });

  it('names the parameter that chooses between two sources', async () => {
    const engine = new FakeEngine({
      '/before': [fakeLog(run(2000))],
      '/after': [fakeLog(run(1000), { path: '/after/app-1' })],
    });
    const call = callTool(compareStages, fakeHistory(engine), {
      app_id1: 'app-1',
      app_id2: 'app-1',
      server1: 'before',
      stage_id1: 0,
      stage_id2: 0,
    });
    await expect(call).rejects.toMatchObject({ hint: 'Pass one of them as `server2`.' });
  });

  it('offers the nearest stage for one that is not there', async () => {
    const call = callTool(compareStages, historyOf(run(2000)), {
      app_id1: 'app-1',
      app_id2: 'app-1',
      stage_id1: 0,
      stage_id2: 4,
    });
    await expect(call).rejects.toMatchObject({ code: 'not_found', hint: 'Nearest: 0.' });
  });
});
