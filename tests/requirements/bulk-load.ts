import type { Requirement } from './requirement.ts';

/** What is promised of loading rows into PostgreSQL, and of reading them out of it. */
export const requirements = [
  {
    id: 'bulk-load.modes',
    behaviour: 'Append adds rows, replace puts them in place of all, upsert replaces those with the same keys.',
    source: 'issue: Bulk load',
  },
  {
    id: 'bulk-load.all-or-nothing',
    behaviour: 'A load that fails, whenever it fails, leaves the target as it was and no staging table behind.',
    source: 'issue: Bulk load',
  },
  {
    id: 'bulk-load.once',
    behaviour: 'A load of a name is made once, also when it is repeated or runs twice at the same time.',
    source: 'issue: Bulk load',
  },
  {
    id: 'bulk-load.types-first',
    behaviour:
      'What does not fit is refused before a row is loaded, all of it at once, with the column and both types.',
    source: 'issue: Bulk load',
  },
  {
    id: 'bulk-load.type-matrix',
    behaviour: 'Every pair of an Arrow type and a column type either carries every value exactly or is refused.',
    source: 'issue: Shown by',
  },
  {
    id: 'bulk-load.values',
    behaviour: 'A value that its column cannot hold is an error with its row and column, and nothing is loaded.',
    source: 'issue: Bad input',
  },
  {
    id: 'bulk-load.create',
    behaviour: 'A table that does not exist is made from the types of the rows when that was asked for.',
    source: 'issue: Bulk load',
  },
  {
    id: 'bulk-load.keeps-table',
    behaviour: 'Replacing keeps indexes, rights, constraints and dependent views of the table.',
    source: 'issue: Bulk load',
  },
  {
    id: 'bulk-load.upsert-keys',
    behaviour:
      'An upsert without a unique constraint, or with several rows of one key, is refused and names what is missing.',
    source: 'issue: Bulk load',
  },
  {
    id: 'bulk-load.back-pressure',
    behaviour: 'A slow server slows the source of the rows: chunks are not gathered in memory.',
    source: 'issue: Bulk load',
  },
  {
    id: 'bulk-load.cancel',
    behaviour: 'Cancelling ends the COPY and the query that it reads from.',
    source: 'issue: Bulk load',
  },
  {
    id: 'bulk-load.round-trip',
    behaviour: 'Rows that were loaded and read back are equal to those that were sent, whatever was in them.',
    source: 'issue: Shown by',
  },
  {
    id: 'bulk-load.read',
    behaviour: 'Rows of a query come as Arrow, batch by batch with flat memory, exact, in a READ ONLY transaction.',
    source: 'issue: Pipelines',
  },
  {
    id: 'bulk-load.tool',
    behaviour: 'bulk_load_from_spark takes exactly one of query, table and path, and says rows, bytes and the way.',
    source: 'issue: Tools',
  },
  {
    id: 'bulk-load.approval',
    behaviour: 'Replacing a table that has rows needs a yes to a plan that says how many.',
    source: 'issue: Tools',
  },
  {
    id: 'bulk-load.jdbc',
    behaviour: 'On request or above a size executors write by JDBC into a staging table, which is merged and dropped.',
    source: 'issue: Bulk load',
  },
  {
    id: 'bulk-load.spark-types',
    behaviour: 'Values of every Spark type that fits a column arrive unchanged through Spark Connect.',
    source: 'issue: Shown by',
  },
] as const satisfies readonly Requirement[];
