import { HeadgateError } from '../kernel/errors.ts';

/** Something in a desired state that keeps it from being served, or a trap that somebody should know of. */
export interface Problem {
  readonly severity: 'error' | 'warning';
  /** Short, kebab-case, stable: `dangling-reference`. */
  readonly rule: string;
  /** Where in what was given: `routes/search.match.regex`; of Envoy's resources, `clusters/search: load_assignment.endpoints[0]`. */
  readonly path: string;
  /** What is wrong there, naming the thing. */
  readonly message: string;
  readonly hint?: string;
}

/** How many problems an error's message names; all are in its details. */
const NAMED = 3;

/** The error of a change with problems. Its details carry all of them. */
export function problemsError(problems: readonly Problem[]): HeadgateError {
  const errors = problems.filter(({ severity }) => severity === 'error');
  const named = errors.slice(0, NAMED).map(({ path, message }) => `${path}: ${message}`);
  const more = errors.length > NAMED ? ` And ${errors.length - NAMED} more.` : '';
  return new HeadgateError('invalid_argument', `${named.join(' ')}${more}`, {
    hint:
      errors.find(({ hint }) => hint !== undefined)?.hint ??
      'Correct what is named and try again; nothing was changed.',
    details: { problems },
  });
}
