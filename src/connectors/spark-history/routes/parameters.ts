import { parseDateParameter } from '../../../eventlog/index.ts';
import { HeadgateError } from '../../../kernel/errors.ts';
import { label } from '../../../kernel/quoted.ts';
import { RouteRefusal } from './answers.ts';

/** Largest `int` of Java. */
export const MAX_INT = 2 ** 31 - 1;
const INTEGER = /^[+-]?\d+$/;

/**
 * Reads query parameters as Jersey does for the History Server: of a key that comes twice the first value counts, an empty
 * value stands for the default, and a value of another type is answered as an address that does not exist.
 */
export class QueryParameters {
  readonly #query: URLSearchParams;

  constructor(query: URLSearchParams) {
    this.#query = query;
  }

  /** The first value; null when there is none or it is empty. */
  text(key: string): string | null {
    const value = this.#query.get(key);
    return value === null || value === '' ? null : value;
  }

  integer(key: string, missing: number): number {
    return this.integerOrNull(key) ?? missing;
  }

  /** Errors: `not_found` for what is no `int`. */
  integerOrNull(key: string): number | null {
    const value = this.text(key);
    if (value === null || value.trim() === '') return null;
    const number = parseInteger(value);
    if (number === null) throw notThere(key, value, 'a whole number');
    return number;
  }

  /** Anything but `true`, in whatever case, is false. */
  flag(key: string, missing: boolean): boolean {
    const value = this.text(key);
    return value === null ? missing : value.toLowerCase() === 'true';
  }

  /** Every value, in whatever case; null for an empty one, which is a value that nothing has. Errors: `not_found` for one that is none of `known`. */
  choices<T extends string>(key: string, known: readonly T[]): Array<T | null> {
    return this.#query.getAll(key).map((value) => {
      if (value === '') return null;
      const found = known.find((one) => one === value.toUpperCase());
      if (found === undefined) throw notThere(key, value, `one of ${known.join(', ')}`);
      return found;
    });
  }

  /** A date or `missing`, epoch ms. Refuses what is none as Spark does: 400. */
  date(key: string, missing: number): number {
    const value = this.text(key);
    if (value === null) return missing;
    const time = parseDateParameter(value);
    if (time === null) throw new RouteRefusal(400, `Couldn't parse date: ${value}`);
    return time;
  }

  /** Numbers between commas. Refuses what is none as Spark does: 400. */
  quantiles(missing: string): number[] {
    const values = (this.#query.get('quantiles') ?? missing).split(',');
    while (values.length > 1 && values.at(-1) === '') values.pop();
    if (values.length === 1 && values[0] === '' && (this.#query.get('quantiles') ?? '') !== '') return [];
    return values.map((value) => {
      const number = parseJavaDouble(value);
      if (number !== null) return number;
      throw new RouteRefusal(400, `Bad value for parameter "quantiles".  Expected a double, got "${value}"`);
    });
  }
}

/** A Java `int`, with or without a sign; null for anything else. */
function parseInteger(text: string): number | null {
  const number = INTEGER.test(text) ? Number(text) : Number.NaN;
  return number >= -MAX_INT - 1 && number <= MAX_INT ? number : null;
}

/** `Double.parseDouble` of Java, without its hexadecimal form. */
function parseJavaDouble(text: string): number | null {
  const trimmed = text.trim();
  if (/^[+-]?NaN$/.test(trimmed)) return Number.NaN;
  if (/^[+-]?Infinity$/.test(trimmed)) return trimmed.startsWith('-') ? -Infinity : Infinity;
  return /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?[dDfF]?$/.test(trimmed)
    ? Number(trimmed.replace(/[dDfF]$/, ''))
    : null;
}

/** The History Server answers a value of the wrong type with 404. */
function notThere(key: string, value: string, expected: string): HeadgateError {
  return new HeadgateError('not_found', `The parameter ${key} is ${label(value)}: it must be ${expected}.`, {
    hint: 'docs/rest-compatibility.md lists every address with its parameters.',
  });
}
