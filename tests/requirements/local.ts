import type { Requirement } from './requirement.ts';

const SOURCE = 'issue: Local mode';

/** What is promised of SQL on this machine. */
export const requirements = [
  {
    id: 'local.engine-named',
    behaviour: 'Every result says that DuckDB made it, in the database local.',
    source: SOURCE,
  },
  {
    id: 'local.tools-when-alone',
    behaviour: 'The tools are listed when no PostgreSQL is configured, under the same names and with the same inputs.',
    source: SOURCE,
  },
  { id: 'local.lazy', behaviour: 'DuckDB is neither loaded nor opened before SQL needs it.', source: SOURCE },
  { id: 'local.token-cost', behaviour: 'The five tools cost at most 1,500 tokens to list.', source: SOURCE },
  {
    id: 'local.reads-only',
    behaviour:
      'A read runs in a transaction that cannot write; whatever is no query is refused by its kind, one statement at a time.',
    source: 'issue: PostgreSQL, as in local mode',
  },
  {
    id: 'local.approvals',
    behaviour: 'Writes of every row, drops and replacements need approval; the rows that they take are said before.',
    source: 'issue: PostgreSQL, as in local mode',
  },
  {
    id: 'local.dry-run',
    behaviour: 'A dry run reports the affected rows and changes nothing.',
    source: 'issue: PostgreSQL',
  },
  { id: 'local.values-exact', behaviour: 'Values of every type come back exact.', source: 'issue: data-type matrix' },
  {
    id: 'local.paging',
    behaviour: 'Pages of a query concatenate to the whole, and fit the result budget.',
    source: 'design: Result budget',
  },
  {
    id: 'local.parameters',
    behaviour: 'Parameters go by position or name; a wrong count or type is a clear error.',
    source: 'issue: Bad input',
  },
  {
    id: 'local.nearest',
    behaviour: 'Unknown tables and columns come with the nearest names.',
    source: 'issue: Bad input',
  },
  {
    id: 'local.too-large',
    behaviour: 'Statements of 10 MB and results of a million columns are refused.',
    source: 'issue: Bad input',
  },
  {
    id: 'local.injection',
    behaviour: 'Names of tables and columns are names, types are types: neither can carry SQL.',
    source: 'issue: Bad input',
  },
  {
    id: 'local.failed-middle',
    behaviour: 'A query that fails in the middle of its rows is an error with its cause, never a shorter result.',
    source: 'issue: Bad input',
  },
  {
    id: 'local.cancel',
    behaviour: 'A statement ends when its caller cancels, in whichever process it runs.',
    source: 'issue: PostgreSQL',
  },
  {
    id: 'local.confined',
    behaviour:
      'SQL reaches files under the roots alone: no other file, no link out, no address, no extension, no other database, no setting.',
    source: SOURCE,
  },
  {
    id: 'local.store-unreachable',
    behaviour:
      'SQL reaches neither audit log nor approvals nor configuration; roots through which it would are refused.',
    source: SOURCE,
  },
  {
    id: 'local.sessions-apart',
    behaviour: 'Temporary tables of a session are seen by no other, also where they were spilled to disk.',
    source: SOURCE,
  },
  {
    id: 'local.own-file',
    behaviour: 'SQL cannot open the file of its own database, which would give up its lock.',
    source: SOURCE,
  },
  {
    id: 'local.one-owner',
    behaviour: 'Several processes use one database at once: one owns the file, the others reach it through that one.',
    source: SOURCE,
  },
  {
    id: 'local.takeover',
    behaviour:
      'When the owner is killed in the middle of a query, the next process takes over, reads are repeated, committed rows are kept.',
    source: SOURCE,
  },
  {
    id: 'local.owner-leaves',
    behaviour: 'An owner that closes lets the others finish what runs.',
    source: SOURCE,
  },
  {
    id: 'local.file-faults',
    behaviour: 'A damaged file and one that another program has open are named, with what to do.',
    source: 'issue: Bad input',
  },
  {
    id: 'local.memory-full',
    behaviour: 'A query that needs more memory than it may have fails, and the database goes on.',
    source: 'issue: Bad input',
  },
  {
    id: 'local.arrow-exact',
    behaviour: 'Rows of every type go out as Arrow and come in again unchanged, nulls included.',
    source: 'issue: data-type matrix',
  },
  {
    id: 'local.load-atomic',
    behaviour: 'A load is one transaction: one that fails leaves the table as it was.',
    source: 'issue: Bulk load',
  },
  {
    id: 'local.load-once',
    behaviour: 'A load that is repeated under its name does not double its rows.',
    source: 'issue: Bulk load',
  },
  {
    id: 'local.load-types',
    behaviour: 'Types are checked before rows are written; a mismatch names the column and both types.',
    source: 'issue: Bulk load',
  },
  {
    id: 'local.upsert',
    behaviour: 'upsert replaces rows with the same keys and adds the others.',
    source: 'issue: Bulk load',
  },
  {
    id: 'local.files-whole',
    behaviour: 'Files are written beside and take their place when they are whole: a failure leaves what was there.',
    source: 'issue: Pipelines',
  },
  {
    id: 'local.samples',
    behaviour:
      'Without any configuration, list_tables names sample files, and a query over them from the command line answers.',
    source: SOURCE,
  },
] as const satisfies readonly Requirement[];
