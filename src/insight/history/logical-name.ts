import { redactText } from '../../kernel/redaction.ts';

/** Longest part of a name that tells applications apart, characters. */
const NAME_CHARS = 300;

/** A random id: 8-4-4-4-12 hexadecimal digits, or at least eight of them with a digit and a letter among them. */
const RANDOM_ID = /\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b|\b(?=[a-f]*\d)(?=\d*[a-f])[0-9a-f]{8,}\b/gi;
/** A date, with or without a time: `2026-02-01`, `2026-02-01T06:00:00.123Z`, `20260201_0600`. */
const DATE =
  /\d{4}([-/._]?)\d{2}\1\d{2}(?:[T _-]?\d{2}[:.\-_]?\d{2}(?:[:.\-_]?\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?)?(?!\d)/g;
/** A number of its own, or one of four digits or more in a word. Shorter ones in a word are names: `q1`, `stage2`, `v2`. */
const NUMBER = /(?<![A-Za-z\d])\d+(?![A-Za-z\d])|\d{4,}/g;
/** What is left of a date or counter in several parts. */
const REPEATED = /#(?:[-_.:/ T]*#)+/g;

/**
 * The name that all runs of one logical application share: dates, times, counters and random ids are `#`, and one `#` where
 * several follow each other. `orders-2026-02-01` is `orders-#`. Secrets are masked. The result is text of a log.
 */
export function logicalName(name: string): string {
  return redactText(name.slice(0, NAME_CHARS))
    .trim()
    .replace(RANDOM_ID, '#')
    .replace(DATE, '#')
    .replace(NUMBER, '#')
    .replace(REPEATED, '#');
}

/**
 * What tells logical applications apart: their name, and the values of the properties that `keys` name, where they are set:
 * `orders-# [spark.yarn.queue=etl]`.
 */
export function logicalKey(
  name: string,
  properties: Readonly<Record<string, string>>,
  keys: readonly string[],
): string {
  const set = keys.filter((key) => Object.hasOwn(properties, key)).map((key) => `${key}=${properties[key] ?? ''}`);
  return set.length === 0 ? logicalName(name) : `${logicalName(name)} [${set.join(', ')}]`;
}
