import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { createOperations } from '../../../src/gateway/index.ts';
import { HeadgateError } from '../../../src/kernel/errors.ts';
import type { OperationContext, OperationRecordsPort } from '../../../src/kernel/operation.ts';
import { openStore } from '../../../src/store/index.ts';

const ME = { tenant: 'local', subject: 'ada' };
const FAST = { heartbeatMs: 10, takeOverMs: 10, closeMs: 20 };

/** One store, and processes that work on it. `clock` is theirs: leases end when a test says so. */
async function openProcesses() {
  const folder = await mkdtemp(join(tmpdir(), 'headgate-runs-'));
  const store = await openStore({ path: join(folder, 'headgate.sqlite') });
  const time = { now: Date.parse('2026-01-02T03:04:05Z') };
  const reports: string[] = [];
  const start = (over: Partial<OperationRecordsPort> = {}) => {
    const operations = createOperations({
      records: { ...store.operations, ...over },
      clock: () => time.now,
      report: (message) => reports.push(message),
      ...FAST,
    });
    onTestFinished(() => operations.close());
    return operations;
  };
  onTestFinished(async () => {
    await store.close();
    await rm(folder, { recursive: true });
  });
  return { store, time, reports, start };
}

/** Work that ends when it is aborted, or when the test says so. */
function steered() {
  const { promise, resolve, reject } = Promise.withResolvers<{ rows: number }>();
  const seen: OperationContext[] = [];
  const work = (context: OperationContext) => {
    seen.push(context);
    context.signal.addEventListener('abort', () => reject(context.signal.reason));
    return promise;
  };
  return { work, seen, finish: () => resolve({ rows: 7 }) };
}

/** A process that died: it neither renews nor ends anything. */
const DEAD: Partial<OperationRecordsPort> = { renew: () => new Promise(() => {}), end: () => new Promise(() => {}) };
const LONG_AFTER_MS = 60_000;

describe('an operation', () => {
  it('that another process took over is stopped here, and its end here changes nothing [operations.one-owner]', async () => {
    const { store, time, start } = await openProcesses();
    const { work, seen } = steered();
    const operations = start();
    const { id } = await operations.start(ME, { tool: 'load', title: 'x', work });
    await store.operations.takeOver(
      time.now + LONG_AFTER_MS,
      { owner: 'other', until: time.now + 2 * LONG_AFTER_MS },
      10,
    );
    await expect.poll(() => seen[0]?.signal.aborted).toBe(true);
    await expect.poll(() => operations.running()).toBe(0);
    expect(await operations.get('local', id)).toMatchObject({ state: 'running', error: null });
  });

  it('keeps its result until a store that was away takes it [operations.handed-over]', async () => {
    const { store, reports, start } = await openProcesses();
    let away = 3;
    const end = vi.fn<OperationRecordsPort['end']>(async (...args) => {
      away -= 1;
      if (away > 0) throw new HeadgateError('unavailable', 'The store is away.');
      return store.operations.end(...args);
    });
    const operations = start({ end });
    const { id } = await operations.start(ME, { tool: 'load', title: 'x', work: async () => ({ rows: 7 }) });
    expect(await operations.settled('local', id, 10_000)).toMatchObject({ state: 'succeeded', result: { rows: 7 } });
    expect(end).toHaveBeenCalledTimes(3);
    expect(reports).toEqual([`The end of the operation ${id} is not written yet.`]);
  });

  it('is not begun when it cannot be kept [operations.handed-over]', async () => {
    const { start } = await openProcesses();
    const work = vi.fn();
    const operations = start({ create: () => Promise.reject(new HeadgateError('unavailable', 'The store is away.')) });
    await expect(operations.start(ME, { tool: 'load', title: 'x', work })).rejects.toMatchObject({
      code: 'unavailable',
    });
    expect(work).not.toHaveBeenCalled();
  });

  it('of a dead process goes on from its payload, as who began it, once its lease has ended [operations.taken-over]', async () => {
    const { time, start } = await openProcesses();
    const dead = start(DEAD);
    const { id } = await dead.start(ME, { tool: 'load', title: 'x', payload: { table: 'x' }, work: steered().work });
    const next = start();
    const recover = vi.fn(async () => ({ rows: 9 }));
    next.recoverWith('load', recover);
    await next.open();
    expect(recover).not.toHaveBeenCalled();
    time.now += LONG_AFTER_MS;
    expect(await next.settled('local', id, 10_000)).toMatchObject({ state: 'succeeded', result: { rows: 9 } });
    expect(recover).toHaveBeenCalledExactlyOnceWith({ table: 'x' }, expect.objectContaining({ id, caller: ME }));
  });

  it('that was cancelled after its process died begins again to be ended, where it can [operations.cancel-anywhere]', async () => {
    const { time, start } = await openProcesses();
    const dead = start(DEAD);
    const begin = (tool: string) => dead.start(ME, { tool, title: tool, payload: {}, work: steered().work });
    const [known, unknown] = [await begin('load'), await begin('copy')];
    const next = start();
    const { work, seen } = steered();
    next.recoverWith('load', (_payload, context) => work(context));
    for (const { id } of [known, unknown]) await next.cancel('local', id);
    time.now += LONG_AFTER_MS;
    await next.open();
    for (const { id } of [known, unknown]) {
      const ended = await next.settled('local', id, 10_000);
      expect(ended).toMatchObject({ state: 'cancelled', error: { message: 'The operation was cancelled.' } });
    }
    expect(seen).toHaveLength(1);
  });

  it('on which processes keep dying is given up [operations.taken-over]', async () => {
    const { time, start } = await openProcesses();
    const { id } = await start(DEAD).start(ME, { tool: 'load', title: 'x', payload: {}, work: steered().work });
    let runs = 0;
    for (let round = 0; round < 2; round += 1) {
      const process = start(DEAD);
      process.recoverWith('load', () => {
        runs += 1;
        return new Promise(() => {});
      });
      time.now += LONG_AFTER_MS;
      await process.open();
    }
    expect(runs).toBe(2);
    const last = start();
    time.now += LONG_AFTER_MS;
    last.recoverWith('load', async () => ({}));
    await last.open();
    expect(await last.settled('local', id, 10_000)).toMatchObject({ state: 'failed', error: { code: 'aborted' } });
  });

  it('whose work throws what is our bug shows an id and nothing else [operations.handed-over]', async () => {
    const { reports, start } = await openProcesses();
    const operations = start();
    const work = () => Promise.reject(new TypeError('secret postgres://me:hunter2@db/x'));
    const { id } = await operations.start(ME, { tool: 'load', title: 'x', work });
    const { error } = await operations.settled('local', id, 10_000);
    expect(error).toMatchObject({ code: 'internal', details: { error_id: expect.any(String) } });
    expect(JSON.stringify(error)).not.toContain('hunter2');
    expect(reports[0]).toContain(String(error?.details?.error_id));
  });
});
