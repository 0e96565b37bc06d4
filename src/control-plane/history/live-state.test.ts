import { describe, expect, it } from 'vitest';
import type { ControlPlaneRecords } from '../../kernel/control-plane-records.ts';
import { HeadgateError } from '../../kernel/errors.ts';
import { EMPTY_SNAPSHOT, setOf } from '../snapshot/snapshot.ts';
import type { Builders } from './builders.ts';
import { ALICE, failing, NOW } from './fixtures/control-plane-under-test.ts';
import { cluster, controlPlanesForTests, route } from './fixtures/control-planes-for-tests.ts';
import { CLUSTER, SMALL_BUILDERS } from './fixtures/small-builders.ts';

const { freshRecords, start } = controlPlanesForTests();

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

describe('a stored version that cannot be compiled any more', () => {
  it('is reported, publishes nothing, and can be corrected [control-plane.unservable]', async () => {
    const { controlPlane, records } = await start();
    await controlPlane.apply([cluster('a', { old: 1 }), cluster('b')], ALICE, NOW);
    await controlPlane.close();
    const stricter: Builders = {
      ...SMALL_BUILDERS,
      encode: (built) =>
        SMALL_BUILDERS.encode(built.json.old ? { ...built, json: { ...built.json, broken: 1 } } : built),
    };
    const again = await start(records, { builders: stricter });
    expect(again.reports).toContainEqual(expect.stringContaining('Version 1 of the store cannot be served here'));
    expect(again.proxies.published).toEqual([]);
    expect(again.controlPlane.version).toBe(controlPlane.version);
    await expect(again.controlPlane.apply([cluster('c')], ALICE, NOW)).rejects.toThrow('a: is broken');
    await again.controlPlane.apply([cluster('a', { new: 1 })], ALICE, NOW);
    expect([...setOf(again.controlPlane.snapshot('default'), CLUSTER)].map(({ name }) => name).sort()).toEqual([
      'a',
      'b',
    ]);
    expect(again.proxies.published).toHaveLength(1);
  });
});

describe('a secret that is not there at the start', () => {
  it('keeps nothing from being served for longer than it is away [control-plane.unservable]', async () => {
    const needed: Builders = {
      ...SMALL_BUILDERS,
      checkTogether: () => [],
      buildUnit(unit, context) {
        if (unit.kind === 'secret' && !context.secrets.has(unit.name))
          throw new HeadgateError('failed_precondition', `secrets/${unit.name} holds nothing.`);
        return SMALL_BUILDERS.buildUnit(unit, context);
      },
    };
    const { controlPlane, records } = await start(freshRecords(), { builders: needed });
    await controlPlane.apply([cluster('a'), { kind: 'secrets', name: 's', spec: { value: { env: 'S' } } }], ALICE, NOW);
    await controlPlane.close();
    let there = false;
    const again = await start(records, {
      builders: needed,
      async resolveSecret() {
        if (there) return 'secret';
        throw new HeadgateError('not_found', 'It is gone.');
      },
    });
    expect(again.proxies.published).toEqual([]);
    there = true;
    await again.controlPlane.refreshSecrets();
    expect(again.proxies.current.get('default')?.version).toBe(controlPlane.snapshot('default').version);
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

describe('a store that fails after it has written', () => {
  it('leaves no doubt: the change is there once, whatever the writer was told [control-plane.store-down] [control-plane.compare-and-set]', async () => {
    const records = freshRecords();
    let lost = false;
    const losing: ControlPlaneRecords = {
      ...records,
      async commit(batch) {
        const committed = await records.commit(batch);
        if (lost) throw new HeadgateError('unavailable', 'The connection was lost.');
        return committed;
      },
    };
    const { controlPlane, proxies } = await start(losing);
    await controlPlane.apply([cluster('a')], ALICE, NOW);
    lost = true;
    await expect(controlPlane.apply([cluster('b')], ALICE, NOW)).rejects.toMatchObject({ code: 'unavailable' });
    expect(controlPlane.state.clusters.has('b')).toBe(false);
    lost = false;
    await controlPlane.apply([cluster('c')], ALICE, NOW);
    expect([...controlPlane.state.clusters].map(({ name }) => name).sort()).toEqual(['a', 'b', 'c']);
    expect(setOf(proxies.published.at(-1)?.snapshot ?? EMPTY_SNAPSHOT, CLUSTER).size).toBe(3);
    expect((await controlPlane.versions({ limit: 1, before: null })).total).toBe(3);
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
    const stale = other.controlPlane.version;
    await one.controlPlane.apply([cluster('a')], ALICE, NOW);
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
