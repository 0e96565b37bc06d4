import { HeadgateError } from '../../kernel/errors.ts';
import type { Applied, ApplyOptions, Author, ControlPlane } from '../control-plane.ts';
import { type DesiredState, versionOf } from '../desired-state/desired-state.ts';
import type { Resolved } from './resolve-changes.ts';

/** A change that waits for its turn. What it comes to is computed when the turn is there, from the state that is then. */
export interface Edit {
  readonly author: Author;
  /** As the audit calls it. */
  readonly action: string;
  readonly expected: string | null;
  readonly expectedObject?: ApplyOptions['expectedObject'];
  readonly dryRun: boolean;
  /** False: only who is registered changes. */
  readonly configuration: boolean;
  /** What a secret that does not resolve means: the change is refused, or goes on with a warning. */
  readonly unresolved: 'refuse' | 'warn';
  /** What leads from a state to the next. Errors: as `ControlPlane.apply` or `rollback`. */
  resolve(state: DesiredState): Resolved;
  /** What problems of the compiled state are for this sort of change. */
  explain?(error: HeadgateError): HeadgateError;
}

/** The control plane as the parts beside the API see it: they change the state by what it is when their turn comes. */
export interface EditableControlPlane extends ControlPlane {
  edit(edit: Edit): Promise<Applied>;
  /** Looks once whether another control plane of the same store has written. Errors: those of the store. */
  follow(): Promise<void>;
  /** Resolves the secrets anew and publishes what changed. Errors: `HeadgateError`. */
  refreshSecrets(): Promise<void>;
}

/** Errors: `aborted`, naming what is current. */
export function requireExpected(state: DesiredState, { expected, expectedObject }: Edit): void {
  const current = versionOf(state);
  if (expected !== null && expected !== current) {
    throw new HeadgateError('aborted', `The current version is ${current}, no longer ${expected}.`, {
      hint: 'Read what is there now, and change that.',
      details: { current },
    });
  }
  if (expectedObject === undefined) return;
  const { kind, name, version } = expectedObject;
  const found = state[kind].get(name)?.version ?? null;
  if (found === version) return;
  const is = found === null ? `There is no ${kind}/${name} any more` : `${kind}/${name} has version ${found}`;
  throw new HeadgateError('aborted', `${is}; ${version === null ? 'a new one' : `version ${version}`} was expected.`, {
    hint: 'Read what is there now, and change that.',
    details: { current, current_object: found },
  });
}
