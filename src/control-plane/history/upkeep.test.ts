import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { startUpkeep } from './upkeep.ts';

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

describe('upkeep', () => {
  it('goes on when a task fails, and tells of it once until it works again [control-plane.store-down]', async () => {
    const reports: string[] = [];
    let runs = 0;
    const run = async () => {
      runs += 1;
      if (runs !== 3) throw new Error('down');
    };
    const upkeep = startUpkeep([{ what: 'looking', everyMs: 1_000, run }], (message) => reports.push(message));
    await vi.advanceTimersByTimeAsync(2_000);
    expect([runs, reports]).toEqual([2, ['It failed, and goes on being tried: looking.']]);
    await vi.advanceTimersByTimeAsync(2_000);
    expect([runs, reports.length]).toEqual([4, 2]);
    await upkeep.stop();
    await vi.advanceTimersByTimeAsync(5_000);
    expect(runs).toBe(4);
  });

  it('never does a task twice at once, and waits for it when it ends [control-plane.several]', async () => {
    const gate = Promise.withResolvers<void>();
    let runs = 0;
    const run = () => {
      runs += 1;
      return gate.promise;
    };
    const upkeep = startUpkeep([{ what: 'looking', everyMs: 1_000, run }], () => {});
    await vi.advanceTimersByTimeAsync(5_000);
    expect(runs).toBe(1);
    let stopped = false;
    const stopping = upkeep.stop().then(() => {
      stopped = true;
    });
    await vi.advanceTimersByTimeAsync(0);
    expect(stopped).toBe(false);
    gate.resolve();
    await stopping;
  });
});
