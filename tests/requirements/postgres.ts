import type { Requirement } from './requirement.ts';

/** What is promised of PostgreSQL databases: queries, changes, their tables. */
export const requirements = [
  {
    id: 'postgres.valid-reads',
    behaviour: 'Analytics that are valid stay valid: CTEs, windows, WITHIN GROUP, LATERAL, JSON, extensions.',
    source: 'issue: PostgreSQL',
  },
  {
    id: 'postgres.hostile-reads',
    behaviour:
      'Statements that write, lock or reach out of their transaction are refused as reads, however they are written.',
    source: 'issue: PostgreSQL',
  },
  {
    id: 'postgres.nothing-happened',
    behaviour: 'After every hostile statement the server is as before, also when the login is a superuser.',
    source: 'issue: PostgreSQL',
  },
  {
    id: 'postgres.read-only-role',
    behaviour: 'Reads run in READ ONLY transactions as the configured role, and leave no setting behind.',
    source: 'issue: PostgreSQL',
  },
  {
    id: 'postgres.exact-values',
    behaviour: 'Values of every type arrive exactly; text from the database stands quoted in the text form.',
    source: 'issue: PostgreSQL',
  },
  {
    id: 'postgres.cursor',
    behaviour:
      'Pages by cursor make the whole result of one snapshot; a cursor is good once, for its caller and query alone.',
    source: 'issue: PostgreSQL',
  },
  {
    id: 'postgres.page-fits',
    behaviour:
      'A page fits its budget, however wide its rows are; huge cells are cut and huge results refused, in flat memory.',
    source: 'issue: Bad input',
  },
  {
    id: 'postgres.parameters',
    behaviour: 'Parameters are checked for their number, and reach the server as values, never as SQL.',
    source: 'issue: Bad input',
  },
  {
    id: 'postgres.cancel',
    behaviour: 'A cancelled call ends its statement on the server, and the connection is used again or dropped.',
    source: 'issue: PostgreSQL',
  },
  {
    id: 'postgres.nearest-names',
    behaviour: 'Unknown tables, columns, schemas, types and databases come back with the nearest names.',
    source: 'issue: Bad input',
  },
  {
    id: 'postgres.bad-input',
    behaviour: 'Bad input gets an error that says what is wrong, with the SQLSTATE.',
    source: 'issue: Bad input',
  },
  {
    id: 'postgres.dml',
    behaviour: 'A change is all or nothing, says its affected rows and gives what it returns.',
    source: 'issue: PostgreSQL',
  },
  {
    id: 'postgres.dry-run',
    behaviour: 'A dry run reports the affected rows, checks deferred constraints and rolls back.',
    source: 'issue: PostgreSQL',
  },
  {
    id: 'postgres.approval',
    behaviour:
      'A change that no condition limits, TRUNCATE and what drops need approval, with the rows that are at stake.',
    source: 'issue: PostgreSQL',
  },
  {
    id: 'postgres.write-session',
    behaviour: 'What a change does to its session (settings, locks, temporary tables) ends with it.',
    source: 'issue: PostgreSQL',
  },
  {
    id: 'postgres.write-statements',
    behaviour: 'execute_dml runs changes of rows, TRUNCATE and what drops, and nothing else.',
    source: 'issue: PostgreSQL',
  },
  {
    id: 'postgres.table-schema',
    behaviour:
      'The schema of a table tells its columns, keys in both directions, constraints, indexes, partitions, triggers, sizes and rights.',
    source: 'issue: Tools',
  },
  {
    id: 'postgres.list-tables',
    behaviour: 'Tables are listed by size, by schema and kind, page by page with an honest total.',
    source: 'issue: Tools',
  },
  {
    id: 'postgres.create-table',
    behaviour: 'A table is made from columns whose names, types and defaults cannot smuggle in SQL.',
    source: 'issue: Tools',
  },
  {
    id: 'postgres.resources',
    behaviour: 'Schemas and rows of tables are resources, with completion of their names.',
    source: 'issue: Resources',
  },
  {
    id: 'postgres.databases',
    behaviour:
      'Several databases by name, each with its pool; a tenant sees its own alone; passwords are fetched for each connection.',
    source: 'issue: PostgreSQL',
  },
  {
    id: 'postgres.server-gone',
    behaviour:
      'A server that goes away is an error with the next step, nothing is half done, and the pool works again when it is back.',
    source: 'issue: Bad input',
  },
  {
    id: 'postgres.conflicts',
    behaviour: 'Deadlocks, failed serialization and broken constraints are undone and say whether a retry can help.',
    source: 'issue: Bad input',
  },
  {
    id: 'postgres.disk-full',
    behaviour: 'A full disk is an error with its SQLSTATE, and nothing was changed.',
    source: 'issue: Bad input',
  },
  {
    id: 'postgres.error-meaning',
    behaviour: 'Each class of SQLSTATE has a code, what the server says is quoted, and no password is in any error.',
    source: 'issue: Bad input',
  },
  {
    id: 'postgres.health',
    behaviour: 'Health tells of each database whether it answers, how fast, as whom, and that reads are read-only.',
    source: 'issue: Health',
  },
  {
    id: 'postgres.tool-tokens',
    behaviour: 'The five core tools cost at most 1,800 tokens in the list of tools.',
    source: 'STYLE: tools/list is paid in tokens',
  },
  {
    id: 'postgres.tool-files',
    behaviour:
      'Each tool is one file of its name with its test, takes its own example and is described in a short paragraph.',
    source: 'STYLE: Where things go',
  },
] as const satisfies readonly Requirement[];
