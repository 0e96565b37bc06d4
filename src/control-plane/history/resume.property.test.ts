import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ControlPlaneRecords } from '../../kernel/control-plane-records.ts';
import type { Applied } from '../control-plane.ts';
import { type ObjectChange, versionOf } from '../desired-state/desired-state.ts';
import {
  ALICE,
  controlPlaneOver,
  NOW,
  type TemporaryStore,
  temporaryStore,
} from './fixtures/control-plane-under-test.ts';

let store: TemporaryStore;
let tenants = 0;

beforeAll(async () => {
  store = await temporaryStore();
});

afterAll(() => store.remove());

const name = fc.constantFrom('a', 'b', 'c', 'd');
const change: fc.Arbitrary<ObjectChange> = fc.oneof(
  fc.record({
    kind: fc.constant('clusters' as const),
    name,
    spec: fc.record({ port: fc.integer({ min: 1, max: 3 }) }),
  }),
  fc.record({ kind: fc.constant('clusters' as const), name, spec: fc.constant(null) }),
  fc.record({ kind: fc.constant('endpoints' as const), name, spec: fc.record({ n: fc.integer({ min: 1, max: 9 }) }) }),
  fc.record({ kind: fc.constant('routes' as const), name, spec: fc.record({ cluster: name }) }),
  fc.record({ kind: fc.constant('routes' as const), name, spec: fc.constant(null) }),
  fc.record({ kind: fc.constant('groups' as const), name, spec: fc.constantFrom(null, {}) }),
);
const batches = fc.array(fc.array(change, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 12 });

interface Run {
  readonly changes: ReadonlyArray<readonly ObjectChange[]>;
  /** Versions that retention keeps, besides the first. */
  readonly kept: number;
  /** All changes at once, or one after another. */
  readonly together: boolean;
}

/** Makes the changes; versions of those that were made, in their order. */
async function makeChanges(records: ControlPlaneRecords, { changes, together }: Run) {
  const { controlPlane } = await controlPlaneOver(records);
  const apply = (each: readonly ObjectChange[]) => controlPlane.apply(each, ALICE, NOW).catch(() => null);
  const outcomes: Array<Applied | null> = [];
  if (together) outcomes.push(...(await Promise.all(changes.map(apply))));
  else for (const each of changes) outcomes.push(await apply(each));
  const made = outcomes.flatMap((applied) => (applied?.changed ? [applied.version] : []));
  expect((await controlPlane.audit({ limit: 1, before: null })).total).toBe(changes.length);
  expect((await controlPlane.versions({ limit: 1, before: null })).total).toBe(made.length);
  await controlPlane.close();
  return { controlPlane, made };
}

async function checkRun(run: Run): Promise<void> {
  tenants += 1;
  const records = store.store.controlPlane(`property-${tenants}`);
  const { controlPlane: before, made } = await makeChanges(records, run);
  await records.prune({ versions: run.kept, audits: 1_000, refusals: 10, before: null, always: [1] });
  const { controlPlane } = await controlPlaneOver(records);
  expect(controlPlane.version).toBe(before.version);
  expect(controlPlane.groups()).toEqual(before.groups());
  for (const group of before.groups())
    expect(controlPlane.snapshot(group).version).toBe(before.snapshot(group).version);
  for (const [index, version] of made.entries()) {
    const isKept = index === 0 || index >= made.length - run.kept;
    const state = await controlPlane.stateAt(String(index + 1)).catch(() => null);
    expect(state && versionOf(state)).toBe(isKept ? version : null);
  }
  if (made.length > 0) await controlPlane.rollback('1', ALICE, { ...NOW, force: false });
  expect(controlPlane.version).toBe(made[0] ?? before.version);
  await controlPlane.close();
}

describe('whatever is changed', () => {
  it('history, audit and what is served stay in step, through restarts, rollbacks and retention [control-plane.resume] [control-plane.bounded-load] [control-plane.retention]', async () => {
    const runs = fc.record({ changes: batches, kept: fc.integer({ min: 1, max: 5 }), together: fc.boolean() });
    await fc.assert(fc.asyncProperty(runs, checkRun), { numRuns: 60 });
  });
});
