import { describe, expect, it } from 'vitest';
import { createReadiness } from './readiness.ts';

describe('createReadiness', () => {
  it('gives strangers the answer from before until it is too old [team.readiness-bounded]', async () => {
    let now = 0;
    let asked = 0;
    const probe = async () => {
      asked += 1;
      return [{ name: 'store', ok: asked !== 2, message: '' }];
    };
    const readiness = createReadiness([], [probe], () => now);
    expect((await readiness(1_000)).ready).toBe(true);
    now = 999;
    expect([(await readiness(1_000)).ready, asked]).toEqual([true, 1]);
    expect([(await readiness()).ready, asked]).toEqual([false, 2]);
    now = 1_998;
    expect([(await readiness(1_000)).ready, asked]).toEqual([false, 2]);
    now = 1_999;
    expect([(await readiness(1_000)).ready, asked]).toEqual([true, 3]);
  });
});
