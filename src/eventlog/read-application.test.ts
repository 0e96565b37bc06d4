import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { type Application, findLogs, readApplication, TASK_COLUMNS } from './index.ts';

const folder = mkdtempSync(join(tmpdir(), 'headgate-read-'));
const REAL = readFileSync(
  new URL('../../tests/fixtures/spark/4.3/first-look-none/local-1795244441242', import.meta.url),
  'utf8',
);
const LINES = REAL.trimEnd().split('\n');
let written = 0;

afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function read(content: string | Uint8Array, options: Parameters<typeof readApplication>[1] = { threads: 0 }) {
  const path = join(folder, `local-${++written}`);
  writeFileSync(path, content);
  const log = (await findLogs(path)).logs[0];
  if (log === undefined) throw new Error('findLogs gave nothing');
  return readApplication(log, options);
}

/** Everything of an application that can be compared as values. */
function plain(application: Application) {
  const { tasks, log, sqlExecutions, ...rest } = application;
  return {
    ...rest,
    sqlExecutions: sqlExecutions.map((sql) => ({ ...sql, metricValues: [...sql.metricValues] })),
    tasks: Object.fromEntries(
      TASK_COLUMNS.map((name) => [name, Array.from({ length: tasks.count }, (_, row) => tasks.columns[name].at(row))]),
    ),
    gaps: log.gaps,
    eventCount: log.eventCount,
  };
}

const event = (fields: Record<string, unknown>) => JSON.stringify(fields);
const gapKinds = (application: Application) => application.log.gaps.map((gap) => gap.kind);

/** A reference that knows nothing of ours: whole lines, JSON.parse, counts. */
function reference(bytes: Uint8Array) {
  const events = Buffer.from(bytes)
    .toString('utf8')
    .split('\n')
    .flatMap((line) => {
      try {
        const parsed = JSON.parse(line) as Record<string, unknown> | null;
        return typeof parsed?.Event === 'string' ? [parsed] : [];
      } catch {
        return [];
      }
    });
  const taskId = (one: Record<string, unknown>) =>
    (one['Task Info'] as Record<string, unknown> | undefined)?.['Task ID'];
  const ended = events.filter(
    (one) =>
      one.Event === 'SparkListenerTaskEnd' && typeof one['Stage ID'] === 'number' && typeof taskId(one) === 'number',
  );
  const metric = (one: Record<string, unknown>) =>
    (one['Task Metrics'] as Record<string, number> | undefined)?.['Executor Run Time'];
  return {
    events: events.length,
    tasks: ended.length,
    runTimeMs: ended.reduce((sum, one) => sum + (metric(one) ?? 0), 0),
  };
}

describe('readApplication', () => {
  it('gives the same application on any number of threads [eventlog.stream-equals-batch] [eventlog.order-kept]', async () => {
    const alone = plain(await read(REAL));
    for (const callingThread of [false, true])
      for (const threads of [1, 2, 3, 7]) expect(plain(await read(REAL, { threads, callingThread }))).toEqual(alone);
  });

  it('keeps the tasks of a log within 250 bytes each [eventlog.column-memory]', async () => {
    const ends = LINES.filter((line) => line.includes('TaskEnd'));
    const many = Array.from({ length: 2_000 }, (_, i) =>
      (ends[i % ends.length] ?? '').replace(/"Task ID":\d+/, `"Task ID":${i}`),
    );
    const { tasks } = await read(`${many.join('\n')}\n`);
    expect(tasks.count).toBe(2_000);
    expect(tasks.byteLength / tasks.count).toBeLessThan(250);
  });

  it('keeps errors of tasks in full up to a limit, and states what it cut [history-rest-model.full-errors]', async () => {
    const end = LINES.find((line) => line.includes('TaskEnd')) ?? '';
    const failure = (id: number, length: number) =>
      end
        .replace(
          '"Task End Reason":{"Reason":"Success"}',
          `"Task End Reason":{"Reason":"ExceptionFailure","Full Stack Trace":"${String(id).repeat(length)}"}`,
        )
        .replace(/"Task ID":\d+/, `"Task ID":${id}`);
    const application = await read(`${[LINES[0], failure(1, 65_536), failure(2, 65_537)].join('\n')}\n`);
    expect(application.tasks.error(0)).toBe('1'.repeat(65_536));
    expect(application.tasks.error(1)).toBe(`${'2'.repeat(65_536)}…`);
    expect(application.log.gaps).toContainEqual({
      kind: 'capped-text',
      count: 1,
      message: '1 task error texts were cut: at most 65536 characters of one and 64 Mi of all together are kept.',
    });
  });

  it('counts unknown events by name and ignores them [eventlog.unknown-events-counted]', async () => {
    const odd = event({ Event: 'com.example.CustomEvent', x: 1 });
    const application = await read(`${[LINES[0], odd, odd].join('\n')}\n`);
    expect([...application.log.unknownEvents]).toEqual([['com.example.CustomEvent', 2]]);
    expect(application.log.eventCount).toBe(3);
  });

  it('reads a log of Spark 1.x, which has neither attempts of stages nor most metrics [eventlog.old-spark]', async () => {
    const application = await read(
      [
        event({ Event: 'SparkListenerLogStart', 'Spark Version': '1.6.3' }),
        event({
          Event: 'SparkListenerApplicationStart',
          'App Name': 'old',
          'App ID': 'app-1',
          Timestamp: 1000,
          User: 'u',
        }),
        event({
          Event: 'SparkListenerTaskEnd',
          'Stage ID': 0,
          'Task Type': 'ResultTask',
          'Task End Reason': { Reason: 'Success' },
          'Task Info': {
            'Task ID': 0,
            Index: 0,
            'Launch Time': 1000,
            'Executor ID': '1',
            Host: 'h',
            'Finish Time': 1500,
          },
          'Task Metrics': { 'Executor Run Time': 400, 'Shuffle Read Metrics': { 'Local Blocks Fetched': 1 } },
        }),
      ].join('\n'),
    );
    expect([application.sparkVersion, application.tasks.count]).toEqual(['1.6.3', 1]);
    expect(application.tasks.columns.executorRunTimeMs.at(0)).toBe(400);
    expect(application.stages.map((stage) => [stage.stageId, stage.attemptId, stage.completedTaskCount])).toEqual([
      [0, 0, 1],
    ]);
  });

  it('says that a cut log is cut and keeps what is whole [eventlog.damage-keeps-the-rest]', async () => {
    const application = await read(REAL.slice(0, REAL.length - 40));
    expect(gapKinds(application)).toEqual(['truncated-file', 'no-application-end']);
    expect(application.status).toBe('INCOMPLETE');
    expect(application.log.eventCount).toBe(LINES.length - 1);
  });

  it('counts exactly what a plain parser counts in damaged logs [eventlog.damage-keeps-the-rest]', async () => {
    const bytes = Buffer.from(REAL, 'utf8');
    const flip = fc.record({ at: fc.nat(bytes.length - 1), byte: fc.nat(255) });
    const cut = fc.record({ from: fc.nat(bytes.length - 1), length: fc.nat(20_000) });
    await fc.assert(
      fc.asyncProperty(fc.array(flip, { maxLength: 30 }), fc.array(cut, { maxLength: 3 }), async (flips, cuts) => {
        let damaged = Buffer.from(bytes);
        for (const { at, byte } of flips) damaged[at] = byte;
        for (const { from, length } of cuts)
          damaged = Buffer.concat([damaged.subarray(0, from), damaged.subarray(from + length)]);
        const expected = reference(damaged);
        const { tasks, stages, log } = await read(damaged);
        // A flipped name of an id leaves an event that says of nothing what happened to it.
        expect(log.eventCount).toBeLessThanOrEqual(expected.events);
        expect(log.eventCount).toBeGreaterThanOrEqual(expected.events - flips.length);
        expect(tasks.count).toBeGreaterThanOrEqual(expected.tasks);
        expect(stages.reduce((sum, stage) => sum + stage.totals.executorRunTimeMs, 0)).toBe(expected.runTimeMs);
      }),
      { numRuns: 60 },
    );
  });

  it('reads around a line of 100 MB of rubbish [eventlog.hostile-lines]', async () => {
    const application = await read(
      Buffer.concat([
        Buffer.from(`${LINES.slice(0, 5).join('\n')}\n`),
        Buffer.alloc(100 << 20, 'x'),
        Buffer.from(`\n${LINES.slice(5).join('\n')}\n`),
      ]),
    );
    expect(application.log.eventCount).toBe(LINES.length);
    expect(application.log.gaps).toEqual([
      { kind: 'damaged-lines', count: 1, message: '1 lines are no readable events and were left out.' },
    ]);
  });

  it('states lines beyond its limit as a gap [eventlog.hostile-lines]', async () => {
    const application = await read(
      Buffer.concat([
        Buffer.from(`${LINES[0]}\n`),
        Buffer.alloc(130 << 20, 'x'),
        Buffer.from(`\n${LINES.slice(1).join('\n')}\n`),
      ]),
    );
    expect(application.log.eventCount).toBe(LINES.length);
    expect(gapKinds(application)).toEqual(['oversized-line']);
  });

  it('survives nesting of any depth and a huge plan [eventlog.hostile-lines]', async () => {
    const deep = `{"Event":"SparkListenerJobStart","Job ID":5,"Stage Infos":${'['.repeat(50_000)}${']'.repeat(50_000)}}`;
    let plan = '{"nodeName":"Leaf","simpleString":"Leaf","children":[],"metadata":{},"metrics":[]}';
    for (let i = 0; i < 3_000; i++)
      plan = `{"nodeName":"N${i}","simpleString":"s","children":[${plan}],"metadata":{},"metrics":[]}`;
    const sql = `{"Event":"org.apache.spark.sql.execution.ui.SparkListenerSQLExecutionStart","executionId":1,"description":"d","details":"","physicalPlanDescription":"p","sparkPlanInfo":${plan},"time":5}`;
    const application = await read(`${[LINES[0], deep, sql].join('\n')}\n`);
    expect(application.jobs.map((job) => job.jobId)).toEqual([5]);
    expect(application.sqlExecutions[0]?.plan?.name).toBe('N2999');
    expect(application.sqlExecutions[0]?.metricValues.size).toBe(0);
  });

  it('refuses files in which nothing is a Spark event [eventlog.nothing-readable]', async () => {
    for (const content of ['', '\n\n', 'hello\nworld\n', '{"a":1}\n', '[1,2]\n', '\u0000\u0001\u0002'])
      await expect(read(content)).rejects.toMatchObject({ code: 'invalid_argument' });
  });

  it('never makes up times: no NaN, nothing negative [eventlog.no-impossible-numbers]', async () => {
    const odd = event({
      Event: 'SparkListenerTaskEnd',
      'Stage ID': 3,
      'Stage Attempt ID': 0,
      'Task Type': 'ResultTask',
      'Task End Reason': { Reason: 'Success' },
      'Task Info': {
        'Task ID': 9,
        Index: 0,
        Attempt: 0,
        'Launch Time': 5000,
        'Executor ID': 'driver',
        Host: 'h',
        'Finish Time': 4000,
      },
      'Task Metrics': null,
    });
    const application = await read(`${[LINES[0], odd].join('\n')}\n`);
    const { tasks } = application;
    expect([tasks.durationMs(0), tasks.schedulerDelayMs(0), tasks.hasMetrics(0)]).toEqual([0, 0, false]);
    for (const name of TASK_COLUMNS) expect(tasks.columns[name].at(0)).not.toBeNaN();
    expect(gapKinds(application)).toContain('impossible-values');
  });

  it('stops when it is cancelled, with and without threads [eventlog.cancel-stops]', async () => {
    for (const options of [{ threads: 0 }, { threads: 2 }, { threads: 2, callingThread: true }]) {
      const abort = new AbortController();
      const reading = read(REAL.repeat(40), { ...options, signal: abort.signal, onProgress: () => abort.abort() });
      await expect(reading).rejects.toMatchObject({ code: 'cancelled' });
    }
  });

  it('states task ends that are missing of completed stages [eventlog.losses-stated]', async () => {
    const intact = await read(REAL);
    const ends = LINES.filter((line) => line.includes('SparkListenerTaskEnd'));
    const lossy = await read(`${LINES.filter((line) => line !== ends[1] && line !== ends[4]).join('\n')}\n`);
    expect(intact.log.gaps).toEqual([]);
    expect(lossy.log.gaps.map(({ kind, count }) => [kind, count])).toEqual([['lost-task-events', 2]]);
    expect(lossy.log.incomplete).toBe(true);
  });

  it('counts nothing twice when lines are in the log twice [eventlog.losses-stated]', async () => {
    const doubled = await read(`${LINES.flatMap((line) => [line, line]).join('\n')}\n`);
    const { gaps, eventCount, ...twice } = plain(doubled);
    const { gaps: none, eventCount: half, ...once } = plain(await read(REAL));
    expect(twice).toEqual(once);
    expect([none, eventCount]).toEqual([[], 2 * half]);
    expect(gaps.map(({ kind }) => kind)).toEqual(['duplicate-events']);
  });

  it('reads the first of two applications in one file and says so [eventlog.losses-stated]', async () => {
    const other = REAL.replaceAll('local-1795244441242', 'app-other').replaceAll(/"Task ID":(\d+)/g, '"Task ID":9$1');
    const both = await read(REAL + other);
    const alone = await read(REAL);
    expect([both.appId, both.tasks.count, both.jobs]).toEqual([alone.appId, alone.tasks.count, alone.jobs]);
    expect(both.stages).toEqual(alone.stages);
    expect(gapKinds(both)).toEqual(['several-applications']);
    expect(both.log.gaps[0]?.message).toContain('app-other');
  });

  it.each(['1e308', '99999999999999999999', '-7', '1.5', '"12"', 'null', '{}'])(
    'takes %s ms of run time for missing and says so [eventlog.losses-stated]',
    async (number) => {
      const odd = REAL.replace(/"Executor Run Time":\d+/, `"Executor Run Time":${number}`);
      const { log, tasks } = await read(odd);
      expect(tasks.columns.executorRunTimeMs.at(0)).toBe(0);
      expect(log.gaps.map(({ kind, count }) => [kind, count])).toEqual([['impossible-values', 1]]);
    },
  );

  it('keeps the end of a stage that is logged before its start [eventlog.order-kept]', async () => {
    const submitted = LINES.findIndex((line) => line.includes('SparkListenerStageSubmitted'));
    const late = [...LINES.slice(0, submitted), ...LINES.slice(submitted + 1), LINES[submitted]].join('\n');
    expect((await read(`${late}\n`)).log.gaps).toEqual([]);
  });

  it('reads past a byte order mark [eventlog.damage-keeps-the-rest]', async () => {
    const application = await read(`\uFEFF${REAL}`);
    expect([application.sparkVersion, application.log.gaps]).toEqual(['4.3.0', []]);
  });

  it('finds the codec of a log whose head is damaged and whose name tells none [eventlog.damage-keeps-the-rest]', async () => {
    const pieces = Array.from({ length: 20 }, (_, i) =>
      zstdCompressSync(
        LINES.filter((_line, at) => at % 20 === i)
          .join('\n')
          .concat('\n'),
      ),
    );
    const bytes = Buffer.concat(pieces);
    bytes.fill(0x07, 0, 9);
    const { log } = await read(bytes);
    expect(log.eventCount).toBe(LINES.filter((_line, at) => at % 20 !== 0).length);
    expect(log.gaps.map(({ kind }) => kind)).toContain('damaged-block');
  });

  it('says which file of a rolling log is empty [eventlog.losses-stated]', async () => {
    const path = join(folder, 'eventlog_v2_app-1');
    mkdirSync(path);
    writeFileSync(join(path, 'events_1_app-1'), LINES.slice(0, 10).join('\n'));
    writeFileSync(join(path, 'events_2_app-1'), '');
    writeFileSync(join(path, 'events_3_app-1'), LINES.slice(20).join('\n'));
    const log = (await findLogs(path)).logs[0];
    const gaps = log === undefined ? [] : (await readApplication(log)).log.gaps;
    expect(gaps.map(({ message }) => message)).toContain('Files of this log are empty: events_2_app-1.');
  });
});
