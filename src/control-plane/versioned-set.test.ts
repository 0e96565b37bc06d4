import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Versioned, VersionedSet } from './versioned-set.ts';

const item = fc.record({ name: fc.string({ maxLength: 3 }), version: fc.constantFrom('1', '2', '3') });

function asMap(set: Iterable<Versioned>): Map<string, string> {
  return new Map([...set].map(({ name, version }) => [name, version]));
}

test('has the version of its content, whatever changes led to it [control-plane.version-is-content]', () => {
  fc.assert(
    fc.property(
      fc.array(item),
      fc.array(fc.tuple(fc.array(item), fc.array(fc.string({ maxLength: 3 })))),
      (first, steps) => {
        let set = VersionedSet.of(first);
        const expected = asMap(first);
        for (const [changed, removed] of steps) {
          set = set.with(changed, removed);
          for (const name of removed) expected.delete(name);
          for (const { name, version } of changed) expected.set(name, version);
        }
        const again = VersionedSet.of([...expected].map(([name, version]) => ({ name, version })));
        expect(asMap(set)).toEqual(expected);
        expect(set.size).toBe(expected.size);
        expect(set.version).toBe(again.version);
      },
    ),
  );
});

test('says what leads from one set to another', () => {
  fc.assert(
    fc.property(fc.array(item), fc.array(item), (one, other) => {
      const [before, after] = [VersionedSet.of(one), VersionedSet.of(other)];
      const { changed, removed } = after.since(before);
      expect(before.with(changed, removed).version).toBe(after.version);
      const [old, next] = [asMap(one), asMap(other)];
      expect(asMap(changed)).toEqual(new Map([...next].filter(([name, version]) => old.get(name) !== version)));
      expect([...removed].sort()).toEqual([...old.keys()].filter((name) => !next.has(name)).sort());
      expect(after.version === before.version).toBe(changed.length + removed.length === 0);
    }),
  );
});

test('is itself where nothing changes', () => {
  const set = VersionedSet.of([{ name: 'a', version: '1' }]);
  expect(set.with([{ name: 'a', version: '1' }], ['b'])).toBe(set);
});
