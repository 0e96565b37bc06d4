/**
 * JSON as the Spark History Server writes it: Jackson with indented output, absent fields left out, dates as text in GMT.
 * A body is the same byte for byte, so that a client that compares or greps sees no difference.
 */

/** A value that can be written. `null` and `undefined` members of an object are left out, as Spark leaves out `None`. */
export type Json =
  | string
  | number
  | boolean
  | null
  | undefined
  | JavaDouble
  | Streamed
  | readonly Json[]
  | ReadonlyMap<string, Json>
  | JsonRecord;

/** An object whose members are written in their order. Names must not be whole numbers, which JavaScript puts first: a map takes those. */
export interface JsonRecord {
  readonly [name: string]: Json;
}

/** A Java `double`, which is written with a decimal point (`3.0`, `1.2E7`) where a `long` is not. */
export class JavaDouble {
  readonly value: number;

  constructor(value: number) {
    this.value = value;
  }
}

/** A value too large for one text: its members are made and written one after another. */
export class Streamed {
  readonly kind: 'array' | 'object';
  readonly members: Iterable<Json> | Iterable<readonly [string, Json]>;

  private constructor(kind: Streamed['kind'], members: Streamed['members']) {
    this.kind = kind;
    this.members = members;
  }

  /** An array whose elements are made when they are written. */
  static array(elements: Iterable<Json>): Streamed {
    return new Streamed('array', elements);
  }

  /** An object whose members are made when they are written. */
  static object(members: Iterable<readonly [string, Json]>): Streamed {
    return new Streamed('object', members);
  }
}

/** Java doubles of a list of numbers. */
export const doubles = (values: Iterable<number>): JavaDouble[] => Array.from(values, (value) => new JavaDouble(value));

/** A time as Spark's REST writes it: `2026-11-21T07:04:09.352GMT`. Absent for a time that is not known. */
export function gmt(epochMs: number | null): string | undefined {
  if (epochMs === null) return undefined;
  const iso = new Date(epochMs).toISOString();
  // Years of five digits and more: JavaScript writes a sign and six digits, Java the year.
  return `${iso.startsWith('+') ? iso.slice(1, -1).replace(/^0+/, '') : iso.slice(0, -1)}GMT`;
}

/** Characters gathered before they are handed on. */
const CHUNK_CHARS = 256 * 1024;

/** Masks what must not be seen in a text. Every text value and every name of a map goes through it. */
export type TextMask = (text: string) => string;

const unmasked: TextMask = (text) => text;

/** The text of a value in pieces of about 256 K characters. Only `Streamed` values are cut; anything else is one piece. */
export function* jsonChunks(value: Json, mask: TextMask = unmasked): Generator<string> {
  let gathered = '';
  for (const piece of new JsonWriter(mask).pieces(value, '\n')) {
    gathered += piece;
    if (gathered.length < CHUNK_CHARS) continue;
    yield gathered;
    gathered = '';
  }
  if (gathered !== '') yield gathered;
}

/** The whole text of a value. */
export const jsonText = (value: Json, mask: TextMask = unmasked): string => new JsonWriter(mask).write(value, '\n');

/** Writes with one mask. `line` is everywhere the line break with the indentation of the value's own line. */
class JsonWriter {
  readonly #mask: TextMask;

  constructor(mask: TextMask) {
    this.#mask = mask;
  }

  *pieces(value: Json, line: string): Generator<string> {
    if (!(value instanceof Streamed)) yield this.write(value, line);
    else if (value.kind === 'array') yield* this.#elements(value.members as Iterable<Json>, line);
    else yield* this.#streamedMembers(value.members as Iterable<readonly [string, Json]>, line);
  }

  *#elements(elements: Iterable<Json>, line: string): Generator<string> {
    let before = '[ ';
    for (const element of elements) {
      yield before;
      yield* this.pieces(element, line);
      before = ', ';
    }
    yield before === '[ ' ? '[ ]' : ' ]';
  }

  *#streamedMembers(members: Iterable<readonly [string, Json]>, line: string): Generator<string> {
    const inner = `${line}  `;
    let before = '{';
    for (const [name, value] of members) {
      if (value === null || value === undefined) continue;
      yield `${before}${inner}${quote(name)} : `;
      yield* this.pieces(value, inner);
      before = ',';
    }
    yield before === '{' ? '{ }' : `${line}}`;
  }

  write(value: Json, line: string): string {
    switch (typeof value) {
      case 'string':
        return quote(this.#mask(value));
      case 'number':
      case 'boolean':
        return String(value);
      case 'object':
        return value === null ? 'null' : this.#object(value, line);
      default:
        return 'null';
    }
  }

  #object(value: Exclude<Json, string | number | boolean | null | undefined>, line: string): string {
    if (Array.isArray(value)) return this.#array(value, line);
    if (value instanceof JavaDouble) return javaDouble(value.value);
    if (value instanceof Map) return this.#members(value, line);
    if (value instanceof Streamed) return [...this.pieces(value, line)].join('');
    return this.#record(value as JsonRecord, line);
  }

  #array(values: readonly Json[], line: string): string {
    let text = '[ ';
    for (let i = 0; i < values.length; i++) text += (i === 0 ? '' : ', ') + this.write(values[i], line);
    return values.length === 0 ? '[ ]' : `${text} ]`;
  }

  #members(members: ReadonlyMap<string, Json>, line: string): string {
    const inner = `${line}  `;
    let text = '';
    for (const [name, value] of members) {
      if (value === null || value === undefined) continue;
      text += `${text === '' ? '{' : ','}${inner}${quote(this.#mask(name))} : ${this.write(value, inner)}`;
    }
    return text === '' ? '{ }' : `${text}${line}}`;
  }

  /** As `#members`, for the names of our own records, which need no escaping and hold no secret. */
  #record(record: JsonRecord, line: string): string {
    const inner = `${line}  `;
    const heads = headsAt(inner);
    let text = '';
    for (const name in record) {
      const value = record[name];
      if (value === null || value === undefined) continue;
      const head = heads.get(name) ?? addHead(heads, inner, name);
      text += text === '' ? `{${head}` : `,${head}`;
      text += typeof value === 'number' ? value : this.write(value, inner);
    }
    return text === '' ? '{ }' : `${text}${line}}`;
  }
}

/** What stands before the values of our own records, by line break and name: written for every stage and task. */
const HEADS = new Map<string, Map<string, string>>();

function headsAt(inner: string): Map<string, string> {
  const known = HEADS.get(inner);
  if (known !== undefined) return known;
  const heads = new Map<string, string>();
  HEADS.set(inner, heads);
  return heads;
}

function addHead(heads: Map<string, string>, inner: string, name: string): string {
  const head = `${inner}"${name}" : `;
  heads.set(name, head);
  return head;
}

/** Control characters that have no escape of their own, and the halves of characters beyond 16 bits. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
const ESCAPED_BY_JACKSON = /[\u0000-\u0007\u000b\u000e-\u001f\ud800-\udfff]/;

/** As Jackson writes a text as UTF-8: hex digits in capitals, and two escapes for a character beyond 16 bits. */
function quote(text: string): string {
  const quoted = JSON.stringify(text);
  if (!ESCAPED_BY_JACKSON.test(text)) return quoted;
  return quoted
    .replace(/(?<=(?:^|[^\\])(?:\\\\)*\\u)[0-9a-f]{4}/g, (hex) => hex.toUpperCase())
    .replace(/[\ud800-\udfff]/g, (half) => `\\u${half.charCodeAt(0).toString(16).toUpperCase()}`);
}

/** `Double.toString` of Java: a decimal point always, and an exponent below 10⁻³ and from 10⁷ on. */
export function javaDouble(value: number): string {
  if (!Number.isFinite(value)) return `"${value}"`;
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-3 || size >= 1e7)) {
    const [digits = '', exponent = ''] = value.toExponential().split('e');
    return `${digits.includes('.') ? digits : `${digits}.0`}E${Number(exponent)}`;
  }
  const text = Object.is(value, -0) ? '-0' : String(value);
  return text.includes('.') ? text : `${text}.0`;
}
