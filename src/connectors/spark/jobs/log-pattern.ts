import { runInNewContext } from 'node:vm';
import { HeadgateError } from '../../../kernel/errors.ts';

/** How long one pattern may work on one answer: what backtracks without end is stopped there. Milliseconds. */
const MATCH_MS = 250;
const MAX_PATTERN_CHARS = 500;
/** Longest part of a line that a regular expression looks at, characters. */
const LINE_CHARS = 4_000;

/**
 * Which lines a pattern is found in: `/…/` or `/…/i` is a regular expression without look-around and backreferences, anything else
 * is text in any case. Errors: `invalid_argument` for what is no regular expression, and for one that takes too long.
 */
export function matchLines(lines: readonly string[], pattern: string): boolean[] {
  if (pattern.length > MAX_PATTERN_CHARS) {
    throw new HeadgateError('invalid_argument', `The pattern is longer than ${MAX_PATTERN_CHARS} characters.`);
  }
  const regex = /^\/(.+)\/(i?)$/s.exec(pattern);
  if (regex === null) {
    const wanted = pattern.toLowerCase();
    return lines.map((line) => line.toLowerCase().includes(wanted));
  }
  const [, source = '', flags = ''] = regex;
  requireSimple(source);
  return run(source, flags, lines);
}

/** What RE2 leaves out too. */
function requireSimple(source: string): void {
  const found = /\(\?(?:[=!]|<[=!])|\\[1-9]|\\k</.exec(source.replaceAll('\\\\', ''))?.[0];
  if (found === undefined) return;
  throw new HeadgateError(
    'invalid_argument',
    `The pattern uses ${found}: look-around and backreferences are not accepted.`,
    {
      hint: 'Write it without them, or search for plain text.',
    },
  );
}

function run(source: string, flags: string, lines: readonly string[]): boolean[] {
  // Numbers and text go in, and text comes out: nothing of this process is reachable from there.
  const code = `const form = new RegExp(source, flags); JSON.parse(lines).map((line) => form.test(line) ? '1' : '0').join('')`;
  const given = { source, flags, lines: JSON.stringify(lines.map((line) => line.slice(0, LINE_CHARS))) };
  try {
    return [...String(runInNewContext(code, given, { timeout: MATCH_MS }))].map((found) => found === '1');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_SCRIPT_EXECUTION_TIMEOUT') {
      throw new HeadgateError('invalid_argument', `The pattern took longer than ${MATCH_MS} ms.`, {
        hint: 'Avoid repetitions inside repetitions, such as (a+)+, or search for plain text.',
        cause: error,
      });
    }
    throw new HeadgateError('invalid_argument', `The pattern is no regular expression: ${(error as Error).message}`, {
      cause: error,
    });
  }
}
