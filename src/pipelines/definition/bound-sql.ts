/** Who reads a statement: how it writes placeholders, names and types. */
export type Dialect = 'postgres' | 'duckdb' | 'spark';

/** A value that goes beside a statement, never into its text. */
export interface BoundValue {
  readonly value: string | number | boolean | null;
  /** A type of every dialect, or `{ exact }`: a type as the platform itself wrote it. */
  readonly type: keyof typeof TYPES | { readonly exact: string };
}

/** SQL whose values are bound when it is known who reads it. It composes: a statement can stand inside another. */
export type BoundSql = ReadonlyArray<string | BoundValue | { readonly identifier: string }>;

const TYPES = {
  string: { postgres: 'text', duckdb: 'varchar', spark: 'string' },
  integer: { postgres: 'bigint', duckdb: 'bigint', spark: 'bigint' },
  number: { postgres: 'double precision', duckdb: 'double', spark: 'double' },
  boolean: { postgres: 'boolean', duckdb: 'boolean', spark: 'boolean' },
  date: { postgres: 'date', duckdb: 'date', spark: 'date' },
  timestamp: { postgres: 'timestamptz', duckdb: 'timestamptz', spark: 'timestamp' },
} as const;

/** Types that a watermark can have been written with: words and figures only, because they stand in a statement's text. */
const PLAIN_TYPE = /^[A-Za-z][\w ]{0,60}(?:\(\d{1,4}(?:, ?\d{1,4})?\))?[A-Za-z ]{0,40}$/;

/** True when a type may stand in SQL as it is. */
export const isPlainType = (type: string): boolean => PLAIN_TYPE.test(type);

/** Composes SQL: strings of the template are text of ours, values are other SQL. */
export function sql(texts: TemplateStringsArray, ...values: ReadonlyArray<BoundSql>): BoundSql {
  return texts.flatMap((text, index) => [text, ...(values[index] ?? [])]);
}

/** A name, quoted for whoever reads it. Dots separate schema and table. */
export const identifier = (name: string): BoundSql => [{ identifier: name }];
/** One name, whatever is in it. */
export const columnName = (name: string): BoundSql => [{ identifier: name.replaceAll('.', '\u0001') }];
/** A value of a type. */
export const bound = (value: BoundValue['value'], type: BoundValue['type']): BoundSql => [{ value, type }];

/** SQL with commas or other text between. */
export function joined(parts: readonly BoundSql[], between: string): BoundSql {
  return parts.flatMap((part, index) => (index === 0 ? [...part] : [between, ...part]));
}

/** The text and the values of a statement for one dialect. */
export function render(statement: BoundSql, dialect: Dialect): { sql: string; parameters: unknown[] } {
  const parameters: unknown[] = [];
  const text = statement
    .map((part) => {
      if (typeof part === 'string') return part;
      if ('identifier' in part) return quoteName(part.identifier, dialect);
      parameters.push(part.value);
      const place = dialect === 'spark' ? '?' : `$${parameters.length}`;
      return `cast(${place} as ${typeName(part.type, dialect)})`;
    })
    .join('');
  return { sql: text, parameters };
}

function typeName(type: BoundValue['type'], dialect: Dialect): string {
  if (typeof type === 'string') return TYPES[type][dialect];
  if (!isPlainType(type.exact)) throw new TypeError('A type that is no plain one came into SQL.');
  return type.exact;
}

function quoteName(name: string, dialect: Dialect): string {
  const mark = dialect === 'spark' ? '`' : '"';
  return name
    .split('.')
    .map((part) => `${mark}${part.replaceAll('\u0001', '.').replaceAll(mark, mark + mark)}${mark}`)
    .join('.');
}
