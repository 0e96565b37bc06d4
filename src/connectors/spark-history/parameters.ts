import { z } from 'zod';
import { HeadgateError } from '../../kernel/errors.ts';
import { type Page, readPage } from '../../kernel/table.ts';

/** Rows of a page when the caller does not say. */
export const DEFAULT_LENGTH = 20;
const MAX_LENGTH = 10_000;
const MAX_OFFSET = 100_000_000;
const MAX_TEXT_CHARS = 500;
const MAX_SPARK_NUMBER = 2_147_483_647;

// Bounds are refinements: they are checked, and cost no tokens in the schema of every tool.

/** A text of 1 to 500 characters. */
export const shortText = () =>
  z
    .string()
    .refine((text) => text.length >= 1 && text.length <= MAX_TEXT_CHARS, `must be 1 to ${MAX_TEXT_CHARS} characters`);

const whole = (min: number, max: number) =>
  z.int().refine((value) => value >= min && value <= max, `must be ${min} to ${max}`);

/** Which application, in the words that every tool of the room shares. */
export const applicationInput = {
  app_id: shortText(),
  server: shortText().optional(),
  app_attempt_id: shortText().optional(),
};

/** An id that Spark counts from 0. */
export const sparkNumber = () => whole(0, MAX_SPARK_NUMBER);

/** How many rows, or characters. */
export const count = (fallback: number = DEFAULT_LENGTH, max: number = MAX_LENGTH) => whole(1, max).default(fallback);

/** How many rows; 0 means all. */
export const countOrAll = () => whole(0, MAX_LENGTH).default(DEFAULT_LENGTH);

/** Where a list begins: `offset`, or `cursor` of the page before, which wins. */
export const startInput = {
  offset: whole(0, MAX_OFFSET).default(0),
  cursor: shortText().optional(),
};

/** Paging of a list: where it begins, and how many rows. */
export const pagingInput = { ...startInput, length: count() };

/** A list of states, any case. Every state given is used. */
export const statesInput = <const S extends readonly [string, ...string[]]>(states: S) =>
  z
    .array(z.string().toUpperCase().pipe(z.enum(states)))

    .optional()
    .describe(states.join('|'));

/** Reads the page that a list was asked for. Errors: `invalid_argument` for a cursor that is not ours. */
export function pageOf(input: { cursor?: string | undefined; offset?: number | undefined; length: number }): Page {
  return readPage(input, () => {
    throw new HeadgateError('invalid_argument', 'The cursor is not one that this server gave out.', {
      hint: 'Pass the `cursor` of the page before unchanged, or use `offset`.',
    });
  });
}
