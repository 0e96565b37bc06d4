import { UsageError } from './invocation.ts';

/** The part of a JSON Schema that decides how a typed value is read. */
interface ValueSchema {
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly items?: ValueSchema;
  readonly anyOf?: readonly ValueSchema[];
}

/** JSON Schema of a tool's arguments. */
export interface ArgumentsSchema {
  readonly properties?: Readonly<Record<string, ValueSchema>>;
}

/**
 * Reads `key=value` words by the tool's input schema. A key given twice becomes a list. What does not fit the schema
 * stays text, so that the tool's own check says what is accepted.
 * Errors: `invalid_argument` for a word without `=`.
 */
export function parseCallArguments(words: readonly string[], schema: ArgumentsSchema): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  for (const word of words) {
    const equals = word.indexOf('=');
    if (equals < 1) {
      throw new UsageError('invalid_argument', `"${word}" is no argument.`, {
        hint: 'Write arguments as key=value, or all of them as one object: --arguments \'{"key": "value"}\'.',
      });
    }
    const key = word.slice(0, equals);
    const value = readValue(word.slice(equals + 1), schema.properties?.[key] ?? {});
    const earlier = Object.hasOwn(values, key) ? [values[key]].flat() : null;
    values[key] = earlier === null ? value : [...earlier, value].flat();
  }
  return values;
}

/** Reads all arguments as one object. Errors: `invalid_argument` when it is no JSON object. */
export function parseJsonArguments(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch (cause) {
    throw notAnObject(cause);
  }
  throw notAnObject(undefined);
}

function notAnObject(cause: unknown): UsageError {
  return new UsageError('invalid_argument', 'The arguments are no JSON object.', {
    hint: 'Write for example --arguments \'{"app_id": "app-20260101120000-0001"}\'.',
    cause,
  });
}

function readValue(text: string, schema: ValueSchema): unknown {
  const types = typesOf(schema);
  if (types.has('array')) return readList(text, schema);
  if (types.has('string') && !types.has('object')) {
    // Text is text, also where it looks like a number, unless the schema takes numbers too.
    const other = readJson(text, types);
    return other === undefined || typeof other === 'object' ? text : other;
  }
  return readJson(text, types) ?? text;
}

function typesOf(schema: ValueSchema): Set<string> {
  const own = schema.type === undefined ? [] : [schema.type].flat();
  const fromEnum =
    schema.type === undefined && schema.enum !== undefined ? schema.enum.map((value) => typeof value) : [];
  return new Set([...own, ...fromEnum, ...(schema.anyOf ?? []).flatMap((option) => [...typesOf(option)])]);
}

function readList(text: string, schema: ValueSchema): unknown {
  const items = schema.items ?? schema.anyOf?.find((option) => option.items !== undefined)?.items ?? {};
  const list = text.trimStart().startsWith('[') ? readJson(text, new Set(['array'])) : undefined;
  return list ?? text.split(',').map((item) => readValue(item, items));
}

/** The value that `text` is as JSON when its type is among `types`, else undefined. */
function readJson(text: string, types: ReadonlySet<string>): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  const type = Array.isArray(value) ? 'array' : value === null ? 'null' : typeof value;
  const fits = types.has(type) || (type === 'number' && types.has('integer'));
  return fits ? value : undefined;
}
