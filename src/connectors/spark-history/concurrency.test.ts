import { describe, expect, it } from 'vitest';
import { SharedWork, Slots } from './concurrency.ts';

const signal = new AbortController().signal;
const settle = () => new Promise<void>((resolve) => setImmediate(resolve));

describe('slots', () => {
  it('let in no more than there are, in the order of arrival', async () => {
    const slots = new Slots(2);
    const gates = [0, 1, 2, 3].map(() => Promise.withResolvers<void>());
    const started: number[] = [];
    const runs = gates.map(({ promise }, index) =>
      slots.run(signal, async () => {
        started.push(index);
        await promise;
        return index;
      }),
    );
    await settle();
    expect(started).toEqual([0, 1]);
    gates[1]?.resolve();
    await settle();
    expect(started).toEqual([0, 1, 2]);
    for (const { resolve } of gates) resolve();
    expect(await Promise.all(runs)).toEqual([0, 1, 2, 3]);
  });

  it('give the slot of failed work to the next', async () => {
    const slots = new Slots(1);
    await expect(slots.run(signal, () => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
    expect(await slots.run(signal, async () => 'next')).toBe('next');
  });

  it('let a waiter leave without taking the turn of another', async () => {
    const slots = new Slots(1);
    const gate = Promise.withResolvers<void>();
    const first = slots.run(signal, () => gate.promise);
    const leaving = new AbortController();
    const left = slots.run(leaving.signal, async () => 'left');
    const third = slots.run(signal, async () => 'third');
    leaving.abort();
    await expect(left).rejects.toMatchObject({ code: 'cancelled' });
    gate.resolve();
    await first;
    expect(await third).toBe('third');
  });
});

describe('shared work', () => {
  it('tells a late joiner where the work is', async () => {
    const gate = Promise.withResolvers<string>();
    const work = new SharedWork((_, progress) => {
      progress({ done: 3, total: 10 });
      return gate.promise;
    });
    const seen: number[] = [];
    const joined = work.join(signal, ({ done }) => seen.push(done));
    expect(seen).toEqual([3]);
    gate.resolve('done');
    expect(await joined).toBe('done');
  });

  it('fails for everyone who waits when the work fails', async () => {
    const work = new SharedWork(() => Promise.reject(new Error('broken')));
    const both = await Promise.allSettled([work.join(signal), work.join(signal)]);
    expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  });

  it('aborts the work when the last one leaves, not before', async () => {
    const work = new SharedWork(() => new Promise<never>(() => undefined));
    const [a, b] = [new AbortController(), new AbortController()];
    const calls = [work.join(a.signal), work.join(b.signal)];
    a.abort();
    await expect(calls[0]).rejects.toMatchObject({ code: 'cancelled' });
    expect(work.open).toBe(true);
    b.abort();
    await expect(calls[1]).rejects.toMatchObject({ code: 'cancelled' });
    expect(work.open).toBe(false);
  });
});
