import { describe, expect, it } from 'vitest';
import type { RedactLevel } from '../../../kernel/config-file.ts';
import { HeadgateError } from '../../../kernel/errors.ts';
import type { KeptRun, RunHistoryPort } from '../../../kernel/run-history.ts';
import { callTool, rowsOf } from '../fixtures/call-tool.ts';
import { dailyApplications } from '../fixtures/daily-applications.ts';
import { FakeEngine, fakeHistory, fakeLog, folderSource, historyOf } from '../fixtures/fake-logs.ts';
import { EventLogHistory } from '../history.ts';
import { createMemoryRuns } from '../runs/memory-runs.ts';
import { listRunHistory } from './list-run-history.ts';

const name = { app_name: 'orders-2026-01-01' };

const engineOf = (count: number, at?: Parameters<typeof dailyApplications>[1]) =>
  new FakeEngine({ '/logs': dailyApplications(count, at).map((one) => fakeLog(one)) });

const historyWith = (engine: FakeEngine, port: RunHistoryPort, redaction: RedactLevel = 'secrets') =>
  fakeHistory(engine, { runs: { port, keys: [], redaction } });

describe('list_run_history', () => {
  it('lists the runs of a name whatever its dates, the latest first, with what stands out [run-history.anomaly] [run-history.logical-name]', async () => {
    const runs = dailyApplications(30, (day) => (day === 20 ? { durationMs: 180_000 } : {}));
    const result = await callTool(listRunHistory, historyOf(...runs), { ...name, length: 12 });
    expect([result.application, result.runs.total, result.runs.truncated]).toEqual(['orders-#', 30, true]);
    const rows = rowsOf(result.runs);
    expect(rows.map(({ app_id }) => app_id).slice(0, 2)).toEqual(['app-029', 'app-028']);
    expect(rows.filter(({ mark }) => mark !== null)).toMatchObject([
      { app_id: 'app-020', mark: 'slower', duration_ms: 183_600, input_bytes: 1_000_000_000 },
    ]);
    expect(rows[0]).toMatchObject({ status: 'SUCCEEDED', core_hours: 0.0693, spark_version: '4.0.1' });
    expect(result.summary[0]).toBe('30 runs, 30 of them succeeded, median 1 min.');
    expect(result.trend?.significant).toBe(false);
    expect(result.gaps).toEqual([]);
  });

  it('finds the other runs of an application, and lists every recurring application without a name [run-history.found]', async () => {
    const other = dailyApplications(1, () => ({ parts: { appId: 'other-1', name: 'clicks 17' } }));
    const history = historyOf(...dailyApplications(3), ...other);
    expect((await callTool(listRunHistory, history, { app_id: 'app-001' })).runs.total).toBe(3);
    const all = await callTool(listRunHistory, history, {});
    expect([all.application, all.runs.total]).toEqual([null, 0]);
    expect(rowsOf(all.applications).map(({ application, run_count }) => [application, run_count])).toEqual([
      ['orders-#', 3],
      ['«clicks #»', 1],
    ]);
    expect((await callTool(listRunHistory, history, { app_name: '«clicks #»' })).runs.total).toBe(1);
  });

  it('says that there are too few runs, and makes no number up [run-history.few-runs]', async () => {
    const result = await callTool(listRunHistory, historyOf(...dailyApplications(5)), name);
    expect(result.summary).toEqual([
      '5 runs, 5 of them succeeded, median 1 min.',
      'Changes and anomalies need 12 runs that succeeded: too few to tell.',
    ]);
    expect(result.trend).toBeNull();
    expect(rowsOf(result.runs).map(({ expected_ms, mark }) => [expected_ms, mark])).toEqual(
      Array(5).fill([null, null]),
    );
  });

  it('shows failed runs and leaves them out of what is expected [run-history.anomaly]', async () => {
    const runs = dailyApplications(20, (day) =>
      day === 19 ? { durationMs: 5000, parts: { status: 'FAILED', exitCode: 1 } } : {},
    );
    const result = await callTool(listRunHistory, historyOf(...runs), { ...name, length: 1 });
    expect(rowsOf(result.runs)).toMatchObject([{ app_id: 'app-019', status: 'FAILED', expected_ms: null, mark: null }]);
    expect(result.summary[0]).toMatch(/^20 runs, 19 of them succeeded/);
  });

  it('tells runs of one name apart by configured properties [run-history.logical-name]', async () => {
    const runs = dailyApplications(6, (day) => ({ spark: { 'spark.yarn.queue': day < 4 ? 'etl' : 'adhoc' } }));
    const engine = new FakeEngine({ '/logs': runs.map((one) => fakeLog(one)) });
    const keyed = fakeHistory(engine, { runs: { keys: ['spark.yarn.queue'], redaction: 'secrets' } });
    const result = await callTool(listRunHistory, keyed, name);
    expect([result.application, result.runs.total]).toEqual(['«orders-# [spark.yarn.queue=adhoc]»', 2]);
    const [other] = rowsOf(result.applications);
    expect(other).toMatchObject({ application: '«orders-# [spark.yarn.queue=etl]»', run_count: 4 });
    expect((await callTool(listRunHistory, keyed, { app_name: String(other?.application) })).runs.total).toBe(4);
  });

  it('reads each log once, remembers what others load, and outlives its logs [run-history.reads-missing-logs] [run-history.outlives-logs]', async () => {
    const engine = engineOf(4);
    const port = createMemoryRuns();
    const first = new EventLogHistory({
      sources: [folderSource('logs', '/logs')],
      readerOf: () => engine.readerAt('/logs'),
      clock: () => 0,
      runs: { port, keys: [], redaction: 'secrets' },
    });
    await first.seenBy({ tenant: 'local' }).application('app-000', { signal: new AbortController().signal });
    await first.settled();
    expect(await port.known({ tenant: 'local', source: 'logs' })).toHaveLength(1);
    expect((await callTool(listRunHistory, historyWith(engine, port), name)).runs.total).toBe(4);
    expect(engine.reads.sort()).toEqual(['/logs/app-000', '/logs/app-001', '/logs/app-002', '/logs/app-003']);
    engine.folders.set('/logs', []);
    const later = historyWith(engine, port);
    expect((await callTool(listRunHistory, later, name)).runs.total).toBe(4);
    expect((await callTool(listRunHistory, later, { app_id: 'app-002' })).runs.total).toBe(4);
    expect(engine.reads).toHaveLength(4);
  });

  it('reads a log again when it changed, and counts its run once [run-history.replaced]', async () => {
    const engine = engineOf(3);
    const port = createMemoryRuns();
    await callTool(listRunHistory, historyWith(engine, port), name);
    const [log] = engine.folders.get('/logs') as ReturnType<typeof fakeLog>[];
    if (log !== undefined) {
      log.sizeBytes = 2000;
      log.application = { ...log.application, endTime: (log.application.startTime ?? 0) + 90_000 };
    }
    const rows = rowsOf((await callTool(listRunHistory, historyWith(engine, port), name)).runs);
    expect(rows.map(({ duration_ms }) => duration_ms)).toEqual([58_800, 61_800, 90_000]);
    expect(engine.reads).toHaveLength(4);
  });

  it('stops reading when its time is over, says so, and goes on with the next call [run-history.reads-missing-logs]', async () => {
    const engine = engineOf(30);
    const port = createMemoryRuns();
    let now = 0;
    const read = engine.readApplication.bind(engine);
    engine.readApplication = (ref, options) => {
      now += 2000;
      return read(ref, options);
    };
    const history = fakeHistory(engine, { clock: () => now, runs: { port, keys: [], redaction: 'secrets' } });
    const first = await callTool(listRunHistory, history, name);
    expect(first.unread_logs).toBeGreaterThan(10);
    expect(first.runs.total).toBe(30 - first.unread_logs);
    expect(rowsOf(first.runs)[0]?.app_id).toBe('app-029');
    expect(first.gaps).toEqual([
      `${first.unread_logs} logs not read yet: the answer is of the others. The same call again goes on reading.`,
    ]);
    const calls = [await callTool(listRunHistory, history, name), await callTool(listRunHistory, history, name)];
    expect([calls[1]?.runs.total, calls[1]?.unread_logs]).toEqual([30, 0]);
    expect(engine.reads).toHaveLength(30);
  });

  it('answers from the logs when the store fails, and says what was not stored [run-history.store-gone]', async () => {
    const full = () => Promise.reject(new HeadgateError('resource_exhausted', 'The disk of the store is full.'));
    const port: RunHistoryPort = { keep: full, known: full, find: full };
    const result = await callTool(listRunHistory, historyWith(engineOf(3), port), name);
    expect(result.runs.total).toBe(3);
    expect(result.gaps).toEqual([
      'The history could not be read: «The disk of the store is full.»',
      'Runs were not stored: «The disk of the store is full.»',
    ]);
  });

  it('shows no run that was masked less than is asked for now [run-history.found]', async () => {
    const port = createMemoryRuns();
    const engine = engineOf(3);
    await callTool(listRunHistory, historyWith(engine, port), name);
    engine.folders.set('/logs', []);
    await expect(callTool(listRunHistory, historyWith(engine, port, 'identities'), name)).rejects.toMatchObject({
      code: 'not_found',
    });
  });

  it('shows a tenant no run of a source that it may not see [run-history.tenants]', async () => {
    const port = createMemoryRuns();
    const engine = new FakeEngine({
      '/theirs': dailyApplications(3).map((one) => fakeLog(one, { path: `/theirs/${one.appId}` })),
      '/ours': dailyApplications(1).map((one) => fakeLog(one, { path: `/ours/${one.appId}` })),
    });
    const sources = [{ ...folderSource('theirs', '/theirs'), tenants: ['them'] }, folderSource('ours', '/ours')];
    const history = fakeHistory(engine, { sources, runs: { port, keys: [], redaction: 'secrets' } });
    const as = async (tenant: string) => (await callTool(listRunHistory, history.seenBy({ tenant }), name)).runs.total;
    expect([await as('them'), await as('us')]).toEqual([3, 1]);
    // A source of the same name, given to another tenant.
    const moved = [{ ...folderSource('theirs', '/nowhere'), tenants: ['us'] }];
    engine.folders.set('/nowhere', []);
    const after = fakeHistory(engine, { sources: moved, runs: { port, keys: [], redaction: 'secrets' } });
    await expect(callTool(listRunHistory, after.seenBy({ tenant: 'us' }), name)).rejects.toMatchObject({
      code: 'not_found',
    });
  });

  it('takes no notice of what somebody else wrote into the store [run-history.numbers-are-sane]', async () => {
    const port = createMemoryRuns();
    const engine = engineOf(3);
    await callTool(listRunHistory, historyWith(engine, port), name);
    const scope = { tenant: 'local', source: 'logs' };
    const [one, two] = await port.find(scope, { redaction: 'secrets', limit: 2 });
    await port.keep(scope, [{ ...one, record: '{"measures":' } as KeptRun, { ...two, record: '{}' } as KeptRun]);
    expect((await callTool(listRunHistory, historyWith(engine, port), name)).runs.total).toBe(1);
  });

  it('offers the nearest name for one that there is not, and refuses a name with an id', async () => {
    const history = historyOf(...dailyApplications(2));
    await expect(callTool(listRunHistory, history, { app_name: 'order' })).rejects.toMatchObject({
      code: 'not_found',
      details: { nearest: ['orders-#'] },
    });
    await expect(callTool(listRunHistory, history, { ...name, app_id: 'app-001' })).rejects.toMatchObject({
      code: 'invalid_argument',
    });
  });

  it('keeps to a range of time, also where there is nothing in it', async () => {
    const history = historyOf(...dailyApplications(10));
    const dates = rowsOf((await callTool(listRunHistory, history, name)).runs).map(({ start_time }) =>
      String(start_time),
    );
    const [since, until] = [dates[5]?.slice(0, 10), dates[3]?.slice(0, 10)];
    expect((await callTool(listRunHistory, history, { ...name, since, until })).runs.total).toBe(3);
    expect((await callTool(listRunHistory, history, { ...name, since: '2030-01-01' })).runs.total).toBe(0);
  });
});
