import { describe, expect, it } from 'vitest';
import type { EngineMetrics } from '../../kernel/engine-metrics.ts';
import { HeadgateError } from '../../kernel/errors.ts';
import { buildApplication } from './fixtures/application-builder.ts';
import { FakeEngine, fakeHistory, fakeLog } from './fixtures/fake-logs.ts';
import { estimateBytes } from './memory-estimate.ts';

const signal = new AbortController().signal;
const app = (appId: string, parts = {}) => buildApplication({ appId, ...parts });
const unavailable = new HeadgateError('unavailable', 'the disk is gone');

/** A promise and the function that resolves it. */
function held(): { gate: Promise<void>; release: () => void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { gate: promise, release: resolve };
}

/** Lets everything that is ready to run do so. */
const settle = () => new Promise<void>((resolve) => setImmediate(resolve));

describe('finding an application', () => {
  it('finds it in whichever source has it and says which [spark-history.sources-named]', async () => {
    const history = fakeHistory(new FakeEngine({ '/prod': [fakeLog(app('app-1'))], '/dev': [fakeLog(app('app-2'))] }));
    const { application, server } = await history.application('app-2', { signal });
    expect([application.appId, server]).toEqual(['app-2', 'dev']);
  });

  it('asks every source at once, not one after the other [spark-history.peer-defect-7]', async () => {
    const engine = new FakeEngine({ '/prod': [], '/dev': [fakeLog(app('app-2'))], '/test': [] });
    const { gate, release } = held();
    engine.scanGate = gate;
    const answer = fakeHistory(engine).application('app-2', { signal });
    await settle();
    expect(engine.scans).toEqual(['/prod', '/dev', '/test']);
    release();
    expect((await answer).server).toBe('dev');
  });

  it('reports an id that several sources have, and reads the one that is named [spark-history.id-on-two-sources]', async () => {
    const engine = new FakeEngine({
      '/prod': [fakeLog(app('app-1', { name: 'of prod' }), { path: '/prod/app-1' })],
      '/dev': [fakeLog(app('app-1', { name: 'of dev' }), { path: '/dev/app-1' })],
    });
    const history = fakeHistory(engine);
    await expect(history.application('app-1', { signal })).rejects.toMatchObject({
      code: 'failed_precondition',
      hint: 'Pass one of them as `server`.',
      details: { servers: ['prod', 'dev'] },
    });
    await expect(history.application('app-1', { signal, side: '2' })).rejects.toMatchObject({
      hint: 'Pass one of them as `server2`.',
    });
    expect((await history.application('app-1', { signal, server: 'dev' })).application.name).toBe('of dev');
  });

  it('offers the nearest ids for one that there is not [spark-history.unknown-id-nearest]', async () => {
    const history = fakeHistory(new FakeEngine({ '/prod': [fakeLog(app('app-2026-0001')), fakeLog(app('local-9'))] }));
    await expect(history.application('app-2026-001', { signal })).rejects.toMatchObject({
      code: 'not_found',
      hint: 'Nearest: app-2026-0001.',
    });
  });

  it('says that a source could not be asked instead of "not found" [spark-history.peer-defect-7]', async () => {
    const history = fakeHistory(new FakeEngine({ '/prod': unavailable, '/dev': [] }));
    await expect(history.application('app-1', { signal })).rejects.toMatchObject({
      code: 'unavailable',
      message: 'Application app-1 was not found, and prod could not be asked.',
    });
  });

  it('offers the nearest ids of the sources that answered beside the one that did not [spark-history.unknown-id-nearest]', async () => {
    const history = fakeHistory(new FakeEngine({ '/prod': unavailable, '/dev': [fakeLog(app('app-2026-0001'))] }));
    await expect(history.application('app-2026-001', { signal })).rejects.toMatchObject({
      code: 'unavailable',
      message: 'Application app-2026-001 was not found, and prod could not be asked.',
      hint: 'Nearest: app-2026-0001. If it is on prod, repair that source; else name another as `server`.',
      details: { nearest: ['app-2026-0001'] },
    });
  });

  it('notes a source that could not be asked when another has the application [spark-history.unreachable-named]', async () => {
    const history = fakeHistory(new FakeEngine({ '/prod': unavailable, '/dev': [fakeLog(app('app-1'))] }));
    const { notes } = await history.application('app-1', { signal });
    expect(notes).toEqual(['Source prod could not be asked: «the disk is gone»']);
  });

  it('offers the names of the sources for one that there is not', async () => {
    const history = fakeHistory(new FakeEngine({ '/prod': [], '/dev': [] }));
    await expect(history.application('app-1', { signal, server: 'pord' })).rejects.toMatchObject({
      code: 'not_found',
      hint: 'Sources: prod, dev.',
    });
  });

  it('finds an application whose file has another name', async () => {
    const log = fakeLog(app('app-1'), { path: '/prod/renamed', appIdHint: 'app-99' });
    const history = fakeHistory(new FakeEngine({ '/prod': [log] }));
    expect((await history.application('app-1', { signal })).application.appId).toBe('app-1');
  });

  it('takes the latest attempt, and any that is asked for', async () => {
    const attempts = ['1', '2', '10'].map((attemptId) => fakeLog(app('app-1', { attemptId })));
    const history = fakeHistory(new FakeEngine({ '/prod': attempts }));
    const latest = await history.application('app-1', { signal });
    expect([latest.application.attemptId, latest.attempts]).toEqual(['10', ['1', '2', '10']]);
    expect((await history.application('app-1', { signal, attemptId: '2' })).application.attemptId).toBe('2');
    await expect(history.application('app-1', { signal, attemptId: '7' })).rejects.toMatchObject({
      code: 'not_found',
      hint: 'Attempts: 1, 2, 10. Leave app_attempt_id out for the latest.',
    });
  });

  it('prefers the finished copy of a log and notes that there are two', async () => {
    const finished = fakeLog(app('app-1', { name: 'finished' }), { path: '/prod/app-1' });
    const running = fakeLog(app('app-1', { name: 'running', endTime: null }), {
      path: '/prod/app-1.inprogress',
      sizeBytes: 9000,
    });
    const history = fakeHistory(new FakeEngine({ '/prod': [running, finished] }));
    const { application, notes } = await history.application('app-1', { signal });
    expect(application.name).toBe('finished');
    expect(notes).toEqual(['2 logs of this attempt are in source prod; app-1 was read.']);
  });
});

describe('listing applications', () => {
  it('names each source that could not be asked and lists the others [spark-history.unreachable-named]', async () => {
    const history = fakeHistory(new FakeEngine({ '/prod': unavailable, '/dev': [fakeLog(app('app-1'))] }));
    const listing = await history.applications({ signal });
    expect(listing.entries.map(({ appId, server }) => [appId, server])).toEqual([['app-1', 'dev']]);
    expect(listing.unreachable).toEqual([{ server: 'prod', message: '«the disk is gone»' }]);
  });

  it('reads a headline once for every state of its log', async () => {
    const log = fakeLog(app('app-1'));
    const engine = new FakeEngine({ '/prod': [log] });
    const history = fakeHistory(engine);
    await history.applications({ signal });
    await history.applications({ signal });
    expect(engine.headlines).toEqual([log.path]);
    log.sizeBytes += 1;
    await history.applications({ signal });
    expect(engine.headlines).toEqual([log.path, log.path]);
  });

  it('sees a log that was added since the last list', async () => {
    const logs = [fakeLog(app('app-1'))];
    const history = fakeHistory(new FakeEngine({ '/prod': logs }));
    await history.applications({ signal });
    logs.push(fakeLog(app('app-2')));
    expect((await history.applications({ signal })).entries).toHaveLength(2);
    expect((await history.application('app-2', { signal })).application.appId).toBe('app-2');
  });
});

describe('looking up an application again', () => {
  it('scans the folder again only when the last scan is two seconds old', async () => {
    const engine = new FakeEngine({ '/prod': [fakeLog(app('app-1'))] });
    let now = 1000;
    const history = fakeHistory(engine, { clock: () => now });
    const scans = () => engine.scans.filter((path) => path === '/prod').length;
    await history.application('app-1', { signal });
    now += 1999;
    await history.application('app-1', { signal });
    expect(scans()).toBe(1);
    now += 1;
    await history.application('app-1', { signal });
    expect(scans()).toBe(2);
  });

  it('scans a slow folder more seldom: at most a fiftieth of the time', async () => {
    const engine = new FakeEngine({ '/prod': [fakeLog(app('app-1'))] });
    let now = 0;
    const history = fakeHistory(engine, { clock: () => now });
    const find = engine.findLogs.bind(engine);
    engine.findLogs = (path) => {
      if (path === '/prod') now += 200;
      return find(path);
    };
    await history.application('app-1', { signal });
    now += 9999;
    await history.application('app-1', { signal });
    expect(engine.scans.filter((path) => path === '/prod')).toHaveLength(1);
  });
});

describe('the cache of parsed applications', () => {
  it('reads a log once for many calls [spark-history.cache-shares-reading]', async () => {
    const engine = new FakeEngine({ '/prod': [fakeLog(app('app-1'))] });
    const history = fakeHistory(engine);
    const calls = [1, 2, 3].map(() => history.application('app-1', { signal }));
    const [first, second, third] = await Promise.all(calls);
    const later = await history.application('app-1', { signal });
    expect(engine.reads).toEqual(['/logs/app-1']);
    expect([second?.application, third?.application, later.application]).toEqual(Array(3).fill(first?.application));
  });

  it('goes on reading for the others when one caller cancels [spark-history.cancel-leaves-others]', async () => {
    const engine = new FakeEngine({ '/prod': [fakeLog(app('app-1'))] });
    const { gate, release } = held();
    engine.gate = gate;
    const history = fakeHistory(engine);
    const leaving = new AbortController();
    const left = history.application('app-1', { signal: leaving.signal });
    const stayed = history.application('app-1', { signal });
    await settle();
    leaving.abort();
    await expect(left).rejects.toMatchObject({ code: 'cancelled' });
    release();
    expect((await stayed).application.appId).toBe('app-1');
    expect(engine.aborted).toEqual([]);
    expect(engine.reads).toHaveLength(1);
  });

  it('stops reading when the last caller has cancelled, and reads anew for the next [spark-history.peer-defect-8]', async () => {
    const engine = new FakeEngine({ '/prod': [fakeLog(app('app-1'))] });
    engine.gate = held().gate;
    const history = fakeHistory(engine);
    const controller = new AbortController();
    const call = history.application('app-1', { signal: controller.signal });
    await settle();
    controller.abort();
    await expect(call).rejects.toMatchObject({ code: 'cancelled' });
    await settle();
    expect(engine.aborted).toEqual(['/logs/app-1']);
    engine.gate = null;
    expect((await history.application('app-1', { signal })).application.appId).toBe('app-1');
  });

  it('reports the progress of a reading to everyone who waits for it [spark-history.peer-defect-8]', async () => {
    const engine = new FakeEngine({ '/prod': [fakeLog(app('app-1'), { sizeBytes: 500 })] });
    const seen: Array<[number, number | undefined]> = [];
    await fakeHistory(engine).application('app-1', {
      signal,
      progress: ({ done, total }) => seen.push([done, total]),
    });
    expect(seen.at(-1)).toEqual([500, 500]);
  });

  it('reads a log again when it grew [spark-history.grown-log-is-read-again]', async () => {
    const log = fakeLog(app('app-1', { endTime: null }), { inProgress: true });
    const engine = new FakeEngine({ '/prod': [log] });
    const history = fakeHistory(engine);
    await history.application('app-1', { signal });
    log.sizeBytes += 10;
    log.application = app('app-1', { name: 'grown' });
    expect((await history.application('app-1', { signal })).application.name).toBe('grown');
    expect(engine.reads).toHaveLength(2);
  });

  it('forgets the application used least recently when memory runs out [spark-history.cache-bounded]', async () => {
    const apps = ['app-1', 'app-2', 'app-3'].map((id) => app(id));
    const engine = new FakeEngine({ '/prod': apps.map((one) => fakeLog(one)) });
    const history = fakeHistory(engine, { maxCacheBytes: 2 * estimateBytes(apps[0] as (typeof apps)[0]) });
    for (const id of ['app-1', 'app-2', 'app-1', 'app-3', 'app-1', 'app-2']) await history.application(id, { signal });
    expect(engine.reads).toEqual(['/logs/app-1', '/logs/app-2', '/logs/app-3', '/logs/app-2']);
  });

  it('does not keep a reading that failed', async () => {
    const engine = new FakeEngine({ '/prod': [fakeLog(app('app-1'))] });
    const read = engine.readApplication.bind(engine);
    engine.readApplication = () => Promise.reject(new HeadgateError('invalid_argument', 'no event log'));
    const history = fakeHistory(engine);
    await expect(history.application('app-1', { signal })).rejects.toMatchObject({ code: 'invalid_argument' });
    engine.readApplication = read;
    expect((await history.application('app-1', { signal })).application.appId).toBe('app-1');
  });

  it('measures readings and look-ups', async () => {
    const seen: unknown[] = [];
    const metrics: EngineMetrics = {
      logRead: (reading) => seen.push(reading),
      cacheLookup: (hit) => seen.push(hit),
    };
    const history = fakeHistory(new FakeEngine({ '/prod': [fakeLog(app('app-1'))] }), { metrics });
    await history.application('app-1', { signal });
    await history.application('app-1', { signal });
    expect(seen).toEqual([false, { seconds: 0, bytes: 1000, outcome: 'ok' }, true]);
  });
});

it('refuses a call that is cancelled before it begins', async () => {
  const history = fakeHistory(new FakeEngine({ '/prod': [fakeLog(app('app-1'))] }));
  const cancelled = { signal: AbortSignal.abort() };
  await expect(history.application('app-1', cancelled)).rejects.toMatchObject({ code: 'cancelled' });
  await expect(history.applications(cancelled)).rejects.toMatchObject({ code: 'cancelled' });
});
