import type { z } from 'zod';
import { schemaProblems } from '../desired-state/schema-problems.ts';
import { problemsError } from '../problem.ts';
import { HttpError } from './http-error.ts';

/**
 * Checks a part of a request. Errors: `invalid_argument` (400) with a problem for everything that is wrong; unknown fields are
 * named with their path and the nearest known one.
 */
export function checkInput<Schema extends z.ZodType>(schema: Schema, value: unknown, part: string): z.output<Schema> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const problems = schemaProblems(schema, result.error.issues, '').map((problem) => ({
    ...problem,
    path: problem.path === '' ? part : problem.path.replace(/^\./, ''),
  }));
  const { message, hint = '', details = {} } = problemsError(problems);
  throw new HttpError(400, { code: 'invalid_argument', message, hint, details });
}
