import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { LOCAL_TENANT } from '../../kernel/caller.ts';
import type { ControlPlaneRecords } from '../../kernel/control-plane-records.ts';
import { EMPTY_STATE, type ObjectChange, versionOf } from '../desired-state/desired-state.ts';
import { setOf } from '../snapshot/snapshot.ts';
import type { EditableControlPlane } from './edit.ts';
import {
  ALICE,
  controlPlaneOver,
  failing,
  NOW,
  type TemporaryStore,
  temporaryStore,
} from './fixtures/control-plane-under-test.ts';
import { CLUSTER, ENDPOINTS, ROUTES, SECRET } from './fixtures/small-builders.ts';

let store: TemporaryStore;
let tenants = 0;
const open: EditableControlPlane[] = [];

beforeAll(async () => {
  store = await temporaryStore();
});

afterAll(() => store.remove());

afterEach(async () => {
  await Promise.all(open.splice(0).map((controlPlane) => controlPlane.close()));
});

/** Records of a control plane that nobody else has. */
function freshRecords(): ControlPlaneRecords {
  tenants += 1;
  return store.store.controlPlane(`${LOCAL_TENANT}-${tenants}`);
}

async function start(records = freshRecords(), over: Parameters<typeof controlPlaneOver>[1] = {}) {
  const started = await controlPlaneOver(records, over);
  open.push(started.controlPlane);
  return { ...started, records };
}

const cluster = (name: string, spec: Record<string, unknown> = {}): ObjectChange => ({ kind: 'clusters', name, spec });
const route = (name: string, to: string, spec: Record<string, unknown> = {}): ObjectChange => ({
  kind: 'routes',
  name,
  spec: { cluster: to, ...spec },
});
const none = (kind: ObjectChange['kind'], name: string): ObjectChange => ({ kind, name, spec: null });

describe('applying changes', () => {
  it('checks, compiles, stores and publishes them as one version [control-plane.apply]', async () => {
    const { controlPlane, proxies } = await start();
    expect(controlPlane.version).toBe(versionOf(EMPTY_STATE));
    const applied = await controlPlane.apply([cluster('a', { port: 1 }), route('r', 'a')], ALICE, NOW);
    expect(applied).toMatchObject({ version: controlPlane.version, parent: versionOf(EMPTY_STATE), changed: true });
    expect(applied.comparison.objects).toEqual([
      { kind: 'clusters', name: 'a', change: 'added', fields: [{ pointer: '/port', is: 1 }] },
      { kind: 'routes', name: 'r', change: 'added', fields: [{ pointer: '/cluster', is: 'a' }] },
    ]);
    expect(applied.comparison.resources.map(({ typeUrl, name, change }) => [typeUrl, name, change])).toEqual([
      [CLUSTER, 'a', 'added'],
      [ENDPOINTS, 'a', 'added'],
      [ROUTES, 'r', 'added'],
    ]);
    const published = proxies.published.at(-1);
    expect(published).toEqual({ group: 'default', snapshot: controlPlane.snapshot('default') });
    expect(published && setOf(published.snapshot, ROUTES).get('r')?.references[0]?.name).toBe('a');
    expect(await controlPlane.findVersion('1')).toMatchObject({
      number: 1,
      version: applied.version,
      parent: null,
      author: ALICE,
      changedCount: 2,
      removedCount: 0,
      objects: ['clusters/a', 'routes/r'],
      snapshots: { default: published?.snapshot.version },
    });
  });

  it.each([
    ['its schema', [cluster('b'), cluster('c', { wrong: true })], 'clusters/c: is wrong'],
    ['its builder', [cluster('b', { broken: true })], 'b: is broken'],
    ['the checks', [cluster('b'), route('q', 'absent')], 'routes/q: names the cluster absent'],
    ['a second change of it', [cluster('b'), cluster('b', { x: 1 })], 'clusters/b: is changed twice at once'],
  ])(
    'leaves nothing behind of a change that %s refuses [control-plane.all-or-nothing]',
    async (_by, changes, words) => {
      const { controlPlane, proxies } = await start();
      await controlPlane.apply([cluster('a')], ALICE, NOW);
      const { version, state } = controlPlane;
      const published = proxies.published.length;
      await expect(controlPlane.apply(changes, ALICE, NOW)).rejects.toMatchObject({
        code: 'invalid_argument',
        message: expect.stringContaining(words),
      });
      expect(controlPlane.version).toBe(version);
      expect(controlPlane.state).toBe(state);
      expect(proxies.published).toHaveLength(published);
      expect((await controlPlane.versions({ limit: 10, before: null })).total).toBe(1);
      await controlPlane.apply([route('r', 'a')], ALICE, NOW);
      expect((await controlPlane.versions({ limit: 10, before: null })).total).toBe(2);
    },
  );

  it('makes no version of what is so already [control-plane.unchanged]', async () => {
    const { controlPlane, proxies } = await start();
    await controlPlane.apply([cluster('a', { x: 1, y: 2 })], ALICE, NOW);
    const published = proxies.published.length;
    const applied = await controlPlane.apply([cluster('a', { y: 2, x: 1 })], ALICE, NOW);
    expect(applied).toMatchObject({ changed: false, parent: applied.version });
    expect(proxies.published).toHaveLength(published);
    const { entries } = await controlPlane.audit({ limit: 1, before: null });
    expect(entries[0]?.outcome).toBe('unchanged');
  });

  it('replaces everything when it is told to, and names what is not there to remove [control-plane.replace]', async () => {
    const { controlPlane } = await start();
    await controlPlane.apply([cluster('alpha'), cluster('b')], ALICE, NOW);
    await expect(controlPlane.apply([none('clusters', 'alpa')], ALICE, NOW)).rejects.toMatchObject({
      code: 'not_found',
      hint: 'There is alpha.',
    });
    await controlPlane.apply([cluster('c')], ALICE, { ...NOW, replace: true });
    expect([...controlPlane.state.clusters].map(({ name }) => name)).toEqual(['c']);
  });

  it('tries a change without making it [control-plane.dry-run]', async () => {
    const { controlPlane, proxies } = await start();
    await controlPlane.apply([cluster('a')], ALICE, NOW);
    const { version } = controlPlane;
    const tried = await controlPlane.apply([cluster('b'), route('r', 'b')], ALICE, { ...NOW, dryRun: true });
    expect(tried.changed).toBe(true);
    expect(tried.comparison.resources).toHaveLength(3);
    expect(controlPlane.version).toBe(version);
    expect(proxies.published).toHaveLength(2);
    expect((await controlPlane.audit({ limit: 9, before: null })).total).toBe(1);
    const applied = await controlPlane.apply([cluster('b'), route('r', 'b')], ALICE, NOW);
    expect(applied.version).toBe(tried.version);
    expect(applied.comparison).toEqual(tried.comparison);
  });

  it('tells all problems of a change without making it [control-plane.validate]', async () => {
    const { controlPlane } = await start();
    const wrong = [cluster('a', { wrong: 1 }), cluster('b', { wrong: 1 })];
    const problems = await controlPlane.validate(wrong, { replace: false });
    expect(problems.map(({ path }) => path)).toEqual(['clusters/a', 'clusters/b']);
    expect(await controlPlane.validate([cluster('a')], { replace: true })).toEqual([]);
    expect(await controlPlane.validate([none('routes', 'r')], { replace: false })).toMatchObject([
      { rule: 'not-found' },
    ]);
  });

  it('refuses what was meant for another version, naming the current one [control-plane.optimistic-concurrency]', async () => {
    const { controlPlane } = await start();
    const { version } = await controlPlane.apply([cluster('a')], ALICE, NOW);
    await controlPlane.apply([cluster('b')], ALICE, { ...NOW, expected: version });
    await expect(controlPlane.apply([cluster('c')], ALICE, { ...NOW, expected: version })).rejects.toMatchObject({
      code: 'aborted',
      details: { current: controlPlane.version },
    });
    const object = controlPlane.state.clusters.get('a')?.version ?? '';
    const change = (expected: string | null, name = 'a') =>
      controlPlane.apply([cluster(name, { x: 1 })], ALICE, {
        ...NOW,
        expectedObject: { kind: 'clusters', name, version: expected },
      });
    await expect(change(null)).rejects.toMatchObject({ code: 'aborted' });
    await expect(change('other')).rejects.toMatchObject({ code: 'aborted', details: { current_object: object } });
    await change(object);
    await change(null, 'new');
    expect(controlPlane.state.clusters.get('new')?.spec).toEqual({ x: 1 });
  });

  it('stores changes that come together in one transaction, each with its version and audit [control-plane.group-commit]', async () => {
    const records = freshRecords();
    let commits = 0;
    const counted = { ...records, commit: (batch: never) => records.commit(batch).finally(() => (commits += 1)) };
    const { controlPlane, proxies } = await start(counted as ControlPlaneRecords);
    await controlPlane.apply([cluster('a')], ALICE, NOW);
    const published = proxies.published.length;
    const results = await Promise.allSettled(
      Array.from({ length: 100 }, (_, index) =>
        controlPlane.apply([cluster('a', index === 50 ? { wrong: 1 } : { index })], ALICE, NOW),
      ),
    );
    expect(results.filter(({ status }) => status === 'rejected')).toHaveLength(1);
    expect(commits).toBeLessThanOrEqual(3);
    expect(proxies.published.length - published).toBeLessThanOrEqual(2);
    const { versions, total } = await controlPlane.versions({ limit: 1, before: null });
    expect([total, versions[0]?.number]).toEqual([100, 100]);
    expect((await controlPlane.audit({ limit: 1, before: null })).total).toBe(101);
    expect((await controlPlane.stateAt('70')).clusters.get('a')?.spec).toEqual({ index: 69 });
  });

  it('builds a group that comes, and lets go of one that goes [control-plane.groups]', async () => {
    const { controlPlane, proxies } = await start();
    await controlPlane.apply([cluster('a'), route('r', 'a', { groups: ['edge'] })], ALICE, NOW);
    expect(setOf(controlPlane.snapshot('default'), ROUTES).size).toBe(0);
    await controlPlane.apply([{ kind: 'groups', name: 'edge', spec: { match: [{ cluster: 'e' }] } }], ALICE, NOW);
    expect(controlPlane.groups()).toEqual(['default', 'edge']);
    expect(setOf(controlPlane.snapshot('edge'), ROUTES).has('r')).toBe(true);
    expect(proxies.regrouped).toBe(1);
    await controlPlane.apply([none('groups', 'edge')], ALICE, NOW);
    expect(proxies.regrouped).toBe(2);
    expect(() => controlPlane.snapshot('edge')).toThrow('There is no group "edge"');
    expect(proxies.published.at(-1)?.group).toBe('edge');
    expect(proxies.published.at(-1)?.snapshot.sets.get(CLUSTER)?.size).toBe(0);
  });
});

describe('the audit', () => {
  it('keeps who, when, why, from, to and what, field by field, also of what was refused [control-plane.audit]', async () => {
    const { controlPlane } = await start();
    const first = await controlPlane.apply([cluster('a', { port: 1, tls: { on: true } })], ALICE, NOW);
    const second = await controlPlane.apply([cluster('a', { port: 2, tls: {} })], ALICE, NOW);
    await expect(controlPlane.apply([route('r', 'x')], ALICE, NOW)).rejects.toThrow();
    const { entries, total } = await controlPlane.audit({ limit: 2, before: null });
    expect(total).toBe(3);
    expect(entries).toMatchObject([
      {
        author: ALICE,
        action: 'apply',
        outcome: 'refused',
        error: 'invalid_argument: routes/r: names the cluster x, which is not there',
        fromVersion: second.version,
        toVersion: null,
        difference: { objects: [{ kind: 'routes', name: 'r', change: 'added' }], cut: false },
      },
      {
        outcome: 'applied',
        error: null,
        fromVersion: first.version,
        toVersion: second.version,
        difference: {
          objects: [
            {
              kind: 'clusters',
              name: 'a',
              change: 'changed',
              fields: [
                { pointer: '/port', was: 1, is: 2 },
                { pointer: '/tls/on', was: true },
              ],
            },
          ],
          cut: false,
        },
      },
    ]);
    const older = await controlPlane.audit({ limit: 2, before: entries[1]?.id ?? '' });
    expect(older.entries.map(({ toVersion }) => toVersion)).toEqual([first.version]);
  });

  it('cuts what is long, and says so; masks keys that stand in resources [control-plane.audit-cut] [control-plane.masked]', async () => {
    const { controlPlane } = await start();
    const key = '-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----';
    const spec = { tls: { private_key: { inline_string: key }, password: { inline_string: 'hunter2' } } };
    await controlPlane.apply([{ kind: 'resources', name: 'raw', spec }], ALICE, NOW);
    const many = Object.fromEntries(Array.from({ length: 300 }, (_, index) => [`f${index}`, index]));
    await controlPlane.apply([cluster('a', many)], ALICE, NOW);
    const { entries } = await controlPlane.audit({ limit: 2, before: null });
    expect(entries[0]?.difference.cut).toBe(true);
    expect(entries[0]?.difference.objects[0]?.fields).toHaveLength(200);
    const shown = JSON.stringify([entries, await controlPlane.compare('1', '2')]);
    expect(shown).not.toContain('MIIE');
    expect(shown).not.toContain('hunter2');
  });
});

describe('history', () => {
  it('finds a version by number, hash and beginning of one [control-plane.find-version]', async () => {
    const { controlPlane } = await start();
    const { version } = await controlPlane.apply([cluster('a')], ALICE, NOW);
    await controlPlane.apply([cluster('b')], ALICE, NOW);
    await controlPlane.apply([none('clusters', 'b')], ALICE, NOW);
    expect((await controlPlane.findVersion(version)).number).toBe(3);
    expect((await controlPlane.findVersion(version.slice(0, 8))).number).toBe(3);
    expect((await controlPlane.findVersion('1')).version).toBe(version);
    await expect(controlPlane.findVersion('4')).rejects.toMatchObject({ code: 'not_found' });
    await expect(controlPlane.findVersion('ffffffffffffffff')).rejects.toMatchObject({ code: 'not_found' });
    await expect(controlPlane.findVersion("'; drop")).rejects.toMatchObject({ code: 'invalid_argument' });
  });

  it('compares two versions, objects by field and resources by group [control-plane.compare]', async () => {
    const { controlPlane } = await start();
    await controlPlane.apply([cluster('a', { port: 1 }), cluster('b'), route('r', 'a')], ALICE, NOW);
    await controlPlane.apply([cluster('a', { port: 2 })], ALICE, NOW);
    await controlPlane.apply([route('r', 'a', { x: 1 }), none('clusters', 'b')], ALICE, NOW);
    const comparison = await controlPlane.compare('1', '3');
    expect(comparison.objects).toEqual([
      { kind: 'clusters', name: 'a', change: 'changed', fields: [{ pointer: '/port', was: 1, is: 2 }] },
      { kind: 'routes', name: 'r', change: 'changed', fields: [{ pointer: '/x', is: 1 }] },
      { kind: 'clusters', name: 'b', change: 'removed', fields: [] },
    ]);
    expect(comparison.resources.map(({ group, name, change }) => [group, name, change])).toEqual([
      ['default', 'a', 'changed'],
      ['default', 'r', 'changed'],
      ['default', 'b', 'removed'],
      ['default', 'b', 'removed'],
    ]);
    expect((await controlPlane.compare('3', '1')).objects).toHaveLength(3);
  });

  it('rolls back to any version as a new one, by number, hash or beginning [control-plane.rollback]', async () => {
    const { controlPlane, proxies } = await start();
    const first = await controlPlane.apply([cluster('a', { port: 1 }), route('r', 'a')], ALICE, NOW);
    const snapshot = controlPlane.snapshot('default').version;
    await controlPlane.apply([cluster('b'), route('r', 'b'), none('clusters', 'a')], ALICE, NOW);
    const back = await controlPlane.rollback(first.version.slice(0, 6), ALICE, { ...NOW, force: false });
    expect(back.version).toBe(first.version);
    expect(proxies.published.at(-1)?.snapshot.version).toBe(snapshot);
    expect(await controlPlane.findVersion('3')).toMatchObject({ version: first.version, author: ALICE });
    const { entries } = await controlPlane.audit({ limit: 1, before: null });
    expect(entries[0]).toMatchObject({ action: 'rollback', outcome: 'applied', toVersion: first.version });
    await expect(
      controlPlane.rollback('2', ALICE, { expected: 'other', dryRun: false, force: false }),
    ).rejects.toMatchObject({ code: 'aborted' });
    const tried = await controlPlane.rollback('2', ALICE, { expected: null, dryRun: true, force: false });
    expect(tried.changed).toBe(true);
    expect(controlPlane.version).toBe(first.version);
  });

  it('refuses to roll back to a secret that no longer resolves, unless it is forced [control-plane.rollback-unreachable]', async () => {
    let there = true;
    const { HeadgateError } = await import('../../kernel/errors.ts');
    const { controlPlane } = await start(freshRecords(), {
      resolveSecret: async (_secret, purpose) => {
        if (there) return 'material';
        throw new HeadgateError('not_found', `There is no file for ${purpose}.`);
      },
    });
    await controlPlane.apply([{ kind: 'secrets', name: 's', spec: { value: { file: '/s' } } }], ALICE, NOW);
    await controlPlane.apply([none('secrets', 's')], ALICE, NOW);
    there = false;
    await expect(controlPlane.rollback('1', ALICE, { ...NOW, force: false })).rejects.toMatchObject({
      code: 'failed_precondition',
      message: expect.stringContaining('secrets/s: There is no file for the value of secrets/s.'),
    });
    const forced = await controlPlane.rollback('1', ALICE, { ...NOW, force: true });
    expect(forced.warnings).toMatchObject([{ rule: 'unresolved-secret', severity: 'warning' }]);
  });

  it('publishes what a secret holds when that changes, as the same version [control-plane.secrets-renewed]', async () => {
    let value = 'one';
    const { controlPlane, proxies } = await start(freshRecords(), { resolveSecret: async () => value });
    await controlPlane.apply([{ kind: 'secrets', name: 's', spec: { value: { file: '/s' } } }], ALICE, NOW);
    const { version } = controlPlane;
    const published = proxies.published.length;
    await controlPlane.refreshSecrets();
    expect(proxies.published).toHaveLength(published);
    value = 'two';
    await controlPlane.refreshSecrets();
    expect(controlPlane.version).toBe(version);
    const last = proxies.published.at(-1)?.snapshot;
    expect(last && Buffer.from(setOf(last, SECRET).get('s')?.body ?? []).toString()).toContain('two');
  });
});

describe('a restart', () => {
  it('resumes exactly the version, with the same versions of all resources [control-plane.resume]', async () => {
    const { controlPlane, records } = await start();
    await controlPlane.apply([cluster('a'), route('r', 'a')], ALICE, NOW);
    await controlPlane.apply([{ kind: 'groups', name: 'edge', spec: { match: [{ cluster: 'e' }] } }], ALICE, NOW);
    await controlPlane.close();
    const again = await start(records);
    expect(again.controlPlane.version).toBe(controlPlane.version);
    expect(again.controlPlane.groups()).toEqual(['default', 'edge']);
    for (const group of ['default', 'edge']) {
      expect(again.controlPlane.snapshot(group).version).toBe(controlPlane.snapshot(group).version);
      expect(again.proxies.current.get(group)?.version).toBe(controlPlane.snapshot(group).version);
    }
    await again.controlPlane.apply([cluster('b')], ALICE, NOW);
    expect((await again.controlPlane.findVersion('3')).parent).toBe(controlPlane.version);
  });
});

describe('a store that is down', () => {
  it('keeps serving, refuses changes, and recovers by itself [control-plane.store-down]', async () => {
    const guarded = failing(freshRecords());
    const { controlPlane, proxies } = await start(guarded.records);
    await controlPlane.apply([cluster('a')], ALICE, NOW);
    const before = controlPlane.snapshot('default');
    const published = proxies.published.length;
    guarded.switch.down = true;
    const refused = await Promise.allSettled([
      controlPlane.apply([cluster('b')], ALICE, NOW),
      controlPlane.apply([cluster('c'), route('r', 'c')], ALICE, NOW),
      controlPlane.apply([cluster('d', { wrong: 1 })], ALICE, NOW),
      controlPlane.apply([cluster('e')], ALICE, { ...NOW, dryRun: true }),
    ]);
    expect(refused.map((one) => (one.status === 'rejected' ? one.reason.code : one.status))).toEqual([
      'unavailable',
      'unavailable',
      'invalid_argument',
      'fulfilled',
    ]);
    expect(refused[0]).toMatchObject({ reason: { hint: expect.stringContaining('Proxies keep what they have') } });
    expect(controlPlane.snapshot('default')).toBe(before);
    expect(proxies.published).toHaveLength(published);
    guarded.switch.down = false;
    await controlPlane.apply([cluster('c'), route('r', 'c')], ALICE, NOW);
    expect(setOf(controlPlane.snapshot('default'), CLUSTER).size).toBe(2);
  });
});

describe('several control planes on one store', () => {
  it('follow each other, and no change is lost or made twice [control-plane.several] [control-plane.compare-and-set]', async () => {
    const one = await start();
    const other = await start(one.records);
    await one.controlPlane.apply([cluster('a')], ALICE, NOW);
    await other.controlPlane.follow();
    expect(other.controlPlane.version).toBe(one.controlPlane.version);
    expect(other.proxies.current.get('default')?.version).toBe(one.controlPlane.snapshot('default').version);
    // Both change what they see at the same time: the second one is compiled again on top of the first.
    await Promise.all([
      one.controlPlane.apply([cluster('b')], ALICE, NOW),
      other.controlPlane.apply([cluster('c')], ALICE, NOW),
    ]);
    await Promise.all([one.controlPlane.follow(), other.controlPlane.follow()]);
    expect(one.controlPlane.version).toBe(other.controlPlane.version);
    expect(one.controlPlane.state.clusters.size).toBe(3);
    expect((await one.controlPlane.versions({ limit: 1, before: null })).total).toBe(3);
  });

  it('refuse a change of what they have not seen yet, when it names the version [control-plane.compare-and-set]', async () => {
    const one = await start();
    const other = await start(one.records);
    await one.controlPlane.apply([cluster('a')], ALICE, NOW);
    const stale = other.controlPlane.version;
    await expect(other.controlPlane.apply([cluster('b')], ALICE, { ...NOW, expected: stale })).rejects.toMatchObject({
      code: 'aborted',
      details: { current: one.controlPlane.version },
    });
    expect(other.controlPlane.version).toBe(one.controlPlane.version);
  });
});

describe('a state that comes from a file', () => {
  it('is not changed by others, unless they are to be merged [control-plane.file-owns]', async () => {
    const file = { path: '/etc/cp.yaml', policy: 'exclusive' } as const;
    const { controlPlane, records } = await start(freshRecords(), { file });
    await expect(controlPlane.apply([cluster('a')], ALICE, NOW)).rejects.toMatchObject({
      code: 'failed_precondition',
      message: expect.stringContaining('/etc/cp.yaml'),
    });
    await controlPlane.apply([cluster('a')], { ...ALICE, via: 'file' }, NOW);
    await controlPlane.apply([], { ...ALICE, via: 'file' }, { ...NOW, replace: true });
    await controlPlane.rollback('1', ALICE, { ...NOW, force: false });
    const merging = await start(records, { file: { ...file, policy: 'merge' } });
    await merging.controlPlane.apply([cluster('b')], ALICE, NOW);
    expect(merging.controlPlane.state.clusters.size).toBe(2);
  });
});
