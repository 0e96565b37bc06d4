import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Resource, resourceType } from '../resource.ts';
import { SnapshotChecks } from './check-snapshot.ts';
import { EMPTY_SNAPSHOT, type Snapshot, type SnapshotChange, withChange } from './snapshot.ts';

const url = (type: string) => resourceType(type)?.typeUrl ?? '';

/** `clusters/a` that names others. */
function resource(path: string, named: readonly string[] = [], binds: readonly string[] = []): Resource {
  const [type = '', name = ''] = path.split('/');
  const references = named.map((each, index) => ({
    typeUrl: url(each.split('/')[0] ?? ''),
    name: each.split('/')[1] ?? '',
    path: `field[${index}]`,
  }));
  return {
    name,
    typeUrl: url(type),
    version: JSON.stringify([path, named, binds]),
    body: new Uint8Array(0),
    references,
    binds,
    ttlMs: null,
    warmsByHealthCheck: false,
  };
}

const removed = (...paths: string[]) =>
  paths.map((path) => ({ typeUrl: url(path.split('/')[0] ?? ''), name: path.split('/')[1] ?? '' }));

/** A group's snapshot that changes as long as nothing is wrong. */
class Group {
  readonly checks = new SnapshotChecks();
  snapshot: Snapshot = EMPTY_SNAPSHOT;

  try(change: Partial<SnapshotChange>): string[] {
    const whole = { changed: [], removed: [], ...change };
    const problems = this.checks.check(withChange(this.snapshot, whole), whole);
    return problems.map(({ severity, rule, path, message }) => `${severity} ${rule} ${path}: ${message}`);
  }

  apply(change: Partial<SnapshotChange>): void {
    const whole = { changed: [], removed: [], ...change };
    this.snapshot = withChange(this.snapshot, whole);
    this.checks.commit(this.snapshot, whole);
  }
}

describe('SnapshotChecks', () => {
  it('takes a route whose cluster comes in the same change', () => {
    const group = new Group();
    const change = [
      resource('listeners/default', ['routes/default']),
      resource('routes/default', ['clusters/a']),
      resource('clusters/a', ['endpoints/a']),
      resource('endpoints/a'),
    ];
    expect(group.try({ changed: change })).toEqual([]);
  });

  it('refuses a route without its cluster, a listener without its routes and a cluster without its endpoints [snapshots.dangling]', () => {
    const group = new Group();
    group.apply({ changed: [resource('clusters/search'), resource('listeners/x', ['routes/default'])] });
    const changed = [
      resource('routes/default', ['clusters/search', 'clusters/serach']),
      resource('listeners/default', ['routes/other']),
      resource('clusters/b', ['endpoints/b']),
    ];
    expect(group.try({ changed })).toEqual([
      'error dangling-reference routes/default: field[1]: There is no clusters/serach.',
      'error dangling-reference listeners/default: field[0]: There is no routes/other. The listener would never become ready.',
      'error dangling-reference clusters/b: field[0]: There is no endpoints/b. The cluster would wait for them for ever.',
    ]);
    const problems = group.checks.check(withChange(group.snapshot, { changed, removed: [] }), { changed, removed: [] });
    expect(problems[0]?.hint).toBe('Did you mean search?');
  });

  it('knows the cluster that proxies have from their bootstrap', () => {
    const group = new Group();
    group.apply({ changed: [resource('listeners/x', ['routes/default'])] });
    expect(group.try({ changed: [resource('routes/default', ['clusters/headgate_control_plane'])] })).toEqual([]);
    const checks = new SnapshotChecks({ staticClusters: new Set(['mine']) });
    const change = { changed: [resource('clusters/a', ['clusters/mine'])], removed: [] };
    expect(checks.check(withChange(EMPTY_SNAPSHOT, change), change)).toEqual([]);
  });

  it('refuses to remove what is still named [snapshots.removal]', () => {
    const group = new Group();
    group.apply({
      changed: [
        resource('clusters/a'),
        resource('clusters/b'),
        resource('routes/r', ['clusters/a']),
        resource('listeners/l', ['routes/r']),
      ],
    });
    const message = 'clusters/a would be removed, and is named here.';
    expect(group.try({ removed: removed('clusters/a') })).toEqual([
      `error dangling-reference routes/r: field[0]: ${message}`,
    ]);
    expect(group.try({ removed: removed('clusters/b') })).toEqual([]);
    expect(group.try({ removed: removed('clusters/a', 'routes/r', 'listeners/l') })).toEqual([]);
    expect(group.try({ removed: removed('clusters/a'), changed: [resource('routes/r', ['clusters/b'])] })).toEqual([]);
  });

  it('forgets what no longer names anything [snapshots.removal]', () => {
    const group = new Group();
    group.apply({ changed: [resource('clusters/a'), resource('clusters/b'), resource('clusters/c', ['clusters/a'])] });
    group.apply({ changed: [resource('clusters/c', ['clusters/b'])] });
    expect(group.try({ removed: removed('clusters/a') })).toEqual([]);
    expect(group.try({ removed: removed('clusters/b') })).toHaveLength(1);
    group.apply({ removed: removed('clusters/c') });
    expect(group.try({ removed: removed('clusters/b') })).toEqual([]);
  });

  it('refuses two resources of one name, and one that names itself [snapshots.duplicates]', () => {
    const group = new Group();
    expect(group.try({ changed: [resource('clusters/a'), resource('clusters/a')] })).toEqual([
      'error duplicate-name clusters/a: Two resources of one type are named a.',
    ]);
    expect(group.try({ changed: [resource('clusters/a', ['clusters/a'])] })).toEqual([
      'error self-reference clusters/a: field[0]: clusters/a names itself.',
    ]);
  });

  it('refuses two listeners that bind the same, in one change or after one another [snapshots.ports]', () => {
    const group = new Group();
    const all = resource('listeners/all', [], ['tcp 0.0.0.0:10000']);
    const one = resource('listeners/one', [], ['tcp 10.0.0.1:10000', 'tcp 10.0.0.1:443']);
    const said =
      'error port-conflict listeners/one: The listeners all and one cannot both bind tcp 10.0.0.1:10000, and tcp 0.0.0.0:10000 covers it or is covered by it.';
    expect(group.try({ changed: [all, one] })).toEqual([said]);
    group.apply({ changed: [all] });
    expect(group.try({ changed: [one] })).toEqual([said]);
    expect(group.try({ changed: [one], removed: removed('listeners/all') })).toEqual([]);
    expect(group.try({ changed: [one, resource('listeners/all', [], ['tcp 0.0.0.0:80'])] })).toEqual([]);
    expect(group.try({ changed: [resource('listeners/udp', [], ['udp 0.0.0.0:10000'])] })).toEqual([]);
    expect(group.try({ changed: [resource('listeners/two', [], ['tcp 1.1.1.1:1', 'tcp 1.1.1.1:1'])] })).toEqual([
      'error port-conflict listeners/two: The listener binds tcp 1.1.1.1:1 twice.',
    ]);
    group.apply({ removed: removed('listeners/all') });
    expect(group.try({ changed: [one] })).toEqual([]);
  });

  it('says what no proxy will ask for', () => {
    const group = new Group();
    expect(group.try({ changed: [resource('endpoints/a')] })).toEqual([
      'warning not-referenced endpoints/a: Nothing names endpoints/a: no proxy will ask for it.',
    ]);
    group.apply({ changed: [resource('clusters/a', ['endpoints/a'])] });
    expect(group.try({ changed: [resource('endpoints/a')] })).toEqual([]);
  });

  it('names at most 100 of many problems', () => {
    const group = new Group();
    const names = Array.from({ length: 5_000 }, (_, index) => `clusters/${index}`);
    expect(group.try({ changed: [resource('clusters/x', names)] })).toHaveLength(100);
  });

  it('says the same of a change as of the whole that it leads to [snapshots.change-sized]', () => {
    const names = ['clusters/a', 'clusters/b', 'routes/a', 'listeners/a', 'endpoints/a'] as const;
    const anyResource = fc
      .tuple(
        fc.constantFrom(...names),
        fc.subarray([...names]),
        fc.subarray(['tcp 0.0.0.0:1', 'tcp 127.0.0.1:1', 'tcp [::]:1']),
      )
      .map(([path, named, binds]) =>
        resource(
          path,
          named.filter((name) => name !== path),
          path.startsWith('listeners') ? binds : [],
        ),
      );
    const anyChange = fc.record({
      changed: fc.uniqueArray(anyResource, { selector: (each) => `${each.typeUrl} ${each.name}`, maxLength: 3 }),
      removed: fc.subarray([...names], { maxLength: 2 }).map((paths) => removed(...paths)),
    });
    fc.assert(
      fc.property(fc.array(anyChange, { maxLength: 12 }), (changes) => {
        const group = new Group();
        for (const { changed, removed: gone } of changes) {
          const change = {
            changed,
            removed: gone.filter(
              ({ typeUrl, name }) => !changed.some((each) => each.typeUrl === typeUrl && each.name === name),
            ),
          };
          const wrong = group.try(change).some((said) => said.startsWith('error'));
          const next = withChange(group.snapshot, change);
          const whole = { changed: [...next.sets.values()].flatMap((set) => [...set]), removed: [] };
          const fresh = new SnapshotChecks().check(next, whole).some(({ severity }) => severity === 'error');
          expect(wrong).toBe(fresh);
          if (!wrong) group.apply(change);
        }
      }),
    );
  });
});
