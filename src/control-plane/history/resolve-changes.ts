import { HeadgateError } from '../../kernel/errors.ts';
import { nearest } from '../../kernel/nearest.ts';
import {
  type DesiredObject,
  type DesiredState,
  desiredObject,
  KINDS,
  type Kind,
  type ObjectChange,
  objectsBetween,
  withObjects,
} from '../desired-state/desired-state.ts';
import { keepRegistered, onlyRegistered, registeredIn } from '../endpoints/registered-endpoints.ts';
import { type Problem, problemsError } from '../problem.ts';
import type { Builders } from './builders.ts';
import type { ObjectsChange } from './compiler.ts';

/** A state, and what leads to it. */
export interface Resolved extends ObjectsChange {
  readonly after: DesiredState;
  readonly warnings: readonly Problem[];
}

/** How changes are meant. */
export interface Resolution {
  /** Objects that the changes do not name go. */
  readonly replace: boolean;
  /** The changes are of the registrations themselves; else who is registered stays as it is. */
  readonly registrations: boolean;
}

/**
 * The state after changes: each checked against its kind's schema. Of one object only the last change may be there.
 * Errors: `invalid_argument` with problems; `not_found` for an object to remove that is not there.
 */
export function resolveChanges(
  state: DesiredState,
  changes: readonly ObjectChange[],
  { replace, registrations }: Resolution,
  checkObject: Builders['checkObject'],
): Resolved {
  const problems: Problem[] = [...namedTwice(changes)];
  const changed: DesiredObject[] = [];
  const removed: Array<{ kind: Kind; name: string }> = [];
  for (const { kind, name, spec } of changes) {
    const before = state[kind].get(name);
    if (spec === null) {
      if (before === undefined && !replace) throw noSuchObject(state, kind, name);
      removed.push({ kind, name });
      continue;
    }
    const given = registrations || kind !== 'endpoints' ? spec : keepRegistered(spec, before?.spec);
    const checked = checkObject(kind, name, given);
    problems.push(...checked.problems);
    if (checked.object !== null) changed.push(checked.object);
  }
  if (problems.some(({ severity }) => severity === 'error')) throw problemsError(problems);
  if (replace) removed.push(...unnamed(state, changes));
  const after = withObjects(state, changed, removed);
  return differenceOf(state, registrations ? after : withRegistered(state, after), problems);
}

/** What leads from a state to another one, where who is registered stays as it is now. */
export function resolveState(state: DesiredState, target: DesiredState): Resolved {
  const own: DesiredObject[] = [];
  const empty: Array<{ kind: Kind; name: string }> = [];
  for (const { kind, name, spec } of target.endpoints) {
    const now = state.endpoints.get(name)?.spec;
    if (registeredIn(spec).length + registeredIn(now).length === 0) continue;
    const kept = keepRegistered({ ...spec, registered: undefined }, now);
    if (Object.keys(kept).length === 0) empty.push({ kind, name });
    else own.push(desiredObject(kind, name, kept));
  }
  return differenceOf(state, withRegistered(state, withObjects(target, own, empty)), []);
}

/** Registered endpoints are no configuration: an object that a change took away stays with them, as long as its cluster is there. */
function withRegistered(before: DesiredState, after: DesiredState): DesiredState {
  const { removed } = after.endpoints.since(before.endpoints);
  const clusters = after.clusters === before.clusters ? [] : after.clusters.since(before.clusters).removed;
  const kept = removed.flatMap((name) => {
    const registered = after.clusters.has(name) ? onlyRegistered(before.endpoints.get(name)?.spec) : null;
    return registered === null ? [] : [desiredObject('endpoints', name, registered)];
  });
  // Of a cluster that is gone, those who registered for it are gone too; endpoints that somebody wrote are for the checks.
  const orphans = clusters.flatMap((name) => {
    const spec = after.endpoints.get(name)?.spec;
    const left = spec === undefined ? [] : Object.keys(spec).filter((field) => field !== 'registered');
    return spec !== undefined && left.length === 0 ? [{ kind: 'endpoints' as const, name }] : [];
  });
  return kept.length + orphans.length === 0 ? after : withObjects(after, kept, orphans);
}

function differenceOf(state: DesiredState, after: DesiredState, warnings: readonly Problem[]): Resolved {
  return { after, ...objectsBetween(state, after), warnings };
}

function unnamed(state: DesiredState, changes: readonly ObjectChange[]): Array<{ kind: Kind; name: string }> {
  const named = new Set(changes.map(({ kind, name }) => `${kind}/${name}`));
  return KINDS.flatMap((kind) =>
    [...state[kind]].filter(({ name }) => !named.has(`${kind}/${name}`)).map(({ name }) => ({ kind, name })),
  );
}

function namedTwice(changes: readonly ObjectChange[]): Problem[] {
  const seen = new Set<string>();
  return changes.flatMap(({ kind, name }) => {
    const path = `${kind}/${name}`;
    if (!seen.has(path)) {
      seen.add(path);
      return [];
    }
    return [{ severity: 'error' as const, rule: 'duplicate-object', path, message: 'is changed twice at once' }];
  });
}

function noSuchObject(state: DesiredState, kind: Kind, name: string): HeadgateError {
  const names = nearest(
    name,
    [...state[kind]].map((object) => object.name),
  );
  return new HeadgateError('not_found', `There is no ${kind}/${name}.`, {
    hint: names.length === 0 ? `There are no ${kind}.` : `There is ${names.join(', ')}.`,
    details: { nearest: names },
  });
}
