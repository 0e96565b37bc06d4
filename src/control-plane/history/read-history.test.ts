import { describe, expect, it } from 'vitest';
import { HeadgateError } from '../../kernel/errors.ts';
import { setOf } from '../snapshot/snapshot.ts';
import { ALICE, NOW } from './fixtures/control-plane-under-test.ts';
import { cluster, controlPlanesForTests, none, route } from './fixtures/control-planes-for-tests.ts';
import { SECRET } from './fixtures/small-builders.ts';

const { freshRecords, start } = controlPlanesForTests();

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
    let gone = false;
    const { controlPlane, proxies, reports } = await start(freshRecords(), {
      async resolveSecret() {
        if (gone) throw new HeadgateError('not_found', 'It is gone.');
        return value;
      },
    });
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
    gone = true;
    await controlPlane.refreshSecrets();
    await controlPlane.refreshSecrets();
    expect(reports).toEqual(['secrets/s no longer resolves; what it held is served on: It is gone.']);
    expect(proxies.published.at(-1)?.snapshot).toBe(last);
  });
});
