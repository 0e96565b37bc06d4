import { z } from 'zod';

/** Longest text of SQL or Python in a definition, characters. */
const MAX_CODE_CHARS = 200_000;
const MAX_STEPS = 200;

/** Name of a step or parameter: an identifier of SQL that needs no quotes. */
const Name = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,62}$/, 'letters, digits and _, at most 63, not a digit first');
/** A table, with schema and catalog where needed. A whole `{{ parameter }}` of the type identifier is one too. */
const TableName = z
  .string()
  .regex(
    /^(?:[A-Za-z_][\w$]{0,62}(?:\.[A-Za-z_][\w$]{0,62}){0,2}|\{\{\s*[A-Za-z_]\w*\s*\}\})$/,
    'an unsafe name: use table, schema.table or {{ parameter }}',
  );
const Column = z
  .string()
  .min(1)
  .max(63)
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is refused
  .regex(/^[^"`\u0000-\u001f]+$/, 'an unsafe name: no quotes, no control characters');
const Columns = z.array(Column).min(1).max(100);
const Sql = z.string().trim().min(1).max(MAX_CODE_CHARS);
const Database = z.string().min(1).max(100).optional();

const ParameterType = z.enum(['string', 'integer', 'number', 'boolean', 'date', 'timestamp', 'identifier']);
export type ParameterType = z.infer<typeof ParameterType>;

const ParameterValue = z.union([z.string().max(10_000), z.number(), z.boolean()]);
export type ParameterValue = z.infer<typeof ParameterValue>;

const Parameter = z.strictObject({
  type: ParameterType.default('string'),
  /** Without it the caller has to give a value. */
  default: ParameterValue.optional(),
  description: z.string().max(1000).optional(),
});
export type Parameter = z.infer<typeof Parameter>;

const Incremental = z.strictObject({
  column: Column,
  /** Holds back the newest rows: seconds for times, else units of the column. */
  lag: z.number().nonnegative().optional(),
});
export type Incremental = z.infer<typeof Incremental>;

const step = { id: Name, description: z.string().max(1000).optional() };
const incremental = { incremental: Incremental.optional() };
const place = {
  format: z.string().regex(/^[A-Za-z][\w.-]{0,62}$/),
  path: z.string().min(1).max(2000),
  options: z.record(z.string().max(200), z.string().max(2000)).optional(),
};

const Source = z.discriminatedUnion('type', [
  z.strictObject({
    ...step,
    type: z.literal('postgres'),
    database: Database,
    table: TableName.optional(),
    query: Sql.optional(),
    ...incremental,
  }),
  z.strictObject({ ...step, type: z.literal('spark_table'), table: TableName, ...incremental }),
  z.strictObject({ ...step, type: z.literal('table'), table: TableName, ...incremental }),
  z.strictObject({ ...step, type: z.literal('files'), ...place, ...incremental }),
]);
export type Source = z.infer<typeof Source>;

const Transformation = z.strictObject({
  ...step,
  sql: Sql.optional(),
  /** `result` becomes the rows of this step; `spark` is the session, `params` the parameters. */
  python: z.string().min(1).max(MAX_CODE_CHARS).optional(),
  /** Steps that it reads; found in the code when absent. */
  inputs: z.array(Name).max(MAX_STEPS).optional(),
  engine: z.enum(['spark', 'duckdb']).optional(),
});
export type Transformation = z.infer<typeof Transformation>;

const check = { on: Name, name: z.string().max(200).optional(), action: z.enum(['stop', 'warn']).default('stop') };
const Check = z.discriminatedUnion('type', [
  z.strictObject({ ...check, type: z.literal('not_null'), columns: Columns }),
  z.strictObject({ ...check, type: z.literal('unique'), columns: Columns }),
  z.strictObject({
    ...check,
    type: z.literal('range'),
    column: Column,
    min: z.union([z.number(), z.string()]).optional(),
    max: z.union([z.number(), z.string()]).optional(),
  }),
  z.strictObject({
    ...check,
    type: z.literal('row_count'),
    min: z.int().nonnegative().optional(),
    max: z.int().nonnegative().optional(),
  }),
  z.strictObject({ ...check, type: z.literal('freshness'), column: Column, max_age_s: z.number().positive() }),
  z.strictObject({
    ...check,
    type: z.literal('schema'),
    /** Types as the engine writes them; null: any. */
    columns: z.record(Column, z.string().max(200).nullable()),
  }),
]);
export type Check = z.infer<typeof Check>;

const Mode = z.enum(['append', 'replace', 'upsert']);
const write = { from: Name.optional(), mode: Mode.default('append') };
const keyed = { ...write, keys: z.array(Column).max(32).default([]) };
const Destination = z.discriminatedUnion('type', [
  z.strictObject({
    ...step,
    id: Name.optional(),
    type: z.literal('postgres'),
    database: Database,
    table: TableName,
    create: z.boolean().default(true),
    ...keyed,
  }),
  z.strictObject({
    ...step,
    id: Name.optional(),
    type: z.literal('table'),
    table: TableName,
    create: z.boolean().default(true),
    ...keyed,
  }),
  z.strictObject({ ...step, id: Name.optional(), type: z.literal('spark_table'), table: TableName, ...keyed }),
  z.strictObject({ ...step, id: Name.optional(), type: z.literal('files'), ...place, ...write }),
]);
type GivenDestination = z.infer<typeof Destination>;
/** A destination with its name and what it loads. */
export type Destination = GivenDestination & { readonly id: string; readonly from: string };

const Schedule = z.strictObject({
  cron: z.string().min(1).max(200),
  /** IANA name. */
  time_zone: z.string().max(100).default('UTC'),
  /** What becomes of moments that passed while nothing could run: none of them, the last one, or each in turn. */
  catch_up: z.enum(['none', 'last', 'all']).default('last'),
});
export type Schedule = z.infer<typeof Schedule>;

/** A definition as it is written. */
export const GivenDefinition = z.strictObject({
  name: z.string().trim().min(1).max(200),
  description: z.string().max(4000).optional(),
  /** Where SQL runs: `database` leaves it to the one database of the sources. */
  engine: z.enum(['spark', 'duckdb', 'database']).optional(),
  parameters: z.record(Name, Parameter).default({}),
  sources: z.array(Source).min(1).max(MAX_STEPS),
  transformations: z.array(Transformation).max(MAX_STEPS).default([]),
  checks: z.array(Check).max(MAX_STEPS).default([]),
  destination: Destination.optional(),
  destinations: z.array(Destination).max(MAX_STEPS).optional(),
  schedule: Schedule.optional(),
  retries: z
    .strictObject({
      attempts: z.int().min(1).max(20).default(3),
      backoff_s: z.number().min(0).max(3600).default(5),
    })
    .default({ attempts: 3, backoff_s: 5 }),
  /** Runs at the same time. */
  concurrency: z.int().min(1).max(100).default(1),
  timeout_s: z.number().positive().max(604_800).default(86_400),
});
export type GivenDefinition = z.infer<typeof GivenDefinition>;

/** A definition that was checked: destinations have names and inputs. */
export type Definition = Omit<GivenDefinition, 'destination' | 'destinations'> & {
  readonly destinations: readonly Destination[];
};
