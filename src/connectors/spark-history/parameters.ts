import { z } from 'zod';
import { HeadgateError } from '../../kernel/errors.ts';
import { type Page, readPage } from '../../kernel/table.ts';

/** Rows of a page when the caller does not say. */
export const DEFAULT_LENGTH = 20;
const MAX_LENGTH = 10_000;
const MAX_OFFSET = 100_000_000;

const id = () => z.string().min(1).max(300);

/** Application id. */
export const appId = id().describe('Application id');

/** Name of the source to read. */
export const server = id().optional().describe('Source name; all when absent');

/** Which application, in the words that every tool of the room shares. */
export const applicationInput = {
  app_id: appId,
  server,
  app_attempt_id: id().optional().describe('Application attempt; latest when absent'),
};

/** An id that Spark counts from 0. */
export const sparkNumber = () => z.int().min(0).max(2_147_483_647);

/** How many rows. */
export const rowCount = (fallback: number = DEFAULT_LENGTH) => z.int().min(1).max(MAX_LENGTH).default(fallback);

/** Paging of a list: `offset` or `cursor`, and `length`. */
export const pagingInput = {
  offset: z.int().min(0).max(MAX_OFFSET).default(0),
  length: rowCount(),
  cursor: z.string().max(100).optional().describe('From the page before; wins over offset'),
};

/** A list of states, any case. Every state given is used. */
export const statesInput = <const S extends readonly [string, ...string[]]>(states: S) =>
  z
    .array(z.string().toUpperCase().pipe(z.enum(states)))
    .max(20)
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
