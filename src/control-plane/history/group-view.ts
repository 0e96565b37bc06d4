import { HeadgateError } from '../../kernel/errors.ts';
import type { DesiredState } from '../desired-state/desired-state.ts';
import type { Problem } from '../problem.ts';
import type { Resource } from '../resource.ts';
import type { BuildContext, SecretMaterial, Unit } from '../resources/build-context.ts';
import {
  changeBetween,
  EMPTY_SNAPSHOT,
  type Snapshot,
  type SnapshotChange,
  setOf,
  withChange,
} from '../snapshot/snapshot.ts';
import type { Builders, Checks } from './builders.ts';

/** Which resource: its type URL and name. */
type ResourceKey = string;

/** What building some units anew came to. */
export interface GroupDraft {
  readonly snapshot: Snapshot;
  readonly change: SnapshotChange;
  readonly problems: readonly Problem[];
  /** Resources of each unit that was built. */
  readonly units: ReadonlyMap<string, readonly ResourceKey[]>;
}

/** Builds so long before others get their turn, milliseconds: streams are served by the same thread. */
const TURN_MS = 15;

/** What a group of proxies is served, and which unit each resource comes from. */
export class GroupView {
  snapshot: Snapshot = EMPTY_SNAPSHOT;
  readonly envoyVersion: BuildContext['envoyVersion'];
  readonly #name: string;
  readonly #builders: Builders;
  readonly #checks: Checks;
  readonly #units = new Map<string, readonly ResourceKey[]>();
  readonly #owners = new Map<ResourceKey, string>();

  constructor(name: string, envoyVersion: BuildContext['envoyVersion'], builders: Builders) {
    this.#name = name;
    this.envoyVersion = envoyVersion;
    this.#builders = builders;
    this.#checks = builders.createChecks();
  }

  /** Builds units as a state says. Nothing of the view changes. */
  async draft(
    units: readonly Unit[],
    state: DesiredState,
    secrets: ReadonlyMap<string, SecretMaterial>,
  ): Promise<GroupDraft> {
    const context = { state, group: this.#name, envoyVersion: this.envoyVersion, secrets };
    const problems: Problem[] = [];
    const built = new Map<string, Map<ResourceKey, Resource>>();
    let turn = performance.now();
    for (const unit of units) {
      built.set(unitKey(unit), this.#build(unit, context, problems));
      if (performance.now() - turn < TURN_MS) continue;
      await new Promise(setImmediate);
      turn = performance.now();
    }
    problems.push(...this.#doubles(built));
    const change = this.#changeOf(built);
    const snapshot = isEmpty(change) ? this.snapshot : withChange(this.snapshot, change);
    if (snapshot !== this.snapshot) problems.push(...this.#checks.check(snapshot, change));
    return { snapshot, change, problems, units: new Map([...built].map(([unit, made]) => [unit, [...made.keys()]])) };
  }

  /** Makes a draft of this view what is served. Returns what takes that back, as long as nothing else was taken since. */
  take(draft: GroupDraft): () => void {
    const before = this.snapshot;
    const units = new Map([...draft.units.keys()].map((unit) => [unit, this.#units.get(unit) ?? []]));
    this.#assign(draft.units);
    this.#show(draft.snapshot, draft.change);
    return () => {
      this.#assign(units);
      this.#show(before, changeBetween(draft.snapshot, before));
    };
  }

  #show(snapshot: Snapshot, change: SnapshotChange): void {
    if (snapshot === this.snapshot) return;
    this.#checks.commit(snapshot, change);
    this.snapshot = snapshot;
  }

  #assign(units: ReadonlyMap<string, readonly ResourceKey[]>): void {
    for (const unit of units.keys()) for (const key of this.#units.get(unit) ?? []) this.#owners.delete(key);
    for (const [unit, keys] of units) {
      if (keys.length === 0) this.#units.delete(unit);
      else this.#units.set(unit, keys);
      for (const key of keys) this.#owners.set(key, unit);
    }
  }

  #build(unit: Unit, context: BuildContext, problems: Problem[]): Map<ResourceKey, Resource> {
    const made = new Map<ResourceKey, Resource>();
    try {
      for (const json of this.#builders.buildUnit(unit, context)) {
        const { resource, problems: found } = this.#builders.encode(json);
        problems.push(...found.map((problem) => ofUnit(problem, unit)));
        const key = keyOf(resource);
        if (made.has(key)) problems.push(double(unitKey(unit), resource, unitKey(unit)));
        made.set(key, resource);
      }
    } catch (error) {
      problems.push(...problemsOf(error, unit).map((problem) => ofUnit(problem, unit)));
    }
    return made;
  }

  /** Resources that another unit makes already. */
  #doubles(built: ReadonlyMap<string, ReadonlyMap<ResourceKey, Resource>>): Problem[] {
    const problems: Problem[] = [];
    const makers = new Map<ResourceKey, string>();
    for (const [unit, made] of built) {
      for (const [key, resource] of made) {
        const owner = this.#owners.get(key);
        const other = makers.get(key) ?? (owner !== undefined && !built.has(owner) ? owner : undefined);
        if (other !== undefined) problems.push(double(unit, resource, other));
        makers.set(key, unit);
      }
    }
    return problems;
  }

  #changeOf(built: ReadonlyMap<string, ReadonlyMap<ResourceKey, Resource>>): SnapshotChange {
    const changed: Resource[] = [];
    const kept = new Set<ResourceKey>();
    for (const made of built.values()) {
      for (const [key, resource] of made) {
        kept.add(key);
        const before = setOf(this.snapshot, resource.typeUrl).get(resource.name);
        if (before?.version !== resource.version || before.ttlMs !== resource.ttlMs) changed.push(resource);
      }
    }
    const gone = [...built.keys()].flatMap((unit) => this.#units.get(unit) ?? []).filter((key) => !kept.has(key));
    return { changed, removed: gone.map(namesOf) };
  }
}

/** A unit as text: `cluster/search`. */
function unitKey({ kind, name }: Unit): string {
  return `${kind}/${name}`;
}

function keyOf({ typeUrl, name }: { readonly typeUrl: string; readonly name: string }): ResourceKey {
  return `${typeUrl} ${name}`;
}

/** Type URLs have no spaces. */
function namesOf(key: ResourceKey): { typeUrl: string; name: string } {
  const space = key.indexOf(' ');
  return { typeUrl: key.slice(0, space), name: key.slice(space + 1) };
}

function isEmpty({ changed, removed }: SnapshotChange): boolean {
  return changed.length === 0 && removed.length === 0;
}

/** A unit as the object that it is made of: `clusters/search`. */
function objectOf(unit: string): string {
  const slash = unit.indexOf('/');
  const kind = unit.slice(0, slash);
  return `${kind === 'runtime' ? kind : `${kind}s`}${unit.slice(slash)}`;
}

function double(unit: string, { typeUrl, name }: Resource, other: string): Problem {
  const type = typeUrl.slice(typeUrl.lastIndexOf('.') + 1);
  return {
    severity: 'error',
    rule: 'duplicate-resource',
    path: objectOf(unit),
    message: `makes the ${type} ${JSON.stringify(name)}, which ${objectOf(other)} makes already`,
    hint: 'Give one of them another name.',
  };
}

/** A raw resource can have another name than its object, which is what somebody would mend. */
function ofUnit(problem: Problem, { kind, name }: Unit): Problem {
  const field = /^\w+\/.*?: (.*)$/s.exec(problem.path)?.[1];
  if (kind !== 'resource' || field === undefined) return problem;
  return { ...problem, path: `resources/${name}.resource.${field}` };
}

/** Problems that a builder or the encoder threw. Errors: whatever else they threw, which is our bug. */
function problemsOf(error: unknown, unit: Unit): readonly Problem[] {
  if (!(error instanceof HeadgateError)) throw error;
  const { problems } = error.details ?? {};
  if (Array.isArray(problems)) return problems as Problem[];
  const hint = error.hint === undefined ? {} : { hint: error.hint };
  return [{ severity: 'error', rule: 'build', path: unitKey(unit), message: error.message, ...hint }];
}
