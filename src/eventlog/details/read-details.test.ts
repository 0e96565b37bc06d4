import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { findLogs } from '../open/index.ts';
import { readDetails } from './index.ts';

const REAL = readFileSync(
  new URL('../../../tests/fixtures/spark/4.3/first-look-none/local-1795244441242', import.meta.url),
  'utf8',
);
const folder = mkdtempSync(join(tmpdir(), 'headgate-details-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let written = 0;

async function read(content: string, options: Parameters<typeof readDetails>[1] = { threads: 0 }) {
  const path = join(folder, `local-${++written}`);
  writeFileSync(path, content);
  const log = (await findLogs(path)).logs[0];
  if (log === undefined) throw new Error('findLogs gave nothing');
  return readDetails(log, options);
}

const line = (event: Record<string, unknown>) => `${JSON.stringify(event)}\n`;
const LOG_START = line({ Event: 'SparkListenerLogStart', 'Spark Version': '4.3.0' });
const metric = (accumulatorId: number, metricType: string) => ({
  name: `metric ${accumulatorId}`,
  accumulatorId,
  metricType,
});
const SQL = 'org.apache.spark.sql.execution.ui.SparkListener';
const sqlStart = line({
  Event: `${SQL}SQLExecutionStart`,
  executionId: 4,
  sparkPlanInfo: {
    nodeName: 'Scan',
    simpleString: 'Scan',
    children: [],
    metadata: {},
    metrics: [metric(1, 'sum'), metric(2, 'timing')],
  },
});
const jobStart = line({
  Event: 'SparkListenerJobStart',
  'Job ID': 0,
  'Stage Infos': [{ 'Stage ID': 7, 'Stage Attempt ID': 0, 'Number of Tasks': 3 }],
  'Stage IDs': [7],
  Properties: { 'spark.sql.execution.id': '4' },
});
const jobEnd = line({ Event: 'SparkListenerJobEnd', 'Job ID': 0, 'Job Result': { Result: 'JobSucceeded' } });
const sqlEnd = line({ Event: `${SQL}SQLExecutionEnd`, executionId: 4, time: 9 });
const submitted = (attempt: number) =>
  line({ Event: 'SparkListenerStageSubmitted', 'Stage Info': { 'Stage ID': 7, 'Stage Attempt ID': attempt } });

function taskEnd(
  taskId: number,
  index: number,
  updates: Readonly<Record<number, number | string>>,
  parts: { attempt?: number; failed?: boolean } = {},
) {
  return line({
    Event: 'SparkListenerTaskEnd',
    'Stage ID': 7,
    'Stage Attempt ID': parts.attempt ?? 0,
    'Task End Reason': { Reason: parts.failed === true ? 'ExceptionFailure' : 'Success' },
    'Task Info': {
      'Task ID': taskId,
      Index: index,
      'Finish Time': 5,
      Failed: parts.failed === true,
      Killed: false,
      Accumulables: Object.entries(updates).map(([id, update]) => ({
        ID: Number(id),
        Name: `metric ${id}`,
        Update: String(update),
        Value: 'all',
        Internal: true,
        Metadata: 'sql',
      })),
    },
    'Task Metrics': { 'Executor Run Time': 4 },
  });
}

const metrics = async (...lines: readonly string[]) => {
  const details = await read([LOG_START, ...lines].join(''));
  return Object.fromEntries(details.sqlMetrics.get(4) ?? []);
};

describe('readDetails', () => {
  it('gives the same on any number of threads, however lines are cut [history-rest-model.sql-lazily]', async () => {
    const alone = await read(REAL);
    expect(alone.sqlMetrics.size).toBeGreaterThan(0);
    expect([...alone.sqlMetrics.values()].some((texts) => texts.size > 5)).toBe(true);
    expect(await read(REAL, { threads: 3 })).toEqual(alone);
  });

  it('keeps the last value of each task index, of its first success only [history-rest-model.sql]', async () => {
    const texts = await metrics(
      sqlStart,
      jobStart,
      taskEnd(10, 0, { 1: 5, 2: 100 }, { failed: true }),
      taskEnd(11, 0, { 1: 7, 2: 40 }),
      taskEnd(12, 0, { 1: 1_000, 2: 1_000 }),
      taskEnd(13, 2, { 1: 3, 2: 60 }),
      jobEnd,
      sqlEnd,
    );
    expect(texts).toEqual({
      1: '10',
      // The failed attempt was the largest, and stays it.
      2: 'total (min, med, max (stageId: taskId))\n100 ms (0 ms, 40 ms, 60 ms (stage 7.0: task 10))',
    });
  });

  it('starts anew with every stage attempt, and takes nothing of other attempts [history-rest-model.sql]', async () => {
    const texts = await metrics(
      sqlStart,
      jobStart,
      taskEnd(10, 0, { 1: 5 }),
      submitted(1),
      taskEnd(11, 0, { 1: 2 }, { attempt: 1 }),
      taskEnd(12, 1, { 1: 100 }),
      jobEnd,
      sqlEnd,
    );
    expect(texts).toEqual({ 1: '2' });
  });

  it('adds what the driver reported, and metrics that adaptive execution added [history-rest-model.sql]', async () => {
    const texts = await metrics(
      sqlStart,
      jobStart,
      line({
        Event: `${SQL}DriverAccumUpdates`,
        executionId: 4,
        accumUpdates: [
          [2, 900],
          [3, 8],
          [99, 1],
        ],
      }),
      line({ Event: `${SQL}SQLAdaptiveSQLMetricUpdates`, executionId: 4, sqlPlanMetrics: [metric(3, 'size')] }),
      taskEnd(10, 0, { 2: 100, 3: 4 }),
      jobEnd,
      sqlEnd,
    );
    expect(texts[2]).toBe('total (min, med, max (stageId: taskId))\n1.0 s (0 ms, 100 ms, 900 ms (driver))');
    expect(texts[3]).toBe('total (min, med, max (stageId: taskId))\n12.0 B (0.0 B, 4.0 B, 8.0 B (driver))');
    expect(texts[99]).toBeUndefined();
  });

  it('tells what is known of executions that never ended [history-rest-model.sql]', async () => {
    expect(await metrics(sqlStart, jobStart, taskEnd(10, 0, { 1: 5 }))).toEqual({ 1: '5' });
    expect(await metrics(sqlStart, jobStart, sqlEnd, taskEnd(10, 0, { 1: 5 }), jobEnd)).toEqual({});
  });

  it('leaves out what cannot be: damaged lines, indexes beyond the stage, huge stages [history-rest-model.sql-lazily]', async () => {
    const cut = taskEnd(10, 1, { 1: 5 }).slice(0, 150);
    const odd = taskEnd(11, 0, { 1: 5 }).replaceAll('":', '": ');
    expect(await metrics(sqlStart, jobStart, `${cut}\n`, odd, taskEnd(12, 70, { 1: 9 }), 'no json\n', sqlEnd)).toEqual({
      1: '5',
    });
    const huge = jobStart.replace('"Number of Tasks":3', '"Number of Tasks":900000000');
    const details = await read([LOG_START, sqlStart, huge, taskEnd(10, 0, { 1: 5 }), sqlEnd].join(''));
    expect(details.sqlMetrics.get(4)).toEqual(new Map());
    expect(details.gaps).toMatchObject([{ kind: 'capped-text', count: 1 }]);
  });

  it('reads what is left of a log, whatever the damage [history-rest-model.sql-lazily]', async () => {
    const bytes = Buffer.from(REAL, 'utf8');
    const damage = fc.array(
      fc.record({ at: fc.nat(bytes.length - 1), byte: fc.constantFrom(...Buffer.from('"\\{}[],:0a \n-')) }),
      {
        minLength: 1,
        maxLength: 40,
      },
    );
    await fc.assert(
      fc.asyncProperty(damage, async (edits) => {
        const copy = Buffer.from(bytes);
        for (const { at, byte } of edits) copy[at] = byte;
        const details = await read(copy.toString('latin1'));
        expect(details.gaps).toEqual([]);
      }),
      { numRuns: 25 },
    );
  });

  it("keeps the user's accumulators of tasks as logged, and nothing of Spark's own [history-rest-model.accumulables]", async () => {
    const user = taskEnd(10, 0, { 1: 5 }).replace(
      '"Accumulables":[',
      '"Accumulables":[{"ID":5,"Name":"bad \\"lines\\"","Update":"[a, ü]","Value":"[a, ü]","Internal":false,"Count Failed Values":false},' +
        '{"ID":6,"Name":"rows","Value":12,"Internal":false},{"ID":7,"Name":"internal.metrics.x","Update":1,"Value":1,"Internal":true},',
    );
    const details = await read(`${LOG_START}${user}${taskEnd(11, 1, { 1: 5 })}`);
    expect([...details.taskAccumulables]).toEqual([
      [
        10,
        [
          { id: 5, name: 'bad "lines"', update: '[a, ü]', value: '[a, ü]' },
          { id: 6, name: 'rows', update: null, value: '12' },
        ],
      ],
    ]);
  });
});
