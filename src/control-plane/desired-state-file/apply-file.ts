import type { Applied } from '../control-plane.ts';
import type { DesiredState, ObjectChange } from '../desired-state/desired-state.ts';
import type { StateFile } from '../history/desired-state-owner.ts';
import type { EditableControlPlane } from '../history/edit.ts';
import { ENVOY_BUILDERS } from '../history/envoy-builders.ts';
import { resolveChanges } from '../history/resolve-changes.ts';

/** What is remembered of a file that was applied. */
export interface FileMark {
  /** SHA-256 of its text, hex. */
  readonly hash: string;
  /** `kind/name` of what it said. */
  readonly objects: readonly string[];
}

/** The store's name for what is remembered of a file. */
export function markName(path: string): string {
  return `file ${path}`;
}

/**
 * Makes what a file says the desired state. `exclusive`: all of it, besides who is registered. `merge`: what it says, and what
 * it said before and says no more is removed; other objects stay. Errors: as `ControlPlane.apply`.
 */
export function applyFile(
  controlPlane: EditableControlPlane,
  { path, policy }: StateFile,
  objects: readonly ObjectChange[],
  before: FileMark | null,
): Promise<Applied> {
  return controlPlane.edit({
    author: { subject: path, via: 'file', reason: null },
    action: 'apply',
    expected: null,
    dryRun: false,
    configuration: true,
    unresolved: 'refuse',
    resolve: (state) =>
      resolveChanges(
        state,
        policy === 'exclusive' ? objects : [...objects, ...dropped(state, objects, before)],
        { replace: policy === 'exclusive', registrations: false },
        ENVOY_BUILDERS.checkObject,
      ),
  });
}

function dropped(state: DesiredState, objects: readonly ObjectChange[], before: FileMark | null): ObjectChange[] {
  const said = new Set(objects.map(({ kind, name }) => `${kind}/${name}`));
  return (before?.objects ?? []).flatMap((path) => {
    const slash = path.indexOf('/');
    const kind = path.slice(0, slash) as ObjectChange['kind'];
    const name = path.slice(slash + 1);
    return !said.has(path) && state[kind]?.has(name) ? [{ kind, name, spec: null }] : [];
  });
}
