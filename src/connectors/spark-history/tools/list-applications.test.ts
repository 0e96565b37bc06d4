import { describe, expect, it } from 'vitest';
import { HeadgateError } from '../../../kernel/errors.ts';
import { buildApplication, START } from '../fixtures/application-builder.ts';
import { callTool, rowsOf } from '../fixtures/call-tool.ts';
import { FakeEngine, fakeHistory, fakeLog } from '../fixtures/fake-logs.ts';
import { listApplications } from './list-applications.ts';

const DAY = 86_400_000;
const app = (appId: string, day: number, parts = {}) =>
  buildApplication({ appId, startTime: START + day * DAY, endTime: START + day * DAY + 60_000, ...parts });

const history = fakeHistory(
  new FakeEngine({
    '/prod': [
      fakeLog(app('app-1', 0)),
      fakeLog(app('app-2', 1, { endTime: null }), { inProgress: true }),
      fakeLog(app('app-3', 2, { endTime: null })),
    ],
    '/dev': [fakeLog(app('app-1', 3), { path: '/dev/app-1' })],
    '/gone': new HeadgateError('unavailable', 'no such host'),
  }),
);
const ids = async (input: Record<string, unknown>) =>
  rowsOf((await callTool(listApplications, history, input)).applications).map((row) => row.app_id);

describe('list_applications', () => {
  it('lists all sources, newest first, each row with its source, and names the source that failed [spark-history.sources-named] [spark-history.unreachable-named] [sources.duplicates-marked]', async () => {
    const result = await callTool(listApplications, history, {});
    expect(rowsOf(result.applications).map((row) => [row.server, row.app_id, row.status])).toEqual([
      ['dev', 'app-1', 'COMPLETED'],
      ['prod', 'app-3', 'INCOMPLETE'],
      ['prod', 'app-2', 'RUNNING'],
      ['prod', 'app-1', 'COMPLETED'],
    ]);
    expect(result.unreachable).toEqual([{ server: 'gone', message: '«no such host»' }]);
    expect(result.gaps).toEqual([
      'Source gone could not be asked: «no such host»',
      'Application app-1 is on several sources: prod, dev. Name one as `server`.',
    ]);
  });

  it('takes every status that is given, in any case [spark-history.peer-defect-2]', async () => {
    expect(await ids({ status: ['running'] })).toEqual(['app-3', 'app-2']);
    expect(await ids({ status: ['Completed'] })).toEqual(['app-1', 'app-1']);
    expect(await ids({ status: ['completed', 'running'] })).toEqual(['app-1', 'app-3', 'app-2', 'app-1']);
  });

  it('tells which runs failed and finds them by it [spark-history.outcome-listed]', async () => {
    const runs = fakeHistory(
      new FakeEngine({
        '/prod': [
          fakeLog(app('app-good', 0)),
          fakeLog(app('app-bad', 1, { status: 'FAILED', exitCode: null })),
          fakeLog(app('app-exit', 2, { status: 'FAILED', exitCode: 1 })),
          fakeLog(app('app-live', 3, { endTime: null }), { inProgress: true }),
        ],
      }),
    );
    const list = async (status?: string[]) =>
      rowsOf((await callTool(listApplications, runs, { status })).applications).map((row) => [row.app_id, row.outcome]);
    expect(await list()).toEqual([
      ['app-live', 'RUNNING'],
      ['app-exit', 'FAILED'],
      ['app-bad', 'FAILED'],
      ['app-good', 'SUCCEEDED'],
    ]);
    expect(await list(['FAILED'])).toEqual([
      ['app-exit', 'FAILED'],
      ['app-bad', 'FAILED'],
    ]);
    expect(await list(['succeeded'])).toEqual([['app-good', 'SUCCEEDED']]);
    expect(await list(['COMPLETED'])).toHaveLength(3);
  });

  it('says that the end of a log does not tell the outcome, until the log was read [spark-history.outcome-listed]', async () => {
    const engine = new FakeEngine({ '/prod': [fakeLog(app('app-1', 0, { status: 'FAILED' }))] });
    const headline = engine.readHeadline.bind(engine);
    engine.readHeadline = async (ref) => ({ ...(await headline(ref)), lastJobFailed: null });
    const runs = fakeHistory(engine);
    const failed = await callTool(listApplications, runs, { status: ['FAILED'] });
    expect([failed.applications.total, failed.gaps]).toEqual([
      0,
      [
        '1 completed application left out: the last lines of the log do not tell the outcome. status COMPLETED lists them, get_application_summary reads them.',
      ],
    ]);
    await runs.application('app-1', { signal: new AbortController().signal });
    const known = await callTool(listApplications, runs, { status: ['FAILED'] });
    expect([rowsOf(known.applications)[0]?.outcome, known.gaps]).toEqual(['FAILED', []]);
  });

  it('counts documents that lie beside logs, and names them as no gap', async () => {
    const engine = new FakeEngine({ '/prod': [fakeLog(app('app-1', 0))] });
    const find = engine.findLogs.bind(engine);
    engine.findLogs = async (path) => ({
      ...(await find(path)),
      ignored: ['README.md', 'LICENSE', 'notes.txt', 'app-2'].map((name) => ({
        path: `/prod/${name}`,
        reason: 'not an event log',
      })),
    });
    const { ignored_count, gaps } = await callTool(listApplications, fakeHistory(engine), {});
    expect([ignored_count, gaps.length, gaps[0]]).toEqual([4, 1, expect.stringContaining('app-2: not an event log')]);
  });

  it('filters by dates as the History Server writes them, a bare last date with its whole day', async () => {
    expect(await ids({ min_date: '2026-02-01', max_date: '2026-02-02' })).toEqual(['app-3', 'app-2']);
    expect(await ids({ min_date: '2026-02-03T08:00:00.000GMT' })).toEqual(['app-1']);
    expect(await ids({ max_end_date: '2026-01-31' })).toEqual(['app-1']);
    await expect(ids({ min_date: 'yesterday' })).rejects.toMatchObject({ code: 'invalid_argument' });
  });

  it('finds one application on every source by its id', async () => {
    expect(await ids({ server: 'prod', app_id: 'app-2' })).toEqual(['app-2']);
    expect(await ids({ app_id: 'app-1', status: ['RUNNING'] })).toEqual(['app-1', 'app-1']);
    await expect(ids({ server: 'prod', app_id: 'app-7' })).rejects.toMatchObject({ code: 'not_found' });
    await expect(ids({ app_id: 'app-7' })).rejects.toMatchObject({ code: 'unavailable' });
  });

  it('cuts at 20 unless asked otherwise, with the honest total [spark-history.default-length]', async () => {
    const many = Array.from({ length: 30 }, (_, day) => fakeLog(app(`app-${day}`, day)));
    const full = fakeHistory(new FakeEngine({ '/prod': many }));
    const { applications } = await callTool(listApplications, full, {});
    expect([applications.rows.length, applications.total, applications.truncated]).toEqual([20, 30, true]);
    expect((await callTool(listApplications, full, { limit: 25 })).applications.rows).toHaveLength(25);
  });
});
