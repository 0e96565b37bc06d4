import { RE2JS, RE2JSException } from 're2js';

/**
 * Above this Envoy refuses an expression by itself (`re2.max_program_size.error_level` is 100 when no runtime layer sets it; seen on
 * 1.36 and 1.40).
 */
const MAX_PROGRAM_SIZE = 100;
/** Instructions that Envoy's RE2 has more than ours for the same text. */
const MORE_IN_ENVOY = 2;
/** Alternatives and repetitions, without what only opens a group. */
const OPERATORS = /(?<!\()[|*+?]/g;
const COUNTED = /\{\d/;
/** Nothing longer has a program that is small enough, and it is not worth compiling. */
const MAX_CHARS = 4_096;
/** Verdicts that are kept: the same expressions come again with every change. */
const MAX_KEPT = 20_000;

const verdicts = new Map<string, string | null>();

/**
 * What Envoy has against a regular expression, as the end of a sentence that begins with it; null: nothing. Envoy runs RE2: time is
 * linear in the input whatever the expression, so the danger is not backtracking but the size of the compiled program; look-around and
 * back-references do not exist.
 */
export function regularExpressionViolation(expression: string): string | null {
  const kept = verdicts.get(expression);
  if (kept !== undefined) return kept;
  const verdict = violationOf(expression);
  if (verdicts.size >= MAX_KEPT) verdicts.clear();
  verdicts.set(expression, verdict);
  return verdict;
}

/** What is wrong with a text that takes the place of what an expression matched: Envoy takes it, and then rewrites nothing. */
export function substitutionViolation(expression: string, substitution: string): string | null {
  const used = [...substitution.matchAll(/\\(.?)/gs)].map(([, what = '']) => what);
  if (used.some((what) => !/[\d\\]/.test(what))) return 'must have \\1 for a group, or \\\\ for the sign itself';
  if (regularExpressionViolation(expression) !== null) return null;
  const groups = RE2JS.compile(expression).groupCount();
  const beyond = used.map(Number).find((group) => group > groups);
  return beyond === undefined ? null : `has \\${beyond}, and the pattern has ${groups} groups`;
}

function violationOf(expression: string): string | null {
  if (expression.length > MAX_CHARS) return `is ${expression.length} characters long; at most ${MAX_CHARS} are taken`;
  try {
    const size = sizeInEnvoy(expression, RE2JS.compile(expression).programSize());
    return size > MAX_PROGRAM_SIZE
      ? `has a program size of about ${size} in RE2; Envoy refuses more than ${MAX_PROGRAM_SIZE}`
      : null;
  } catch (error) {
    if (error instanceof RE2JSException)
      return `is not one that RE2 takes: ${error.message.replace(/^error parsing regexp: /, '')}`;
    throw error;
  }
}

/**
 * At least how many instructions Envoy has. For alternatives and repetitions it has none of their own; where a count in braces
 * multiplies them, they are at most half of ours. Of a class of characters it has one for each range, and ours one for all: an
 * expression with many dots and negated classes can be larger there than it is said to be here, and is left to Envoy to refuse.
 */
function sizeInEnvoy(expression: string, size: number): number {
  const operators = expression.match(OPERATORS)?.length ?? 0;
  const own = operators > 0 && COUNTED.test(expression) ? Math.ceil(size / 2) : size - operators;
  return own + MORE_IN_ENVOY;
}
