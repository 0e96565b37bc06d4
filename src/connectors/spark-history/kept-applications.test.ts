import { expect, it } from 'vitest';
import type { SparkHistorySource } from '../../kernel/config.ts';
import { HeadgateError } from '../../kernel/errors.ts';
import type { LogSummaryPort, SummaryKey } from '../../kernel/log-summaries.ts';
import { buildApplication } from './fixtures/application-builder.ts';
import { FakeEngine, fakeHistory, fakeLog, folderSource } from './fixtures/fake-logs.ts';
import { EventLogHistory } from './history.ts';
import type { LogReader } from './log-reader.ts';

const signal = new AbortController().signal;
const app = (appId: string) => buildApplication({ appId });

it('hands out of one source what its own credentials read, not those of another with the same address [sources.credentials-apart]', async () => {
  const engine = new FakeEngine({ 's3://lake/logs': [fakeLog(app('app-1'))] });
  const allowed = engine.readerAt('s3://lake/logs');
  const denied: LogReader = {
    ...allowed,
    readApplication: () => Promise.reject(new HeadgateError('permission_denied', 'may not be read')),
  };
  const place = { kind: 's3', uri: 's3://lake/logs', region: null, endpoint: null, pathStyle: false, timeoutMs: 1 };
  const sources = ['theirs', 'ours'].map((name): SparkHistorySource => {
    const profile = name;
    return { name, place: { ...place, kind: 's3', profile }, tenants: [name] };
  });
  const stored = new Map<string, Uint8Array>();
  // Tenants share it here: one of them may stand first in the lists of both sources.
  const keyOf = ({ path, state }: SummaryKey) => `${path} ${state}`;
  const port: LogSummaryPort = {
    read: async (key) => stored.get(keyOf(key)) ?? null,
    write: async (key, summary) => void stored.set(keyOf(key), summary),
    headlines: () => Promise.resolve([]),
    keepHeadlines: () => Promise.resolve(),
  };
  const parts = {
    summaries: { port, engine: '1' },
    readerOf: ({ name }: { name: string }) => (name === 'theirs' ? allowed : denied),
  };
  const made = () => new EventLogHistory({ sources, clock: () => 0, ...parts });
  const history = made();
  const ask = (of: EventLogHistory, tenant: string) => of.seenBy({ tenant }).application('app-1', { signal });
  expect((await ask(history, 'theirs')).server).toBe('theirs');
  await history.settled();
  expect(stored.size).toBe(1);
  await expect(ask(history, 'ours')).rejects.toMatchObject({ code: 'permission_denied' });
  await expect(ask(made(), 'ours')).rejects.toMatchObject({ code: 'permission_denied' });
});

it('says of a log that cannot be read that it cannot, not that there is none [sources.unreadable-log]', async () => {
  const engine = new FakeEngine({ '/prod': [fakeLog(app('app-1'), { path: '/prod/app-1' }), fakeLog(app('app-2'))] });
  const headline = engine.readHeadline.bind(engine);
  engine.readHeadline = (ref) =>
    ref.path === '/prod/app-1'
      ? Promise.reject(new HeadgateError('permission_denied', '/prod/app-1 may not be read.'))
      : headline(ref);
  const history = fakeHistory(engine);
  await expect(history.application('app-1', { signal })).rejects.toMatchObject({
    code: 'not_found',
    message: expect.stringMatching(
      /^The log of application app-1 cannot be read: «.*may not be read\.» in source prod\.$/,
    ),
  });
  await expect(history.application('app-3', { signal })).rejects.toMatchObject({ code: 'not_found' });
  engine.readHeadline = headline;
  expect((await history.application('app-1', { signal })).server).toBe('prod');
});

it('finds a log that is renamed while it waits to be read [sources.renamed-while-waiting]', async () => {
  const engine = new FakeEngine({ '/prod': [fakeLog(app('app-1'), { path: '/prod/app-1.inprogress' })] });
  const read = engine.readApplication.bind(engine);
  engine.readApplication = (ref, options) => {
    engine.folders.set('/prod', [fakeLog(app('app-1'), { path: '/prod/app-1' })]);
    return read(ref, options);
  };
  const history = fakeHistory(engine);
  expect((await history.application('app-1', { signal })).application.appId).toBe('app-1');
  expect(engine.reads).toEqual(['/prod/app-1.inprogress', '/prod/app-1']);
});

it('says of the log whose summary was not stored that it was not, and of no other [warm.store-gone]', async () => {
  const full = new HeadgateError('resource_exhausted', 'The disk of the store is full.');
  let failing = true;
  let now = 0;
  const port: LogSummaryPort = {
    read: () => Promise.resolve(null),
    write: () => (failing ? Promise.reject(full) : Promise.resolve()),
    headlines: () => Promise.resolve([]),
    keepHeadlines: () => Promise.resolve(),
  };
  const engine = new FakeEngine({ '/prod': ['app-1', 'app-2'].map((id) => fakeLog(app(id))) });
  const history = new EventLogHistory({
    sources: [folderSource('prod', '/prod')],
    readerOf: () => engine.readerAt('/prod'),
    clock: () => now,
    summaries: { port, engine: '1' },
  });
  const notesOf = async (id: string) => {
    await history.seenBy({ tenant: 'local' }).application(id, { signal });
    await history.settled();
    return (await history.seenBy({ tenant: 'local' }).application(id, { signal })).notes;
  };
  expect(await notesOf('app-1')).toEqual(['The summary was not stored: The disk of the store is full.']);
  failing = false;
  engine.folders.set(
    '/prod',
    ['app-1', 'app-2', 'app-3'].map((id) => fakeLog(app(id))),
  );
  expect(await notesOf('app-2')).toEqual([]);
  failing = true;
  expect(await notesOf('app-3')).toHaveLength(1);
  expect(await notesOf('app-2')).toEqual([]);
  failing = false;
  now = 61_000;
  expect([await notesOf('app-1'), await notesOf('app-3')]).toEqual([[], []]);
  expect(engine.reads).toHaveLength(3);
});
