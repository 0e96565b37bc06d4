import { z } from 'zod';
import { HeadgateError } from '../../kernel/errors.ts';

/** Id of a job, as submit_spark_job gives it. */
export const JobId = z.string().refine((id) => id.length >= 1 && id.length <= 100, 'must be 1 to 100 characters');

/** A whole number in a range. The range is checked, and costs no tokens in the schema. */
export const whole = (min: number, max: number) =>
  z.int().refine((value) => value >= min && value <= max, `must be ${min} to ${max}`);

const DAY_MS = 86_400_000;

/** Reads a date or a moment; a bare date is its first moment, or the one after its last. Errors: `invalid_argument`. */
export function readMoment(name: string, text: string | undefined, edge: 'start' | 'end'): number | undefined {
  if (text === undefined) return undefined;
  const isDate = /^\d{4}-\d{2}-\d{2}$/.test(text);
  const moment =
    isDate || /^\d{4}-\d{2}-\d{2}T[\d:.]+(?:Z|[+-]\d{2}:\d{2})$/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(moment)) {
    throw new HeadgateError('invalid_argument', `${name} is no date: ${JSON.stringify(text.slice(0, 50))}.`, {
      hint: 'Write 2026-01-31 or 2026-01-31T10:00:00Z.',
    });
  }
  return isDate && edge === 'end' ? moment + DAY_MS : moment;
}

/** A moment as it stands in results. */
export const rfc3339 = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString());

/** An error as it stands in results. */
export const ErrorShape = z.object({
  code: z.string(),
  message: z.string(),
  hint: z.string().optional(),
  details: z.record(z.string(), z.unknown()).optional(),
});
