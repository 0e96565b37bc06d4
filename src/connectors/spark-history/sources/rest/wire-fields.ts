import { z } from 'zod';

// The kinds of fields that the REST of Spark sends.

/** `2026-11-21T07:37:09.987GMT` → epoch ms. Spark sends 1969-12-31T23:59:59.999GMT, one millisecond before 0, for no time. */
export const Time = z
  .string()
  .transform((text) => Date.parse(text.replace(/GMT$/, 'Z')))
  .refine((ms) => Number.isFinite(ms), 'must be a time')
  .transform((ms) => (ms < 0 ? null : ms))
  .nullish()
  .transform((ms) => ms ?? null);

export const Text = z
  .string()
  .nullish()
  .transform((text) => text ?? '');
export const TextOrNull = z
  .string()
  .nullish()
  .transform((text) => text ?? null);
export const Count = z
  .number()
  .nullish()
  .transform((value) => value ?? 0);
export const Counts = z
  .record(z.string(), z.number())
  .nullish()
  .transform((counts) => counts ?? {});
export const Texts = z
  .record(z.string(), z.string())
  .nullish()
  .transform((texts) => texts ?? {});
export const Flag = z
  .boolean()
  .nullish()
  .transform((flag) => flag ?? false);
export const Ids = z
  .array(z.int())
  .nullish()
  .transform((ids) => ids ?? []);
