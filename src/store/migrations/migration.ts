/** One step of the schema. Steps are only ever added: the number of steps that ran is the schema's version. */
export interface Migration {
  readonly name: string;
  /** For both databases, or for each where they differ. PostgreSQL runs it as the tables' owner with the schema `headgate` in its path. */
  readonly sql: string | { readonly sqlite: string; readonly postgres: string };
}
