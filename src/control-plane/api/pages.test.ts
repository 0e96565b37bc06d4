import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cursorOf, pageAfter, positionOf } from './pages.ts';

describe('pages', () => {
  it('put together are the whole, whatever their length [control-plane-api.pages]', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.string({ minLength: 1 })), fc.integer({ min: 1, max: 7 }), (names, limit) => {
        const sorted = [...names].sort((one, other) => (one < other ? -1 : 1));
        const seen: string[] = [];
        let cursor: string | undefined;
        do {
          const page = pageAfter(sorted, (name) => name, { limit, cursor });
          expect([page.total, page.items.length <= limit]).toEqual([names.length, true]);
          seen.push(...page.items);
          cursor = page.next_cursor ?? undefined;
        } while (cursor !== undefined);
        expect(seen).toEqual(sorted);
      }),
    );
  });

  it('begin where the cursor says, and take no other cursor [control-plane-api.pages]', () => {
    fc.assert(
      fc.property(fc.string(), (position) => {
        expect(positionOf(cursorOf(position))).toBe(position);
      }),
    );
    for (const wrong of ['', 'x', '../..', 'eHg'])
      expect(() => positionOf(wrong)).toThrow('The cursor is not one that this server gave out.');
  });
});
