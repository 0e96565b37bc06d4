import { safeParse, type z } from 'zod';
import { HeadgateError } from '../../kernel/errors.ts';
import { nearest } from '../../kernel/nearest.ts';
import type { CatalogEntry } from './catalog.ts';

/** Parameter names longer than this are cut in error messages. */
const MAX_ECHOED_CHARS = 80;

/**
 * Arguments checked by the tool's own schema, defaults filled in; null counts as absent where that is allowed.
 *
 * Errors: `invalid_argument` naming each wrong parameter by its path and what is accepted there; a parameter that the
 * tool does not have names the nearest one it has.
 */
export function checkArguments({ tool, description }: CatalogEntry, given: unknown): Record<string, unknown> {
  const problems: Problem[] = [];
  const values = given ?? {};
  if (typeof values !== 'object' || Array.isArray(values)) {
    problems.push({
      path: '',
      message: `arguments must be a JSON object, not ${Array.isArray(values) ? 'an array' : typeof values}`,
    });
  } else {
    problems.push(...unknownParameters(Object.keys(values), Object.keys(tool.input.shape)));
    const parsed = tool.input.safeParse(withoutNulls(values as Record<string, unknown>, tool.input.shape));
    if (parsed.success && problems.length === 0) return parsed.data;
    if (!parsed.success) problems.push(...parsed.error.issues.map(problemOf));
  }
  throw new HeadgateError('invalid_argument', `${tool.name}: ${problems.map(sentenceOf).join('; ')}.`, {
    hint: acceptedParameters(tool.name, description.inputSchema),
    details: { issues: problems },
  });
}

/** Typed clients send null for what they leave out: where a parameter may be left out, null is that. */
function withoutNulls(values: Readonly<Record<string, unknown>>, shape: Readonly<Record<string, z.core.$ZodType>>) {
  const isAbsent = (name: string) => {
    const schema = Object.hasOwn(shape, name) ? shape[name] : undefined;
    return values[name] === null && schema !== undefined && safeParse(schema, undefined).success;
  };
  return Object.fromEntries(Object.entries(values).filter(([name]) => !isAbsent(name)));
}

interface Problem {
  /** Dotted path of the parameter; empty for the arguments as a whole. */
  readonly path: string;
  readonly message: string;
}

function unknownParameters(given: readonly string[], known: readonly string[]): Problem[] {
  return given
    .filter((name) => !known.includes(name))
    .map((name) => {
      const [best] = nearest(name, known, 1);
      const offer = best === undefined ? '' : ` (nearest: ${best})`;
      return { path: name.slice(0, MAX_ECHOED_CHARS), message: `is not a parameter of this tool${offer}` };
    });
}

function problemOf(issue: z.core.$ZodIssue): Problem {
  const path = issue.path.map(String).join('.');
  const missing = issue.code === 'invalid_type' && issue.message.endsWith('received undefined');
  if (missing) return { path, message: `is required (${issue.expected})` };
  return { path, message: issue.message.replace(/^Invalid (?:input|option): /, '') };
}

function sentenceOf({ path, message }: Problem): string {
  const plain = message.replace(/\.$/, '');
  return path === '' ? plain : `${path}: ${plain}`;
}

function acceptedParameters(tool: string, schema: Record<string, unknown>): string {
  const required = Array.isArray(schema.required) ? schema.required : [];
  const names = Object.keys(schema.properties as Record<string, unknown>);
  if (names.length === 0) return `${tool} takes no parameters.`;
  return `${tool} accepts ${names.map((name) => (required.includes(name) ? `${name} (required)` : name)).join(', ')}.`;
}
