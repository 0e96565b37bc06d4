import { z } from 'zod';
import { HeadgateError } from '../../kernel/errors.ts';

/** Rows of a page when the caller does not say. */
const DEFAULT_ROWS = 100;
const MAX_ROWS = 1_000;

/** What every list takes. */
export const PageQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(MAX_ROWS).default(DEFAULT_ROWS).describe('Rows of the page'),
  cursor: z.string().max(500).optional().describe('`next_cursor` of the page before'),
});

/** A page: what every list answers. */
export function pageOf<Item extends z.ZodType>(item: Item) {
  return z.object({
    items: z.array(item),
    total: z.int().nonnegative().describe('On all pages together'),
    next_cursor: z.string().nullable().describe('Null: this is the last page'),
  });
}

/** Writes down where a list goes on. */
export function cursorOf(position: string | number): string {
  return Buffer.from(`c1${position}`).toString('base64url');
}

/** Reads what {@link cursorOf} wrote; null: from the beginning. Errors: `invalid_argument`. */
export function positionOf(cursor: string | undefined): string | null {
  if (cursor === undefined) return null;
  const text = Buffer.from(cursor, 'base64url').toString();
  if (text.startsWith('c1') && cursorOf(text.slice(2)) === cursor) return text.slice(2);
  throw badCursor();
}

/** The same where the position is a number. Errors: `invalid_argument`. */
export function numberOf(cursor: string | undefined): number | null {
  const position = positionOf(cursor);
  if (position === null) return null;
  if (!/^\d{1,15}$/.test(position)) throw badCursor();
  return Number(position);
}

/** The page of sorted items that follow the one whose key the cursor holds. Stays right while others are added and removed. */
export function pageAfter<Item>(
  items: readonly Item[],
  keyOf: (item: Item) => string,
  { limit, cursor }: z.output<typeof PageQuery>,
): { items: Item[]; total: number; next_cursor: string | null } {
  const after = positionOf(cursor);
  const start = after === null ? 0 : items.findIndex((item) => keyOf(item) > after);
  const page = start === -1 ? [] : items.slice(start, start + limit);
  const last = page.at(-1);
  const more = start !== -1 && start + limit < items.length;
  return { items: page, total: items.length, next_cursor: more && last !== undefined ? cursorOf(keyOf(last)) : null };
}

function badCursor(): HeadgateError {
  return new HeadgateError('invalid_argument', 'The cursor is not one that this server gave out.', {
    hint: 'Pass the `next_cursor` of the page before unchanged.',
  });
}
