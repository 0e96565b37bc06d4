import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EventHeap } from './event-heap.ts';

describe('the event heap', () => {
  it('hands out events in order of time, and of number within a time', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.integer({ min: 0, max: 40 }), fc.nat(500)), { maxLength: 300 }), (events) => {
        const heap = new EventHeap();
        for (const [time, event] of events) heap.push(time, event);
        const taken = events.map(() => [heap.time, heap.pop()]);
        expect(taken).toEqual([...events].sort((a, b) => a[0] - b[0] || a[1] - b[1]));
        expect([heap.size, heap.pop(), heap.time]).toEqual([0, -1, 0]);
      }),
    );
  });

  it('takes new events between others', () => {
    const heap = new EventHeap();
    heap.push(5, 1);
    heap.push(3, 2);
    expect(heap.pop()).toBe(2);
    heap.push(4, 3);
    expect([heap.pop(), heap.pop(), heap.size]).toEqual([3, 1, 0]);
  });
});
