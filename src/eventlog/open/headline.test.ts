import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findLogs } from './find/find-logs.ts';
import { CODECS, encodeLog } from './fixtures/encode.ts';
import { cutPieces, eventLines, useScratch } from './fixtures/scratch.ts';
import { readHeadline } from './headline.ts';

const scratch = useScratch();

const line = (event: string, fields: object = {}) => `${JSON.stringify({ Event: event, ...fields })}\n`;
const START = [
  line('SparkListenerLogStart', { 'Spark Version': '3.5.9' }),
  line('SparkListenerEnvironmentUpdate', {
    'Spark Properties': { 'spark.app.id': 'local-77', 'spark.app.name': 'from properties' },
    'Classpath Entries': Object.fromEntries(
      Array.from({ length: 3000 }, (_, i) => [`/opt/spark/jars/part-${i}.jar`, 'System Classpath']),
    ),
  }),
  line('SparkListenerApplicationStart', {
    'App Name': 'nightly',
    'App ID': 'local-77',
    'App Attempt ID': '2',
    Timestamp: 1_700_000_000_123,
    User: 'etl',
  }),
];
const END = line('SparkListenerApplicationEnd', { Timestamp: 1_700_000_900_456 });
const BODY = eventLines(3000);
const HEADLINE = {
  appId: 'local-77',
  attemptId: '2',
  name: 'nightly',
  user: 'etl',
  sparkVersion: '3.5.9',
  startTime: 1_700_000_000_123,
  endTime: 1_700_000_900_456,
  completed: true,
  exitCode: null,
  lastJobFailed: null,
};

/** Writes a file and finds it as a log. */
async function logOf(name: string, content: Uint8Array | string) {
  await mkdir(dirname(`${scratch.path}/${name}`), { recursive: true });
  const { path } = await scratch.write(name, content);
  const log = (await findLogs(path)).logs[0];
  if (log === undefined) throw new Error(`${name} is no log`);
  return log;
}

describe('readHeadline', () => {
  it.each(CODECS)('reads the first and last lines of a %s log [eventlog-open.headline]', async (codec) => {
    const text = [...START, ...BODY, END].join('');
    const log = await logOf(`application_1_2.${codec}`, encodeLog(codec, cutPieces(text, 8192)).bytes);
    expect(await readHeadline(log)).toEqual(HEADLINE);
  });

  it('finds the end of a log that is one zstd frame', async () => {
    const text = [...START, ...eventLines(20_000), END].join('');
    const log = await logOf('one-frame.zstd', encodeLog('zstd', [Buffer.from(text)]).bytes);
    expect(log.sizeBytes).toBeGreaterThan(2 * 65_536);
    expect(await readHeadline(log)).toEqual(HEADLINE);
  });

  it('finds an end that large events follow', async () => {
    const late = line('org.apache.spark.sql.execution.ui.SparkListenerSQLAdaptiveExecutionUpdate', {
      plan: 'x'.repeat(300_000),
    });
    expect(await readHeadline(await logOf('late', [...START, ...BODY, END, late].join('')))).toEqual(HEADLINE);
  });

  it('tells that a log in progress has no end', async () => {
    const text = [...START, ...BODY].join('');
    const log = await logOf('local-77.inprogress', text.slice(0, -40));
    expect(await readHeadline(log)).toEqual({ ...HEADLINE, endTime: null, completed: false });
  });

  it('reads the ends of a rolling log from its first and last file', async () => {
    await logOf('eventlog_v2_local-77/events_1_local-77', START.join('') + BODY.slice(0, 1000).join(''));
    await logOf('eventlog_v2_local-77/events_2_local-77', BODY.slice(1000).join(''));
    await logOf('eventlog_v2_local-77/events_3_local-77', END);
    await logOf('eventlog_v2_local-77/events_4_local-77', '');
    const log = (await findLogs(`${scratch.path}/eventlog_v2_local-77`)).logs[0];
    expect(log && (await readHeadline(log))).toEqual(HEADLINE);
  });

  it('falls back on the environment, then on the name, where no start was logged', async () => {
    const [first = '', second = ''] = START;
    expect(await readHeadline(await logOf('local-5_3', [first, second, ...BODY].join('')))).toEqual({
      appId: 'local-77',
      attemptId: '3',
      name: 'from properties',
      user: null,
      sparkVersion: '3.5.9',
      startTime: null,
      endTime: null,
      completed: false,
      exitCode: null,
      lastJobFailed: null,
    });
    expect(await readHeadline(await logOf('local-6_3', BODY.join('')))).toMatchObject({
      appId: 'local-6',
      attemptId: '3',
      name: 'local-6',
    });
    expect(await readHeadline(await logOf('some copy', BODY.join('')))).toMatchObject({
      appId: 'some copy',
      attemptId: null,
    });
  });

  it('tells how the last job ended and with which code the driver', async () => {
    const jobEnd = (result: string) => line('SparkListenerJobEnd', { 'Job ID': 1, 'Job Result': { Result: result } });
    const end = line('SparkListenerApplicationEnd', { Timestamp: 1_700_000_900_456, ExitCode: 1 });
    const failed = [...START, jobEnd('JobSucceeded'), ...BODY, jobEnd('JobFailed'), end].join('');
    expect(await readHeadline(await logOf('failed', failed))).toMatchObject({ exitCode: 1, lastJobFailed: true });
    const rescued = [...START, jobEnd('JobFailed'), jobEnd('JobSucceeded'), END].join('');
    expect(await readHeadline(await logOf('rescued', rescued))).toMatchObject({ exitCode: null, lastJobFailed: false });
  });

  it('takes no time that is none', async () => {
    const start = line('SparkListenerApplicationStart', { 'App Name': '', 'App ID': 7, Timestamp: 'soon', User: null });
    const end = line('SparkListenerApplicationEnd', { Timestamp: -1 });
    expect(await readHeadline(await logOf('local-8', start + end))).toEqual({
      appId: 'local-8',
      attemptId: null,
      name: 'local-8',
      user: null,
      sparkVersion: null,
      startTime: null,
      endTime: null,
      completed: true,
      exitCode: null,
      lastJobFailed: null,
    });
  });

  it('takes an exit code that no number holds for none [fuzz.logs]', async () => {
    const end = '{"Event":"SparkListenerApplicationEnd","Timestamp":5,"ExitCode":1e400}\n';
    expect(await readHeadline(await logOf('huge exit code', START.join('') + end))).toMatchObject({ exitCode: null });
  });

  it('reads on after damage at the start', async () => {
    const { bytes, starts } = encodeLog(
      'lz4',
      START.map((text) => Buffer.from(text)),
    );
    bytes.fill(0xee, 0, starts[1]);
    expect(await readHeadline(await logOf('damaged.lz4', bytes))).toMatchObject({
      appId: 'local-77',
      sparkVersion: null,
    });
  });

  it.each([
    ['text', 'no log at all\n'.repeat(100)],
    ['one line of 20 MB', 'x'.repeat(20 << 20)],
    ['nothing', ''],
    ['random bytes', Buffer.from(Array.from({ length: 5000 }, (_, i) => (i * 7919) % 251))],
    ['other JSON', '{"Events":[]}\n'],
  ])('refuses %s [eventlog-open.not-a-log]', async (name, content) => {
    await expect(readHeadline(await logOf(`not ${name}`, content))).rejects.toMatchObject({
      code: 'invalid_argument',
      message: expect.stringContaining('no event could be read in it'),
    });
  });

  it('stops when it is cancelled', async () => {
    const log = await logOf('cancelled', START.join(''));
    await expect(readHeadline(log, { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'cancelled' });
  });
});
