import type { PoolClient } from 'pg';
import { HeadgateError } from '../../../kernel/errors.ts';
import { requireText } from '../statements/parse.ts';
import { describeParameters } from './row-reader.ts';

/** Object identifiers of `json` and `jsonb`. */
const JSON_TYPES: ReadonlySet<number> = new Set([114, 3802]);

/** Values of a statement: checked, and encoded as far as that goes without the server. */
export interface EncodedParameters {
  readonly texts: ReadonlyArray<string | null>;
  /** Positions of lists that are an array of PostgreSQL or a JSON document: the server knows which. With their JSON. */
  readonly lists: ReadonlyMap<number, string>;
}

/**
 * Values of `$1, $2 …` as the server reads them: text of each. Lists become arrays of PostgreSQL, objects JSON.
 * Errors: `invalid_argument` when there are more or fewer than the statement takes, or text that is none.
 */
export function readParameters(values: readonly unknown[], expected: number): EncodedParameters {
  if (values.length !== expected) {
    const takes = expected === 0 ? 'no parameters' : expected === 1 ? '$1' : `$1 to $${expected}`;
    throw new HeadgateError('invalid_argument', `The statement takes ${takes}; there are ${values.length} values.`, {
      hint: 'Give one value for each of $1, $2 … in `parameters`.',
      details: { sql_state: '08P01', expected, given: values.length },
    });
  }
  const lists = new Map<number, string>();
  const texts = values.map((value, index) => {
    const text = encodeValue(value);
    if (text !== null) requireText(text, `The value of $${index + 1}`);
    if (Array.isArray(value)) lists.set(index, JSON.stringify(value));
    return text;
  });
  return { texts, lists };
}

/** As `readParameters`, with every list as an array of PostgreSQL. */
export function encodeParameters(values: readonly unknown[], expected: number): Array<string | null> {
  return [...readParameters(values, expected).texts];
}

/** The texts to send: lists as JSON where the statement takes JSON. Asks the server only when there are lists. Errors: those of the server. */
export async function settleLists(
  { texts, lists }: EncodedParameters,
  client: PoolClient,
  sql: string,
): Promise<ReadonlyArray<string | null>> {
  if (lists.size === 0) return texts;
  const types = await describeParameters(client, sql);
  return texts.map((text, index) => (JSON_TYPES.has(types[index] ?? 0) ? (lists.get(index) ?? text) : text));
}

function encodeValue(value: unknown): string | null {
  if (value === null || value === undefined) return null;
  if (Array.isArray(value)) return encodeArray(value);
  if (typeof value === 'object') return JSON.stringify(value);
  return String(value);
}

/** A list of objects is a JSON document, any other an array of PostgreSQL: `{"a","b",NULL}`. */
function encodeArray(values: readonly unknown[]): string {
  const isDocument = values.some((value) => typeof value === 'object' && value !== null && !Array.isArray(value));
  if (isDocument) return JSON.stringify(values);
  return `{${values.map(encodeElement).join(',')}}`;
}

function encodeElement(value: unknown): string {
  if (value === null || value === undefined) return 'NULL';
  if (Array.isArray(value)) return encodeArray(value);
  return `"${String(value).replace(/[\\"]/g, '\\$&')}"`;
}
