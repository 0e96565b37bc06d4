import { describe, expect, it } from 'vitest';
import type { ControlPlaneRecords } from '../../kernel/control-plane-records.ts';
import { EMPTY_STATE, versionOf } from '../desired-state/desired-state.ts';
import { setOf } from '../snapshot/snapshot.ts';
import type { Builders } from './builders.ts';
import { ENVOY_BUILDERS } from './envoy-builders.ts';
import { ALICE, NOW } from './fixtures/control-plane-under-test.ts';
import { cluster, controlPlanesForTests, none, route } from './fixtures/control-planes-for-tests.ts';
import { CLUSTER, ENDPOINTS, ROUTES, SMALL_BUILDERS } from './fixtures/small-builders.ts';

const { freshRecords, start } = controlPlanesForTests();

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
    // A batch ends early on a machine that is busy.
    expect(commits).toBeLessThan(50);
    expect(proxies.published.length - published).toBeLessThan(commits);
    const { versions, total } = await controlPlane.versions({ limit: 1, before: null });
    expect([total, versions[0]?.number]).toEqual([100, 100]);
    expect((await controlPlane.audit({ limit: 1, before: null })).total).toBe(101);
    expect((await controlPlane.stateAt('70')).clusters.get('a')?.spec).toEqual({ index: 69 });
  });

  it('stores what is compiled when compiling takes long, and makes each change once [control-plane.group-commit]', async () => {
    const slow: Builders = {
      ...SMALL_BUILDERS,
      buildUnit(unit, context) {
        const until = performance.now() + 60;
        while (performance.now() < until);
        return SMALL_BUILDERS.buildUnit(unit, context);
      },
    };
    const records = freshRecords();
    const commits: number[] = [];
    const counted: ControlPlaneRecords = {
      ...records,
      commit(batch) {
        commits.push(batch.versions.length);
        return records.commit(batch);
      },
    };
    const one = await start(counted, { builders: slow });
    const other = await start(records);
    await Promise.all([
      other.controlPlane.apply([cluster('other')], ALICE, NOW),
      ...['a', 'b', 'c', 'd', 'e'].map((name) => one.controlPlane.apply([cluster(name)], ALICE, NOW)),
    ]);
    expect(Math.max(...commits)).toBeLessThanOrEqual(2);
    expect((await one.controlPlane.versions({ limit: 1, before: null })).total).toBe(6);
    expect(one.controlPlane.state.clusters.size).toBe(6);
    await other.controlPlane.follow();
    expect(other.controlPlane.version).toBe(one.controlPlane.version);
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

describe('the builders of Envoy', () => {
  it('make a fleet of a few lines [control-plane.apply]', async () => {
    const { controlPlane } = await start(freshRecords(), { builders: ENVOY_BUILDERS });
    const endpoints = ['127.0.0.1:8000', '127.0.0.1:8001'];
    const applied = await controlPlane.apply(
      [cluster('headgate', { endpoints }), route('headgate', 'headgate')],
      ALICE,
      NOW,
    );
    const types = applied.comparison.resources.map(({ typeUrl }) => typeUrl.slice(typeUrl.lastIndexOf('.') + 1));
    expect(types.sort()).toEqual(['Cluster', 'ClusterLoadAssignment', 'Listener', 'RouteConfiguration']);
    const [listener] = setOf(controlPlane.snapshot('default'), 'type.googleapis.com/envoy.config.listener.v3.Listener');
    expect(listener && controlPlane.resourceJson(listener).name).toBe('default');
  });
});
