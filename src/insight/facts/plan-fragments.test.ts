import { describe, expect, it } from 'vitest';
import { exchange, fileScan, oneQuery, stageOf } from '../fixtures/plan-builder.ts';
import { readRecorded } from '../fixtures/recorded.ts';
import { fragmentsOf } from './plan-fragments.ts';
import { describeRun } from './run.ts';

/** Fragments of an execution as `kind top → stages`. */
function told(application: Parameters<typeof describeRun>[0], position = 0): string[] {
  const run = describeRun(application);
  const execution = application.sqlExecutions[position];
  if (execution === undefined) return [];
  return fragmentsOf(run, execution).map(
    ({ kind, top, stages }) => `${kind} ${top.nodeId} → ${stages.map(({ address }) => address).join(' ')}`,
  );
}

describe('fragments of a plan', () => {
  it('are matched with the stages that ran them in real logs of Spark 3.5 and 4.3 [insight-plan-rules.stages-matched]', async () => {
    const [old] = await readRecorded('3.5/orders-sql');
    const [recent] = await readRecorded('4.3/orders-sql');
    expect(old === undefined ? [] : told(old, 3)).toEqual([
      'result 0 → stages/24.0',
      'shuffle 11 → stages/20.0',
      'shuffle 23 → stages/21.0',
    ]);
    expect(recent === undefined ? [] : told(recent, 2)).toEqual([
      'result 0 → stages/19.0',
      'shuffle 7 → stages/15.0',
      'shuffle 13 → stages/9.0',
      'shuffle 21 → stages/4.0',
      'broadcast 29 → stages/7.0',
      'shuffle 35 → stages/5.0',
    ]);
  });

  it('share the writer of an exchange that is used again [insight-plan-rules.stages-matched]', () => {
    const side = exchange(100, 900, fileScan('t', { 'number of output rows': 100 }));
    const application = oneQuery({ name: 'Union', children: [side, { name: 'ReusedExchange', children: [side] }] }, [
      stageOf(0, 1, { shuffleWriteRecords: 100, shuffleWriteBytes: 900 }, { rddIds: [1] }),
      stageOf(1, 1, {}, { rddIds: [2], parentIds: [0] }),
    ]);
    expect(told(application)).toEqual(['result 0 → stages/1.0', 'shuffle 1 → stages/0.0']);
  });

  it('know a skipped parent by the RDDs that it shares with the stage that ran [insight-plan-rules.stages-matched]', () => {
    const plan = { name: 'Sort', children: [exchange(100, 900, fileScan('t', {}))] };
    const application = oneQuery(plan, [
      stageOf(0, 1, { shuffleWriteRecords: 100, shuffleWriteBytes: 900 }, { rddIds: [1, 0] }),
      stageOf(1, 0, {}, { rddIds: [0, 1], status: 'SKIPPED' }),
      stageOf(2, 1, {}, { rddIds: [2], parentIds: [1] }),
    ]);
    expect(told(application)).toEqual(['result 0 → stages/2.0', 'shuffle 1 → stages/0.0']);
  });

  it('have no stage where two could have run them [insight-plan-rules.stages-matched]', () => {
    const scan = (rows: number) => fileScan('t', { 'number of output rows': rows });
    const broadcast = { name: 'BroadcastExchange', children: [scan(7)] };
    const application = oneQuery({ name: 'BroadcastHashJoin', children: [scan(9), broadcast] }, [
      stageOf(0, 1, { inputRecords: 7 }, { rddIds: [1] }),
      stageOf(1, 1, { inputRecords: 8 }, { rddIds: [2] }),
    ]);
    expect(told(application)).toEqual(['result 0 → ', 'broadcast 2 → stages/0.0']);
  });
});
