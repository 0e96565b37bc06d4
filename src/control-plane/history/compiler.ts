import {
  type DesiredObject,
  type DesiredState,
  EMPTY_STATE,
  type Kind,
  versionOf,
} from '../desired-state/desired-state.ts';
import { DEFAULT_GROUP, envoyVersionOf, groupNames } from '../desired-state/proxy-group.ts';
import { type Problem, problemsError } from '../problem.ts';
import type { SecretMaterial, Unit } from '../resources/build-context.ts';
import { changeBetween, EMPTY_SNAPSHOT, type Snapshot, type SnapshotChange } from '../snapshot/snapshot.ts';
import type { Builders } from './builders.ts';
import { type GroupDraft, GroupView } from './group-view.ts';

/** Objects that changed, and those that are gone. */
export interface ObjectsChange {
  readonly changed: readonly DesiredObject[];
  readonly removed: ReadonlyArray<{ readonly kind: Kind; readonly name: string }>;
}

/** A state that was compiled and taken, until it is taken back. */
export interface Step {
  readonly version: string;
  /** Groups whose snapshot is another one now. */
  readonly groups: ReadonlyMap<
    string,
    { readonly before: Snapshot; readonly after: Snapshot; readonly change: SnapshotChange }
  >;
  readonly warnings: readonly Problem[];
  /** The rules of who is of which group changed. */
  readonly regrouped: boolean;
  undo(): void;
}

/** What a state compiled to, before it is taken. */
interface Draft {
  readonly views: ReadonlyMap<string, { readonly view: GroupView; readonly draft: GroupDraft }>;
  readonly dropped: ReadonlyMap<string, GroupView>;
}

/**
 * The compiled form of one desired state: a snapshot for each group. It goes from state to state; work is proportional to what
 * changed. One caller at a time: the queue of writes sees to that.
 */
export class Compiler {
  readonly #builders: Builders;
  readonly #views = new Map<string, GroupView>();
  #state = EMPTY_STATE;

  constructor(builders: Builders) {
    this.#builders = builders;
    this.#views.set(DEFAULT_GROUP, this.#newView(EMPTY_STATE, DEFAULT_GROUP));
  }

  get state(): DesiredState {
    return this.#state;
  }

  get groups(): readonly string[] {
    return [...this.#views.keys()].sort();
  }

  snapshot(group: string): Snapshot | undefined {
    return this.#views.get(group)?.snapshot;
  }

  /** Compiles the state after a change and takes it. Errors: `invalid_argument` with the problems; nothing is taken then. */
  async advance(
    after: DesiredState,
    change: ObjectsChange,
    secrets: ReadonlyMap<string, SecretMaterial>,
  ): Promise<Step> {
    const units = this.#builders.unitsOf(change, this.#state, after);
    const problems: Problem[] = [...this.#builders.checkTogether(after, units)];
    const draft = await this.#draft(after, units, change, secrets);
    problems.push(...[...draft.views.values()].flatMap(({ draft: { problems } }) => problems));
    if (problems.some(({ severity }) => severity === 'error')) throw problemsError(unique(problems));
    return this.#take(after, draft, unique(problems), changesGroups(change));
  }

  /** Builds units again, of the same state: what secrets hold is no part of it. Errors: as `advance`. */
  async rebuild(units: readonly Unit[], secrets: ReadonlyMap<string, SecretMaterial>): Promise<Step> {
    const draft = await this.#draft(this.#state, units, { changed: [], removed: [] }, secrets);
    const problems = [...draft.views.values()].flatMap(({ draft: { problems } }) => problems);
    if (problems.some(({ severity }) => severity === 'error')) throw problemsError(unique(problems));
    return this.#take(this.#state, draft, unique(problems), false);
  }

  async #draft(
    after: DesiredState,
    units: readonly Unit[],
    change: ObjectsChange,
    secrets: ReadonlyMap<string, SecretMaterial>,
  ): Promise<Draft> {
    const { views, dropped } = changesGroups(change)
      ? this.#regroup(after)
      : { views: this.#views, dropped: new Map<string, GroupView>() };
    const drafts = new Map<string, { view: GroupView; draft: GroupDraft }>();
    for (const [group, view] of views) {
      const all = view === this.#views.get(group) ? units : this.#builders.allUnits(after);
      drafts.set(group, { view, draft: await view.draft(all, after, secrets) });
    }
    return { views: drafts, dropped };
  }

  /** Views of the groups that a state has; a group whose oldest Envoy is another one is built from nothing. */
  #regroup(after: DesiredState): { views: Map<string, GroupView>; dropped: Map<string, GroupView> } {
    const names = new Set(groupNames(after));
    const views = new Map<string, GroupView>();
    for (const name of names) {
      const before = this.#views.get(name);
      const { major, minor } = envoyVersionOf(after, name);
      const same = before?.envoyVersion.major === major && before.envoyVersion.minor === minor;
      views.set(name, same ? before : this.#newView(after, name));
    }
    return { views, dropped: new Map([...this.#views].filter(([name]) => !names.has(name))) };
  }

  #newView(state: DesiredState, group: string): GroupView {
    return new GroupView(group, envoyVersionOf(state, group), this.#builders);
  }

  #take(after: DesiredState, { views, dropped }: Draft, warnings: readonly Problem[], regrouped: boolean): Step {
    const before = { state: this.#state, views: new Map(this.#views) };
    const groups = new Map<string, { before: Snapshot; after: Snapshot; change: SnapshotChange }>();
    const undos: Array<() => void> = [];
    for (const [group, { view, draft }] of views) {
      const earlier = this.#views.get(group);
      const snapshot = earlier?.snapshot ?? EMPTY_SNAPSHOT;
      undos.push(view.take(draft));
      this.#views.set(group, view);
      if (snapshot.version === draft.snapshot.version) continue;
      const change = view === earlier ? draft.change : changeBetween(snapshot, draft.snapshot);
      groups.set(group, { before: snapshot, after: draft.snapshot, change });
    }
    for (const [group, { snapshot }] of dropped) {
      this.#views.delete(group);
      groups.set(group, { before: snapshot, after: EMPTY_SNAPSHOT, change: changeBetween(snapshot, EMPTY_SNAPSHOT) });
    }
    this.#state = after;
    return {
      version: versionOf(after),
      groups,
      warnings,
      regrouped,
      undo: () => {
        for (const undo of undos.reverse()) undo();
        this.#views.clear();
        for (const [group, view] of before.views) this.#views.set(group, view);
        this.#state = before.state;
      },
    };
  }
}

function changesGroups({ changed, removed }: ObjectsChange): boolean {
  return [...changed, ...removed].some(({ kind }) => kind === 'groups');
}

/** A problem of an object is found once for each group. */
function unique(problems: readonly Problem[]): Problem[] {
  return [
    ...new Map(problems.map((problem) => [`${problem.path} ${problem.rule} ${problem.message}`, problem])).values(),
  ];
}
