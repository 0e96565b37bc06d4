import { z } from 'zod';
import { HeadgateError } from '../../kernel/errors.ts';
import type { Applied, ApplyOptions } from '../control-plane.ts';
import type { DesiredObject, Kind, ObjectChange } from '../desired-state/desired-state.ts';
import { refuseMask } from '../mask-secrets.ts';
import type { ServedParts } from './create-api.ts';
import { HttpError } from './http-error.ts';
import type { Answer, Call } from './operation.ts';
import { type Precondition, preconditionFailed, requireMatch } from './precondition.ts';
import { comparisonOut } from './wire.ts';

/** `true` or `false` of a query. */
export const Flag = z
  .enum(['true', 'false'])
  .default('false')
  .transform((value) => value === 'true');

export const DryRun = Flag.describe('Says what would change, with all problems, and changes nothing');
export const Reason = z.string().max(500).optional().describe('Why; kept in the audit. Or the header X-Change-Reason');

/** How often a change that is meant for whatever is current is tried anew when somebody else was faster. */
const ATTEMPTS = 5;

/** A change of one object, by what it is now. */
export interface ObjectEdit {
  readonly kind: Kind;
  readonly name: string;
  /** The spec that it is to have; null takes it away. Called anew when the object changed in between. */
  readonly next: (current: DesiredObject | undefined) => Record<string, unknown> | null;
}

/**
 * Changes one object under the caller's preconditions. Without one the change is made on what is current, anew when somebody was
 * faster. Errors: 412; those of `ControlPlane.apply`.
 */
export async function changeObject(
  call: ChangeCall,
  edit: ObjectEdit,
): Promise<{ applied: Applied; existed: boolean }> {
  const state = () => call.parts.controlPlane.state[edit.kind].get(edit.name);
  for (let attempt = 1; ; attempt++) {
    const current = state();
    try {
      return { applied: await changeOnce(call, edit, current), existed: current !== undefined };
    } catch (error) {
      if (!isLostRace(error)) throw error;
      if (attempt < ATTEMPTS && meansWhatever(call.precondition)) continue;
      const meant = current === undefined ? '*' : [current.version];
      throw preconditionFailed(`${edit.kind}/${edit.name}`, state()?.version ?? null, meant);
    }
  }
}

type ChangeCall = Call<{ dry_run: boolean }, unknown>;

async function changeOnce(
  { parts, precondition, author, query }: ChangeCall,
  { kind, name, next }: ObjectEdit,
  current: DesiredObject | undefined,
): Promise<Applied> {
  const what = `${kind}/${name.slice(0, 200)}`;
  requireMatch(precondition, current?.version ?? null, what);
  const spec = next(current);
  if (spec !== null) refuseMask(spec, what);
  const expectedObject = { kind, name, version: current?.version ?? null };
  return apply(parts, [{ kind, name, spec }], author, { expected: null, expectedObject, dryRun: query.dry_run });
}

/** Applies, and measures how long it took. */
export async function apply(
  { controlPlane, metrics }: ServedParts,
  changes: readonly ObjectChange[],
  author: Call<unknown, unknown>['author'],
  options: ApplyOptions,
): Promise<Applied> {
  return metrics.timeApply(options.dryRun ? 'dry_run' : 'apply', () => controlPlane.apply(changes, author, options));
}

/** Whether the state is what the caller saw; what `expected` must then be. Errors: 412. */
export function expectedState({ controlPlane }: ServedParts, precondition: Precondition): string | null {
  requireMatch(precondition, controlPlane.version, 'The state');
  return precondition.ifMatch === null || precondition.ifMatch === '*' ? null : controlPlane.version;
}

/** Runs a change of the state; that somebody was faster than one with If-Match is 412. */
export async function underPrecondition<T>(
  { controlPlane }: ServedParts,
  expected: string | null,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (expected === null || !(error instanceof HeadgateError && error.code === 'aborted')) throw error;
    throw preconditionFailed('The state', controlPlane.version, [expected]);
  }
}

/** What was changed, as it is shown. */
export function appliedOut({ version, parent, changed, comparison, warnings }: Applied, dryRun: boolean) {
  return {
    version,
    parent,
    changed,
    dry_run: dryRun,
    difference: comparisonOut(comparison),
    warnings: warnings.map((warning) => ({ ...warning })),
  };
}

/** The answer to a change of the state. */
export function stateAnswer(applied: Applied, dryRun: boolean): Answer {
  const body = appliedOut(applied, dryRun);
  return dryRun ? { body } : { body, version: applied.version };
}

/** Somebody else was faster; not a precondition that never held. */
function isLostRace(error: unknown): boolean {
  return error instanceof HeadgateError && error.code === 'aborted' && !(error instanceof HttpError);
}

function meansWhatever({ ifMatch, ifNoneMatch }: Precondition): boolean {
  return (ifMatch === null || ifMatch === '*') && ifNoneMatch === null;
}
