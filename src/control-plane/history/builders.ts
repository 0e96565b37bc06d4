import type { DesiredObject, DesiredState, Kind } from '../desired-state/desired-state.ts';
import type { Problem } from '../problem.ts';
import type { BuiltResource, Resource } from '../resource.ts';
import type { BuildContext, Unit } from '../resources/build-context.ts';
import type { Snapshot, SnapshotChange } from '../snapshot/snapshot.ts';

/** The checks of a group's snapshots; it knows what it was told with `commit`. */
export interface Checks {
  check(next: Snapshot, change: SnapshotChange): Problem[];
  commit(next: Snapshot, change: SnapshotChange): void;
}

/** What turns objects into resources. Everything but `createChecks` is pure. */
export interface Builders {
  checkObject(kind: Kind, name: string, spec: unknown): { object: DesiredObject | null; problems: Problem[] };
  /** Proportional to the change. */
  unitsOf(
    changes: {
      readonly changed: readonly DesiredObject[];
      readonly removed: ReadonlyArray<{ readonly kind: Kind; readonly name: string }>;
    },
    before: DesiredState,
    after: DesiredState,
  ): readonly Unit[];
  allUnits(state: DesiredState): readonly Unit[];
  buildUnit(unit: Unit, context: BuildContext): readonly BuiltResource[];
  encode(built: BuiltResource): { resource: Resource; problems: readonly Problem[] };
  /** What is wrong with objects that shows only beside others. */
  checkTogether(state: DesiredState, touched: readonly Unit[]): readonly Problem[];
  createChecks(): Checks;
  /** JSON of a resource's protobuf, secrets masked. */
  resourceJson(resource: Resource): Record<string, unknown>;
}
