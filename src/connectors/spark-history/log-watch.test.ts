import { appendFile, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { folderSource } from './fixtures/fake-logs.ts';
import { EventLogHistory } from './history.ts';
import { LogWatch } from './log-watch.ts';
import { FolderReader } from './sources/folder-reader.ts';

const APP_ID = 'local-1700000000000';
const START = `{"Event":"SparkListenerApplicationStart","App Name":"a","App ID":"${APP_ID}","Timestamp":1,"User":"u"}\n`;

let folder: string;
let history: EventLogHistory;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'headgate-watch-'));
  history = new EventLogHistory({
    sources: [{ ...folderSource('logs', folder), tenants: ['green'] }],
    readerOf: () => new FolderReader(folder),
    clock: Date.now,
  });
});
afterEach(async () => {
  await history.close();
  await rm(folder, { recursive: true });
});

describe('a watched application', () => {
  it('is told of when its log grows, and when it ends [warm.notices]', async () => {
    const running = join(folder, `${APP_ID}.inprogress`);
    await writeFile(running, START);
    const changed = vi.fn();
    const stop = history.watch(APP_ID, { tenant: 'green' }, changed);
    const other = vi.fn();
    history.watch(APP_ID, { tenant: 'blue' }, other);
    await vi.waitFor(async () => {
      await appendFile(running, '{"Event":"SparkListenerLogStart","Spark Version":"4.3.0"}\n');
      expect(changed).toHaveBeenCalled();
    }, 5_000);
    const before = changed.mock.calls.length;
    await rename(running, join(folder, APP_ID));
    await vi.waitFor(() => expect(changed.mock.calls.length).toBeGreaterThan(before), 5_000);
    expect(other).not.toHaveBeenCalled();
    stop();
  });
});

describe('LogWatch', () => {
  const state = (text: string) => Promise.resolve({ state: text, localPaths: [] });
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('looks once for all who see the same, and not at all when nobody listens [warm.watch-only-subscribed]', async () => {
    const watch = new LogWatch();
    let text = 'one';
    const look = vi.fn(() => state(text));
    const [first, second] = [vi.fn(), vi.fn()];
    const stops = [watch.add('a', look, first), watch.add('a', look, second)];
    await vi.advanceTimersByTimeAsync(30_000);
    expect(look).toHaveBeenCalledTimes(2);
    expect(first).not.toHaveBeenCalled();
    text = 'two';
    await vi.advanceTimersByTimeAsync(60_000);
    expect([first.mock.calls.length, second.mock.calls.length]).toEqual([1, 1]);
    const looks = look.mock.calls.length;
    for (const stop of stops) stop();
    expect(watch.size).toBe(0);
    await vi.advanceTimersByTimeAsync(300_000);
    expect(look).toHaveBeenCalledTimes(looks);
  });

  it('goes on when a look fails, and takes the failure for no change', async () => {
    const watch = new LogWatch();
    const answers = [() => state('one'), () => Promise.reject(new Error('gone')), () => state('one'), () => state('2')];
    const look = vi.fn(() => (answers.shift() ?? (() => state('2')))());
    const changed = vi.fn();
    watch.add('a', look, changed);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(changed).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(30_000);
    expect(changed).toHaveBeenCalledTimes(1);
    watch.close();
  });

  it('refuses more applications than it can look at [warm.watch-only-subscribed]', () => {
    const watch = new LogWatch();
    for (let i = 0; i < 1_000; i++) watch.add(String(i), () => state(''), vi.fn());
    expect(() => watch.add('one more', () => state(''), vi.fn())).toThrow('1000 applications are watched already');
    watch.add('7', () => state(''), vi.fn());
    watch.close();
    expect(watch.size).toBe(0);
  });
});
