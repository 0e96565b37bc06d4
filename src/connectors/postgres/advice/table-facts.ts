/** A column and what ANALYZE knows of it. */
export interface ColumnFacts {
  readonly name: string;
  /** As `format_type` writes it: `character varying(20)`. */
  readonly type: string;
  readonly notNull: boolean;
  /** Different values, estimated; null when never analyzed. */
  readonly distinct: number | null;
  /** Share of nulls, 0 to 1; null when never analyzed. */
  readonly nullShare: number | null;
  /** Bytes of a value on average; null when never analyzed. */
  readonly width: number | null;
}

/** An index as the catalogue describes it. */
export interface IndexFacts {
  readonly schema: string;
  readonly name: string;
  /** `btree`, `gin` … */
  readonly method: string;
  /** Key columns or expressions with operator class and direction where they are not the default, in order. */
  readonly keys: readonly string[];
  readonly included: readonly string[];
  readonly unique: boolean;
  /** It implements a primary key, a unique or an exclusion constraint, or is the replica identity: it cannot be dropped alone. */
  readonly required: boolean;
  readonly valid: boolean;
  /** Predicate of a partial index; null: all rows. */
  readonly predicate: string | null;
  readonly bytes: number;
  /** Scans since the statistics were reset. */
  readonly scans: number;
}

/** A table as planning and advice need it. */
export interface TableFacts {
  readonly schema: string;
  readonly name: string;
  /** Rows as the planner estimates them; null when it was never vacuumed or analyzed. */
  readonly rows: number | null;
  /** Of the heap alone. */
  readonly bytes: number;
  readonly columns: readonly ColumnFacts[];
  readonly indexes: readonly IndexFacts[];
  /** RFC 3339; null: never. */
  readonly analyzedAt: string | null;
  readonly modifiedSinceAnalyze: number;
  /** Rows inserted, updated and deleted since the statistics were reset. */
  readonly writes: number;
}

/** `schema.table`, as `relationOf` names a table of a plan. */
export const tableKey = ({ schema, name }: Pick<TableFacts, 'schema' | 'name'>): string => `${schema}.${name}`;

const PLAIN = /^[a-z_][a-z0-9_$]{0,62}$/;

/** Key words of SQL that a name may not be without quotes. Source: `pg_get_keywords()` of PostgreSQL 15, category reserved or type name. */
const RESERVED = new Set(
  `all analyse analyze and any array as asc asymmetric authorization binary both case cast check collate collation column concurrently
  constraint create cross current_catalog current_date current_role current_schema current_time current_timestamp current_user default
  deferrable desc distinct do else end except false fetch for foreign freeze from full grant group having ilike in initially inner intersect
  into is isnull join lateral leading left like limit localtime localtimestamp natural not notnull null offset on only or order outer overlaps
  placing primary references returning right select session_user similar some symmetric table tablesample then to trailing true union unique
  user using variadic verbose when where window with`.split(/\s+/),
);

/** A name as SQL takes it: quoted unless it is plain lower case and no key word. */
export function quoteName(name: string): string {
  return PLAIN.test(name) && !RESERVED.has(name) ? name : `"${name.replaceAll('"', '""')}"`;
}

/** `schema.table` as SQL takes it; `public` is left out nowhere, so that the search path does not matter. */
export const quoteTable = ({ schema, name }: Pick<TableFacts, 'schema' | 'name'>): string =>
  `${quoteName(schema)}.${quoteName(name)}`;

/** A table as a statement or a caller names it. */
export interface NamedTable {
  /** Null: what the search path finds. */
  readonly schema: string | null;
  readonly name: string;
}

/** Reads `table`, `schema.table` or `"Schema"."Table"`. Names without quotes are folded to lower case, as SQL does. */
export function parseTableName(text: string): NamedTable {
  const parts = [...text.matchAll(/"((?:[^"]|"")*)"|([^."]+)/g)].map(([, quoted, plain]) =>
    quoted === undefined ? (plain ?? '').trim().toLowerCase() : quoted.replaceAll('""', '"'),
  );
  return { schema: parts.at(-2) ?? null, name: parts.at(-1) ?? '' };
}
