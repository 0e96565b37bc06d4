import { describe, expect, it } from 'vitest';
import { createPartHealth } from './part-health.ts';

describe('createPartHealth', () => {
  it('remembers what was last wrong with a part, and when [health.verbose]', async () => {
    let now = Date.parse('2026-01-02T03:04:05Z');
    let ok = true;
    const probe = async () => [{ name: 'store', ok, message: ok ? 'reachable' : 'gone', latency_ms: 2 }];
    const health = createPartHealth([], [probe], () => now);
    expect(await health()).toEqual([
      { name: 'store', ok: true, message: 'reachable', latency_ms: 2, last_error: null },
    ]);
    ok = false;
    const last_error = { message: 'gone', at: '2026-01-02T03:04:05.000Z' };
    expect(await health()).toEqual([{ name: 'store', ok: false, message: 'gone', latency_ms: 2, last_error }]);
    ok = true;
    now += 60_000;
    expect(await health()).toEqual([{ name: 'store', ok: true, message: 'reachable', latency_ms: 2, last_error }]);
  });

  it('measures parts that do not do so by themselves [health.verbose]', async () => {
    const health = createPartHealth([], [async () => [{ name: 'store', ok: true, message: '' }]]);
    expect(await health()).toEqual([expect.objectContaining({ latency_ms: expect.any(Number) })]);
  });

  it('asks once for requests that come together [health.verbose]', async () => {
    let asked = 0;
    const answer = Promise.withResolvers<[]>();
    const health = createPartHealth(
      [],
      [
        () => {
          asked += 1;
          return answer.promise;
        },
      ],
    );
    const both = [health(), health()];
    answer.resolve([]);
    await Promise.all(both);
    expect(asked).toBe(1);
  });
});
