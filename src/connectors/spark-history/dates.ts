import { HeadgateError } from '../../kernel/errors.ts';
import { label } from '../../kernel/quote.ts';

const MS_PER_DAY = 86_400_000;

/** A range of times, epoch ms. Errors: as `readDate`; `invalid_argument` for one that ends before it begins. */
export function readRange(input: { readonly since?: string | undefined; readonly until?: string | undefined }) {
  const since = readDate('since', input.since, 'start') ?? undefined;
  const until = readDate('until', input.until, 'end') ?? undefined;
  if (since !== undefined && until !== undefined && since > until) {
    throw new HeadgateError(
      'invalid_argument',
      `until "${label(input.until ?? '')}" is before since "${label(input.since ?? '')}".`,
      {
        hint: 'Give the earlier one as since.',
      },
    );
  }
  return { since, until };
}

/**
 * Dates as the History Server takes them (`2015-02-10`, `2015-02-03T16:42:40.000GMT`) and RFC 3339; without a zone, UTC.
 * A bare date at the `end` of a range includes its day. Null for none. Errors: `invalid_argument`, naming the parameter.
 */
export function readDate(name: string, text: string | undefined, edge: 'start' | 'end'): number | null {
  if (text === undefined) return null;
  const match = /^(\d{4}-\d{2}-\d{2})(?:T(\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?)(GMT|Z|[+-]\d{2}:\d{2})?)?$/.exec(
    text.trim(),
  );
  const [, day, time = '00:00', zone = 'Z'] = match ?? [];
  const instant = Date.parse(`${day}T${time}${zone === 'GMT' ? 'Z' : zone}`);
  if (Number.isNaN(instant)) {
    throw new HeadgateError('invalid_argument', `${name} "${label(text)}" is not a date.`, {
      hint: 'Use 2026-01-31, 2026-01-31T09:30:00Z or 2026-01-31T09:30:00.000GMT.',
    });
  }
  return edge === 'end' && match?.[2] === undefined ? instant + MS_PER_DAY - 1 : instant;
}
