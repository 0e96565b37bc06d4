import { z } from 'zod';
import { code } from './markdown.ts';

/** The part of a JSON Schema that a reader needs. */
interface Schema {
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly pattern?: string;
  readonly anyOf?: readonly Schema[];
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema | boolean;
  readonly required?: readonly string[];
  readonly default?: unknown;
  readonly description?: string;
  readonly $ref?: string;
}

/** One parameter of a tool, in words. */
export interface Parameter {
  readonly name: string;
  readonly type: string;
  /** `required`, the default as JSON, or empty. */
  readonly when: string;
  readonly description: string;
}

/** What parameters mean that many tools share; their schemas do not repeat it, because every conversation would pay for it. */
const SHARED: Readonly<Record<string, string>> = {
  app_id: 'Application id, as list_applications shows it',
  server: 'Name of a source; all sources are asked when absent',
  app_attempt_id: 'Application attempt; the latest when absent',
  stage_id: 'Stage id',
  attempt_id: 'Stage attempt',
  execution_id: 'SQL execution id',
  executor_id: 'Executor id',
  offset: 'Rows to skip',
  cursor: 'Where the page before ended: its `cursor`. Wins over offset',
  length: 'Rows at most',
  limit: 'Rows at most',
  top_n: 'Rows at most, of each list',
};

/** How the pattern of text begins that is quoted from outside. */
const QUOTED_PATTERN = /^\^\(?«/;

/** The parameters of an input schema, in the order of their declaration. */
export function parametersOf(input: z.ZodObject): Parameter[] {
  const schema = z.toJSONSchema(input, { io: 'input' }) as Schema;
  return Object.entries(schema.properties ?? {}).map(([name, property]) => ({
    name,
    type: typeOf(property),
    when: schema.required?.includes(name) ? 'required' : defaultOf(property),
    description: property.description ?? SHARED[name.replace(/[12]$/, '')] ?? '',
  }));
}

/** The fields of a result as a nested list, one line a field; tables name their columns. */
export function fieldLines(output: z.ZodObject): string[] {
  return linesOf(z.toJSONSchema(output, { io: 'output' }) as Schema, '');
}

function linesOf(schema: Schema, indent: string): string[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, field]) => [
    `${indent}- ${code(name)}: ${typeOf(field)}${field.description === undefined ? '' : `. ${field.description}`}`,
    ...(isTable(field) ? [] : innerLines(field, `${indent}  `)),
  ]);
}

function innerLines(field: Schema, indent: string): string[] {
  const parts = [field, field.items, ...(field.anyOf ?? [])].filter((part) => part !== undefined);
  return parts.flatMap((part) => linesOf(part, indent));
}

function isTable({ properties }: Schema): boolean {
  return properties?.columns !== undefined && properties.rows !== undefined;
}

function typeOf(schema: Schema): string {
  if (schema.enum !== undefined) return schema.enum.map((value) => code(String(value))).join(', ');
  if (schema.const !== undefined) return code(String(schema.const));
  if (schema.anyOf !== undefined) return [...new Set(schema.anyOf.map(typeOf))].join(' or ');
  if (schema.$ref !== undefined) return 'the same again';
  if (isTable(schema)) return `table of ${typeOf(schema.properties?.columns?.items ?? {})}`;
  if (schema.type === 'array') return `list of ${typeOf(schema.items ?? {})}`;
  if (schema.type === 'object') return objectType(schema);
  if (QUOTED_PATTERN.test(schema.pattern ?? '')) return 'quoted text';
  return [schema.type ?? 'any value'].flat().map(wordOf).join(' or ');
}

function wordOf(type: string): string {
  return type === 'string' ? 'text' : type;
}

function objectType({ additionalProperties, properties }: Schema): string {
  if (properties === undefined && typeof additionalProperties === 'object')
    return `map of names to ${typeOf(additionalProperties)}`;
  return 'object';
}

function defaultOf(schema: Schema): string {
  return schema.default === undefined ? '' : code(JSON.stringify(schema.default));
}
