import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { reportInTime } from './connector.ts';
import { HeadgateError } from './errors.ts';

const never = () => new AbortController().signal;

describe('reportInTime', () => {
  it('gives what the part reports', async () => {
    const report = { name: 'a', ok: true, message: 'fine' };
    expect(await reportInTime('a', async () => [report], never())).toEqual([report]);
  });

  it('reports what the check threw, with its hint [start.check-names-path-and-fix]', async () => {
    const check = async () => {
      throw new HeadgateError('unavailable', 'It is gone.', { hint: 'Start it.' });
    };
    expect(await reportInTime('a', check, never())).toEqual([
      { name: 'a', ok: false, message: 'It is gone.', hint: 'Start it.' },
    ]);
  });

  it.each([
    ['that heeds its signal', (signal: AbortSignal) => pause(60_000, [], { signal })],
    ['that does not', () => new Promise<never>(() => {})],
  ])('ends without a part that hangs, one %s [start.check-ends]', async (_, check) => {
    expect(await reportInTime('a', check, never(), 20)).toEqual([
      { name: 'a', ok: false, message: 'It did not answer within 0.02 s.', hint: expect.any(String) },
    ]);
  });

  it('is cancelled by the caller, and throws what is a bug', async () => {
    const cancelled = reportInTime('a', () => new Promise<never>(() => {}), AbortSignal.abort());
    await expect(cancelled).rejects.toMatchObject({ code: 'cancelled' });
    const bug = async () => Promise.reject(new TypeError('x is not a function'));
    await expect(reportInTime('a', bug, never())).rejects.toThrow(TypeError);
  });
});
