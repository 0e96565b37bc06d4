import { describe, expect, it } from 'vitest';
import { TASK_FLAGS } from '../../eventlog/index.ts';
import { describeRun } from '../facts/run.ts';
import { oneStage, type TaskSketch } from '../fixtures/application-builder.ts';
import { readRecorded } from '../fixtures/recorded.ts';
import { speculation } from './speculation.ts';

const ON = { spark: { 'spark.speculation': 'true' } };
const copies = (outcomes: readonly ('KILLED' | 'SUCCESS')[], ms: number): TaskSketch[] =>
  outcomes.map((outcome) => ({ to: ms, outcome, flags: TASK_FLAGS.speculative | TASK_FLAGS.hasMetrics }));
const tasks = (count: number, ms = 1000): TaskSketch[] => Array.from({ length: count }, () => ({ to: ms }));
const waste = (sketch: TaskSketch[], parts = ON) => speculation.evaluate(describeRun(oneStage(sketch, parts)));

describe('spark/speculation', () => {
  it('finds copies that ran for nothing, and drops them [insight-resource-rules.speculation]', () => {
    const [found] = waste([...tasks(16), ...copies(['KILLED', 'KILLED', 'KILLED', 'KILLED'], 1000)]);
    expect(found).toMatchObject({
      title: '4 speculative copies of tasks ran for nothing: 20 % of all task time',
      changes: [{ kind: 'drop-attempts', rows: [16, 17, 18, 19] }],
      conf: { 'spark.speculation': 'false' },
      stages: ['stages/0.0'],
    });
    expect(found?.evidence[0]).toMatchObject({ address: 'stages/0.0', metric: 'lost_copy_ms', value: 4000 });
  });

  it('starts copies later in place of never where some of them win', () => {
    const [found] = waste([...tasks(16), ...copies(['KILLED', 'KILLED', 'KILLED', 'SUCCESS'], 1000)]);
    expect(found?.conf).toEqual({ 'spark.speculation.quantile': '0.95', 'spark.speculation.multiplier': '5' });
    expect(found?.advice[0]).toContain('spark.speculation.quantile=0.95 (now 0.9)');
  });

  it('fires at 5 % of the task time and not below it', () => {
    const at = (ms: number) => waste([...tasks(57), ...copies(['KILLED', 'KILLED', 'KILLED'], ms)]).length;
    expect([at(1000), at(990)]).toEqual([1, 0]);
  });

  it('accepts what speculation costs: two lost copies, or as many that win', () => {
    expect(waste([...tasks(4), ...copies(['KILLED', 'KILLED'], 1000)])).toEqual([]);
    expect(
      waste([...tasks(4), ...copies(['KILLED', 'KILLED', 'KILLED', 'SUCCESS', 'SUCCESS', 'SUCCESS'], 1000)]),
    ).toEqual([]);
  });

  it('accepts a real run in which the only copy won [insight-resource-rules.near-misses]', async () => {
    const [application] = await readRecorded('4.3/speculation');
    expect(application === undefined ? null : speculation.evaluate(describeRun(application))).toEqual([]);
  });
});

describe('spark/speculation where it is off', () => {
  const slowHost = (slowMs: number, parts: { data?: number; otherHostMs?: number } = {}) => {
    const application = oneStage([
      ...Array.from({ length: 9 }, () => ({ to: parts.otherHostMs ?? 1000, shuffleRecordsRead: 100, hostRow: 1 })),
      { to: slowMs, shuffleRecordsRead: parts.data ?? 100, hostRow: 0 },
    ]);
    const { columns, executorIds, errors } = application.tasks;
    const table = new (application.tasks.constructor as typeof import('../../eventlog/index.ts').TaskTable)({
      columns,
      executorIds,
      errors,
      hosts: ['host-slow', 'host-fast'],
    });
    return speculation.evaluate(describeRun({ ...application, tasks: table }));
  };

  it('misses it where one host was slow and others were free to copy [insight-resource-rules.speculation]', () => {
    const [found] = slowHost(30_000);
    expect(found).toMatchObject({
      conf: { 'spark.speculation': 'true' },
      changes: [{ kind: 'save-task-time', rows: [9], savedMs: [26_000] }],
    });
    expect(found?.evidence[0]?.fact).toContain('30 s on host host-slow against a median of 1 s');
  });

  it('fires at a lead of 10 s and not below it', () => {
    expect([slowHost(11_000).length, slowHost(10_999).length]).toEqual([1, 0]);
  });

  it('does not miss it where a copy would be as slow: more data, or hosts that are slow too', () => {
    expect(slowHost(30_000, { data: 151 })).toEqual([]);
    expect(slowHost(30_000, { otherHostMs: 20_000 })).toEqual([]);
  });
});
