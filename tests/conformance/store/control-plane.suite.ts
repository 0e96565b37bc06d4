import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type {
  ControlPlaneRecords,
  StoredChangeAudit,
  StoredObjectChange,
  StoredVersion,
} from '../../../src/kernel/control-plane-records.ts';
import type { Store } from '../../../src/store/open-store.ts';
import type { StoreUnderTest } from './opened-store.ts';

const START = Date.parse('2026-01-02T03:04:05Z');
const HOUR_MS = 3_600_000;

const version = (number: number, over: Partial<StoredVersion> = {}): StoredVersion => ({
  number,
  version: number.toString(16).padStart(16, 'a'),
  parent: number === 1 ? null : (number - 1).toString(16).padStart(16, 'a'),
  subject: 'ünï',
  via: 'api',
  reason: null,
  at: START + number * HOUR_MS,
  changedCount: 1,
  removedCount: 0,
  objects: ['clusters/a'],
  snapshots: { default: 'abc' },
  configuration: true,
  auditId: `audit-${number}`,
  ...over,
});

const audit = (number: number, over: Partial<StoredChangeAudit> = {}): StoredChangeAudit => ({
  id: `audit-${String(number).padStart(4, '0')}`,
  at: START + number * HOUR_MS,
  subject: 'ünï',
  via: 'api',
  reason: 'because',
  action: 'apply',
  outcome: 'applied',
  error: null,
  fromVersion: null,
  toVersion: 'aaaaaaaaaaaaaaa1',
  difference: '{"objects":[],"cut":false}',
  configuration: true,
  ...over,
});

const put = (number: number, name: string, spec: string | null = `{"n":${number}}`): StoredObjectChange => ({
  number,
  kind: 'clusters',
  name,
  spec,
});

/** What the memory of the control plane promises on every database. */
export function describeControlPlane({ open }: StoreUnderTest): void {
  describe('the memory of the control plane', () => {
    let store: Store;
    let tenants = 0;

    beforeAll(async () => {
      store = await open();
    });

    afterAll(() => store.close());

    const fresh = (): ControlPlaneRecords => {
      tenants += 1;
      return store.controlPlane(`control-plane-${tenants}`);
    };
    const commit = (records: ControlPlaneRecords, after: number, ...objects: StoredObjectChange[]) =>
      records.commit({ after, versions: [version(after + 1)], objects, audits: [audit(after + 1)] });

    it('keeps versions with their objects, for their tenant and for another gateway [control-plane.persisted]', async () => {
      const records = fresh();
      expect(await records.head()).toBeNull();
      expect(await commit(records, 0, put(1, 'a'), put(1, 'b'))).toBe(true);
      expect(await commit(records, 1, put(2, 'a'), put(2, 'b', null))).toBe(true);
      const other = await open();
      const there = other.controlPlane(`control-plane-${tenants}`);
      expect(await there.head()).toEqual(version(2));
      expect(await there.findByNumber(1)).toEqual(version(1));
      expect(await there.objectsAt(1)).toEqual([
        { kind: 'clusters', name: 'a', spec: '{"n":1}' },
        { kind: 'clusters', name: 'b', spec: '{"n":1}' },
      ]);
      expect(await there.objectsAt(2)).toEqual([{ kind: 'clusters', name: 'a', spec: '{"n":2}' }]);
      expect(await there.changesBetween(0, 2)).toEqual([put(2, 'a'), put(2, 'b', null)]);
      expect(await there.changesBetween(2, 9)).toEqual([]);
      expect((await there.audits({ limit: 5, before: null })).audits).toEqual([audit(2), audit(1)]);
      await other.close();
      expect(await fresh().head()).toBeNull();
      await expect(store.controlPlane('').head()).rejects.toThrow('without a tenant');
    });

    it('lets one of two control planes be first, and knows a write that is tried again [control-plane.compare-and-set]', async () => {
      const records = fresh();
      const both = await Promise.all([
        records.commit({ after: 0, versions: [version(1, { auditId: 'one' })], objects: [put(1, 'a')], audits: [] }),
        records.commit({ after: 0, versions: [version(1, { auditId: 'two' })], objects: [put(1, 'b')], audits: [] }),
      ]);
      expect(both.filter((each) => each)).toHaveLength(1);
      const head = await records.head();
      const first = { after: 0, versions: [version(1, { auditId: head?.auditId ?? '' })], objects: [], audits: [] };
      expect(await records.commit(first)).toBe(true);
      expect(await records.objectsAt(1)).toHaveLength(1);
      expect(await records.commit({ ...first, after: 5, versions: [version(6)] })).toBe(false);
    });

    it('writes thousands of objects and versions at once [control-plane.group-commit]', async () => {
      const records = fresh();
      const numbers = Array.from({ length: 2_500 }, (_, index) => index + 1);
      await records.commit({
        after: 0,
        versions: numbers.map((number) => version(number)),
        objects: numbers.map((number) => put(number, `c${number}`)),
        audits: numbers.map((number) => audit(number)),
      });
      expect(await records.objectsAt(2_500)).toHaveLength(2_500);
      expect(await records.objectsAt(3)).toHaveLength(3);
      expect((await records.versions({ limit: 2, before: 100 })).versions.map(({ number }) => number)).toEqual([
        99, 98,
      ]);
      expect((await records.versions({ limit: 1, before: null })).total).toBe(2_500);
    });

    it('finds the newest version of each hash that begins so [control-plane.find-version]', async () => {
      const records = fresh();
      const hashes = ['00aa000000000000', '00ab000000000000', '00aa000000000000', 'ffff000000000000'];
      await records.commit({
        after: 0,
        versions: hashes.map((hash, index) => version(index + 1, { version: hash })),
        objects: [],
        audits: [],
      });
      const numbersOf = async (prefix: string) => (await records.findByHash(prefix, 5)).map(({ number }) => number);
      expect(await numbersOf('00aa')).toEqual([3]);
      expect(await numbersOf('00')).toEqual([3, 2]);
      expect(await numbersOf('ffff')).toEqual([4]);
      expect(await numbersOf('1')).toEqual([]);
    });

    it('keeps what it is told to, and reads that as before [control-plane.retention]', async () => {
      const records = fresh();
      await commit(records, 0, put(1, 'a'), put(1, 'b'), put(1, 'c'));
      await commit(records, 1, put(2, 'a'));
      await commit(records, 2, put(3, 'b', null));
      await commit(records, 3, put(4, 'a'));
      await commit(records, 4, put(5, 'b'));
      await records.addRefusals([1, 2, 3].map((at) => ({ id: `r${at}`, at, record: '{}' })));
      const before = await Promise.all([2, 4, 5].map((number) => records.objectsAt(number)));
      const keep = { versions: 2, audits: 3, refusals: 1, before: null, always: [2] };
      await records.prune(keep);
      expect((await records.versions({ limit: 9, before: null })).versions.map(({ number }) => number)).toEqual([
        5, 4, 2,
      ]);
      expect(await Promise.all([2, 4, 5].map((number) => records.objectsAt(number)))).toEqual(before);
      expect((await records.audits({ limit: 9, before: null })).total).toBe(3);
      expect(await records.refusals(9)).toEqual([{ id: 'r3', at: 3, record: '{}' }]);
      await records.prune({ ...keep, before: START + 100 * HOUR_MS, always: [] });
      expect((await records.versions({ limit: 9, before: null })).versions.map(({ number }) => number)).toEqual([5]);
      expect(await records.objectsAt(5)).toEqual(before[2]);
      expect(await records.changesBetween(0, 5)).toHaveLength(3);
      expect((await records.audits({ limit: 9, before: null })).total).toBe(0);
    });

    it('lets registrations push no configuration out [control-plane.retention]', async () => {
      const records = fresh();
      await commit(records, 0, put(1, 'a'));
      const numbers = Array.from({ length: 500 }, (_, index) => index + 2);
      await records.commit({
        after: 1,
        versions: numbers.map((number) => version(number, { configuration: false })),
        objects: numbers.map((number) => put(number, 'e')),
        audits: numbers.map((number) => audit(number, { configuration: false })),
      });
      await records.prune({ versions: 3, audits: 2, refusals: 0, before: null, always: [] });
      expect((await records.versions({ limit: 9, before: null })).versions.map(({ number }) => number)).toEqual([
        501, 500, 499, 1,
      ]);
      expect(await records.objectsAt(1)).toEqual([{ kind: 'clusters', name: 'a', spec: '{"n":1}' }]);
      expect(await records.changesBetween(1, 501)).toHaveLength(1);
      expect((await records.audits({ limit: 9, before: null })).total).toBe(3);
    });

    it('keeps marks, and the later end of each lease [control-plane.lease-shared]', async () => {
      const records = fresh();
      expect(await records.mark('acknowledged')).toBeNull();
      await records.setMark('acknowledged', 'a');
      await records.setMark('acknowledged', 'b');
      expect(await records.mark('acknowledged')).toBe('b');
      await records.renewLeases([
        { id: 'x', until: 10 },
        { id: 'y', until: 20 },
      ]);
      await records.renewLeases([
        { id: 'x', until: 30 },
        { id: 'y', until: 5 },
      ]);
      expect(await records.leases(['x', 'y', 'z'])).toEqual(
        new Map([
          ['x', 30],
          ['y', 20],
        ]),
      );
      await records.removeLeases(['x']);
      expect(await records.leases(['x'])).toEqual(new Map());
      await records.renewLeases([]);
      expect(await records.leases([])).toEqual(new Map());
    });
  });
}
