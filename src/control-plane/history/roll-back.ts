import { HeadgateError } from '../../kernel/errors.ts';
import type { DesiredState } from '../desired-state/desired-state.ts';
import { registeredIn } from '../endpoints/registered-endpoints.ts';
import { type Resolved, resolveState } from './resolve-changes.ts';

/**
 * What leads from a state back to the configuration of an earlier one; who is registered stays as it is.
 * Errors: `failed_precondition` when a cluster that it would send requests to lived of registrations and has none now.
 */
export function resolveRollback(state: DesiredState, target: DesiredState, force: boolean): Resolved {
  const resolved = resolveState(state, target);
  const lost = force ? [] : lostUpstreams(resolved, target);
  if (lost.length === 0) return resolved;
  throw new HeadgateError(
    'failed_precondition',
    `${lost.map((name) => `clusters/${name}`).join(', ')} had registered endpoints only, and nobody is registered now.`,
    {
      hint: 'Start its servers first, roll back to another version, or force it: requests fail until servers register.',
      details: { clusters: lost },
    },
  );
}

/** The error of a rollback whose state can no longer be served. */
export function explainRollback(version: string): (error: HeadgateError) => HeadgateError {
  return (error) =>
    error.code === 'invalid_argument'
      ? new HeadgateError('failed_precondition', `Version ${version} can no longer be served. ${error.message}`, {
          hint: error.hint ?? 'Choose another version, or put back what it needs.',
          ...(error.details === undefined ? {} : { details: error.details }),
          cause: error,
        })
      : error;
}

/** Clusters that a changed object names, or that changed themselves, whose registered endpoints are all gone. */
function lostUpstreams({ after, changed }: Resolved, target: DesiredState): string[] {
  const mentioned = new Set<string>();
  for (const { kind, name, spec } of changed) {
    if (kind === 'clusters') mentioned.add(name);
    collectTexts(spec, mentioned);
  }
  return [...target.endpoints]
    .filter(({ spec }) => registeredIn(spec).length > 0)
    .map(({ name }) => name)
    .filter((name) => mentioned.has(name) && after.clusters.has(name) && !hasEndpoints(after, name))
    .sort();
}

function hasEndpoints(state: DesiredState, name: string): boolean {
  const cluster = state.clusters.get(name)?.spec;
  const own = state.endpoints.get(name)?.spec;
  return [cluster?.endpoints, own?.endpoints, own?.registered].some((list) => Array.isArray(list) && list.length > 0);
}

function collectTexts(value: unknown, texts: Set<string>): void {
  if (typeof value === 'string') texts.add(value);
  else if (typeof value === 'object' && value !== null)
    for (const [key, inner] of Object.entries(value)) {
      texts.add(key);
      collectTexts(inner, texts);
    }
}
