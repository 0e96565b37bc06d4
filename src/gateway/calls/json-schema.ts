import { z } from 'zod';

/** A JSON Schema, 2020-12. */
export type JsonSchema = Record<string, unknown>;

/** What zod prints for an integer without bounds. */
const WIDEST = Number.MAX_SAFE_INTEGER;

/** What a listing says of every table: which columns there are stands in its results, in OpenAPI and in the reference. */
const ANY_TABLE = { columns: { type: 'array' }, rows: { type: 'array' } } as const;

/** Keywords whose value is a map from names to schemas: the names are not keywords. */
const SCHEMA_MAPS: ReadonlySet<string> = new Set(['properties', '$defs', 'patternProperties']);

/**
 * Keywords that tell a reader of results nothing that the results do not show. They cost tokens in every conversation.
 * `required` goes too: clients of SDK v1 hold the structured content of errors against the schema of the result.
 */
const DROPPED_FROM_OUTPUT: ReadonlySet<string> = new Set([
  'description',
  'required',
  'propertyNames',
  'pattern',
  'format',
  'minimum',
  'maximum',
  'exclusiveMinimum',
  'minItems',
  'minLength',
]);

/** Formats that a client knows without a pattern. */
const DATE_FORMATS: ReadonlySet<unknown> = new Set(['date', 'date-time', 'time']);

/** Schema of a tool's arguments; its dialect is named only where the tool names it (every name costs tokens). Other arguments than those named are refused, and the schema says so. */
export function inputSchemaOf(schema: z.ZodObject): JsonSchema {
  const compact = compactSchema(z.toJSONSchema(schema, { io: 'input' }), new Set());
  const dialect = schema.meta()?.$schema;
  const named = dialect === undefined ? {} : { $schema: dialect };
  return { ...named, type: 'object', properties: {}, ...compact, additionalProperties: false };
}

/** Schema of a tool's result: names, types and enums only. Everything that fits the zod schema fits it. */
export function outputSchemaOf(schema: z.ZodObject): JsonSchema {
  return shorten(mergeTypes(compactSchema(z.toJSONSchema(schema, { io: 'output' }), DROPPED_FROM_OUTPUT)));
}

function compactSchema(schema: JsonSchema, dropped: ReadonlySet<string>): JsonSchema {
  const compact: JsonSchema = {};
  for (const [keyword, value] of Object.entries(schema)) {
    if (keyword === '$schema' || keyword === '~standard' || dropped.has(keyword) || isWidestBound(keyword, value))
      continue;
    // zod writes a date out as a pattern of 400 characters: its format says the same.
    if (keyword === 'pattern' && DATE_FORMATS.has(schema.format)) continue;
    compact[keyword] = mapSchemas(keyword, value, (inner) => compactSchema(inner, dropped));
  }
  return compact;
}

/** `anyOf` of plain types becomes one list of types. */
function mergeTypes(schema: JsonSchema): JsonSchema {
  const merged: JsonSchema = {};
  for (const [keyword, value] of Object.entries(schema)) {
    const types = keyword === 'anyOf' && Array.isArray(value) ? plainTypes(value) : undefined;
    if (types !== undefined) merged.type = types;
    else if (!isTautology(keyword, value)) merged[keyword] = mapSchemas(keyword, value, mergeTypes);
  }
  return merged;
}

/** Leaves out what names and results say already: the type of an enum, the scalars of a list, the columns of a table. */
function shorten(schema: JsonSchema): JsonSchema {
  const short: JsonSchema = {};
  for (const [keyword, value] of Object.entries(schema)) {
    if (keyword === 'type' && Array.isArray(schema.enum)) continue;
    short[keyword] = mapSchemas(keyword, keyword === 'properties' && isTable(value) ? ANY_TABLE : value, shorten);
  }
  if (isSchema(short.items) && Object.keys(short.items).every((keyword) => keyword === 'type')) delete short.items;
  return short;
}

function isTable(properties: unknown): boolean {
  return isSchema(properties) && properties.columns !== undefined && properties.rows !== undefined;
}

/** Records print `additionalProperties`; only one with a type in it says anything. */
function isTautology(keyword: string, value: unknown): boolean {
  return keyword === 'additionalProperties' && (!isSchema(value) || Object.keys(value).length === 0);
}

function plainTypes(options: readonly unknown[]): string[] | undefined {
  const types: string[] = [];
  for (const option of options) {
    if (!isSchema(option) || typeof option.type !== 'string' || Object.keys(option).length !== 1) return undefined;
    types.push(option.type);
  }
  return types;
}

function mapSchemas(keyword: string, value: unknown, change: (schema: JsonSchema) => JsonSchema): unknown {
  if (SCHEMA_MAPS.has(keyword) && isSchema(value)) {
    return Object.fromEntries(
      Object.entries(value).map(([name, inner]) => [name, isSchema(inner) ? change(inner) : inner]),
    );
  }
  if (Array.isArray(value)) return value.map((inner) => (isSchema(inner) ? change(inner) : inner));
  return isSchema(value) && keyword !== 'default' && keyword !== 'const' ? change(value) : value;
}

function isWidestBound(keyword: string, value: unknown): boolean {
  return (keyword === 'maximum' && value === WIDEST) || (keyword === 'minimum' && value === -WIDEST);
}

function isSchema(value: unknown): value is JsonSchema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
