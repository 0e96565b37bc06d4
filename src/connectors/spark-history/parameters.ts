import { z } from 'zod';
import { HeadgateError } from '../../kernel/errors.ts';
import { type Page, readPage } from '../../kernel/table.ts';

/** Rows of a page when the caller does not say. */
export const DEFAULT_LENGTH = 20;
const MAX_LENGTH = 10_000;
const MAX_OFFSET = 100_000_000;
const MAX_TEXT_CHARS = 500;
const MAX_SPARK_NUMBER = 2_147_483_647;

// Callers write the same value in many ways, and only one can be meant: "3" for 3, 1 for "1", "FAILED_TASKS" for
// failed-tasks, one state for a list of one, "" for nothing. What is read here is checked after it, so the JSON Schema
// shows the plain form alone. Bounds are refinements: they are checked, and cost no tokens in the schema of every tool.

/** Only what a list of one holds can be meant where one value is wanted. */
const single = (given: unknown): unknown => (Array.isArray(given) && given.length === 1 ? given[0] : given);

const asText = (given: unknown): unknown => {
  const one = single(given);
  return typeof one === 'number' && Number.isFinite(one) ? String(one) : one;
};

const asNumber = (given: unknown): unknown => {
  const one = single(given);
  return typeof one === 'string' && /^\s*[+-]?\d+(?:\.0+)?\s*$/.test(one) ? Number(one) : one;
};

const asFlag = (given: unknown): unknown => {
  const one = single(given);
  const word = typeof one === 'string' ? one.trim().toLowerCase() : '';
  return word === 'true' || word === 'false' ? word === 'true' : one;
};

const folded = (word: string): string => word.trim().toLowerCase().replaceAll('_', '-');

const asOption = (given: unknown, options: readonly string[]): unknown =>
  typeof given === 'string' ? (options.find((option) => folded(option) === folded(given)) ?? given) : given;

const asList = (given: unknown): unknown =>
  typeof given === 'string' ? given.split(/[^\w-]+/).filter((word) => word !== '') : given;

/** An empty text is a field that was left empty. */
const unlessEmpty = (given: unknown): unknown => (typeof given === 'string' && given.trim() === '' ? undefined : given);

const optional = <T extends z.ZodType>(schema: T) => z.preprocess(unlessEmpty, schema.optional()).optional();

/** A text of 1 to 500 characters. */
export const shortText = () =>
  z.preprocess(
    asText,
    z
      .string()
      .refine((text) => text.length >= 1 && text.length <= MAX_TEXT_CHARS, `must be 1 to ${MAX_TEXT_CHARS} characters`),
  );

/** A text that may be left out or empty. */
export const optionalText = () => optional(shortText());

/** A text that has a usual value. */
export const textOr = (fallback: string) =>
  z.preprocess((given) => unlessEmpty(given) ?? fallback, shortText()).prefault(fallback);

const wholeNumber = (min: number, max: number) =>
  z.int().refine((value) => value >= min && value <= max, `must be ${min} to ${max}`);

const whole = (min: number, max: number) => z.preprocess(asNumber, wholeNumber(min, max));

/** Which application, in the words that every tool of the room shares. */
export const applicationInput = {
  app_id: shortText(),
  server: optionalText(),
  app_attempt_id: optionalText(),
};

const MAX_LISTED_IDS = 50;

/** Ids of 1 to 50 applications, or one. */
export const appIdList = () =>
  z.preprocess(
    (given) => (typeof given === 'string' ? given.split(/[\s,]+/).filter((id) => id !== '') : given),
    z
      .array(shortText())
      .refine((ids) => ids.length >= 1 && ids.length <= MAX_LISTED_IDS, `must be 1 to ${MAX_LISTED_IDS} ids`),
  );

/** An id that Spark counts from 0. */
export const sparkNumber = () => whole(0, MAX_SPARK_NUMBER);

/** An id that Spark counts from 0 and that may be left out. */
export const optionalSparkNumber = () => optional(sparkNumber());

/** Ids that Spark counts from 0, or one of them; may be left out. */
export const sparkNumbers = () =>
  optional(
    z.preprocess(
      (given) => (typeof given === 'string' ? asList(given) : typeof given === 'number' ? [given] : given),
      z.array(sparkNumber()),
    ),
  );

/** How many rows; 0 means all, as far as one page and the result budget go. */
export const count = (fallback: number = DEFAULT_LENGTH) =>
  z
    .preprocess((given) => (asNumber(given) === 0 ? MAX_LENGTH : asNumber(given)), wholeNumber(0, MAX_LENGTH))
    .prefault(fallback);

/** How many at most, from 1; may be left out. */
export const optionalCount = () => optional(whole(1, MAX_OFFSET));

/** How many characters. */
export const charCount = (fallback: number, max: number) => whole(1, max).prefault(fallback);

/** Yes or no. */
export const flag = (fallback: boolean) => z.preprocess(asFlag, z.boolean()).prefault(fallback);

/** A number that the peer takes and that means nothing here: logs are read whole. */
export const ignoredNumber = () => optional(z.preprocess(asNumber, z.int())).describe('Ignored: logs are read whole');

/** Where a list begins: `offset`, or `cursor` of the page before, which wins. */
export const startInput = {
  offset: whole(0, MAX_OFFSET).prefault(0),
  cursor: optionalText(),
};

/** Paging of a list: where it begins, and how many rows. */
export const pagingInput = { ...startInput, length: count().describe('Rows; 0: all') };

/** One of some words, in any case, `_` for `-` and the other way round. */
export const optionInput = <const S extends readonly [string, ...string[]]>(options: S) =>
  optional(z.preprocess((given) => asOption(single(given), options), z.enum(options)));

/** A list of states, or one of them, in any case. Every state given is used. */
export const statesInput = <const S extends readonly [string, ...string[]]>(states: S) =>
  optional(z.preprocess(asList, z.array(z.preprocess((given) => asOption(given, states), z.enum(states)))));

/** Reads the page that a list was asked for. Errors: `invalid_argument` for a cursor that is not ours. */
export function pageOf(input: { cursor?: string | undefined; offset?: number | undefined; length: number }): Page {
  return readPage(input, () => {
    throw new HeadgateError('invalid_argument', 'The cursor is not one that this server gave out.', {
      hint: 'Pass the `cursor` of the page before unchanged, or use `offset`.',
    });
  });
}
