import { parse, YAMLParseError } from 'yaml';
import type { z } from 'zod';
import { HeadgateError } from '../../kernel/errors.ts';
import { nearest } from '../../kernel/nearest.ts';
import { oneLine } from '../../kernel/quote.ts';
import { findProblems, type Problem } from './find-problems.ts';
import { type Definition, type Destination, GivenDefinition } from './schema.ts';

/** Problems that one error lists; their number is told. */
const MAX_TOLD = 20;
/** Longest YAML or JSON text, characters. */
const MAX_TEXT_CHARS = 1_000_000;

/**
 * Checks a definition, given as an object or as YAML or JSON text, as far as that goes without any platform.
 * Errors: `invalid_argument`, with every problem and its path in `details.problems`.
 */
export function parseDefinition(given: unknown): Definition {
  const result = GivenDefinition.safeParse(typeof given === 'string' ? parseText(given) : given);
  if (!result.success) throw invalid(result.error.issues.flatMap((issue) => problemsOf(issue)));
  const definition = withDefaults(result.data);
  const problems = findProblems(definition, result.data);
  if (problems.length > 0) throw invalid(problems);
  return definition;
}

/** Reads a definition that was checked before, from the store. */
export function readDefinition(json: string): Definition {
  return withDefaults(GivenDefinition.parse(JSON.parse(json)));
}

function withDefaults({ destination, destinations, ...given }: GivenDefinition): Definition {
  const all = [...(destination === undefined ? [] : [destination]), ...(destinations ?? [])];
  const last = given.transformations.at(-1)?.id ?? given.sources[0]?.id ?? '';
  return {
    ...given,
    destinations: all.map(
      (one, index): Destination => ({
        ...one,
        id: one.id ?? (index === 0 ? 'load' : `load_${index + 1}`),
        from: one.from ?? last,
      }),
    ),
  };
}

function parseText(text: string): unknown {
  if (text.length > MAX_TEXT_CHARS) {
    throw new HeadgateError(
      'invalid_argument',
      `The definition has ${text.length} characters; ${MAX_TEXT_CHARS} are allowed.`,
    );
  }
  try {
    return parse(text, { maxAliasCount: 20 });
  } catch (error) {
    if (!(error instanceof YAMLParseError) && !(error instanceof ReferenceError)) throw error;
    throw new HeadgateError('invalid_argument', `The definition is no YAML: ${oneLine(error.message).slice(0, 300)}`, {
      hint: 'Indent with spaces, and put SQL of several lines behind `sql: |`.',
    });
  }
}

function problemsOf(issue: z.core.$ZodIssue): Problem[] {
  const path = pathOf(issue.path);
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ path: path === '' ? key : `${path}.${key}`, message: 'unknown key' }));
  }
  return [{ path: path === '' ? '(top level)' : path, message: issue.message }];
}

function pathOf(path: readonly PropertyKey[]): string {
  return path
    .map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`))
    .join('')
    .replace(/^\./, '');
}

function invalid(problems: readonly Problem[]): HeadgateError {
  const told = problems.slice(0, MAX_TOLD);
  const count = problems.length === 1 ? 'a problem' : `${problems.length} problems`;
  const [first] = told;
  return new HeadgateError(
    'invalid_argument',
    `The definition has ${count}: ${told.map(({ path, message }) => `${path}: ${message}`).join('; ')}.`,
    {
      hint: hintFor(first),
      details: { problems: told.map(({ path, message }) => ({ path, message })), total: problems.length },
    },
  );
}

function hintFor(problem: Problem | undefined): string {
  if (problem?.nearest !== undefined && problem.nearest.length > 0)
    return `Did you mean ${problem.nearest.join(', ')}?`;
  const [key = ''] = (problem?.path ?? '').split(/[.[]/);
  const [meant] = nearest(key, Object.keys(GivenDefinition.shape), 1);
  return problem?.message === 'unknown key' && meant !== undefined && meant !== key
    ? `Did you mean ${meant}?`
    : 'The prompt data_pipeline_template gives a definition to begin with.';
}
