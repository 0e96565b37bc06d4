import type { Requirement } from './requirement.ts';

/** What is promised of the client of Spark Connect. */
export const requirements = [
  {
    id: 'spark-connect.address',
    behaviour:
      'Connection strings are read as PySpark reads them, unknown parameters become request headers, and errors never repeat the string.',
    source: 'issue: Spark Connect in TypeScript',
  },
  {
    id: 'spark-connect.token-protected',
    behaviour: 'A token travels over TLS, or to this machine, and nowhere else.',
    source: 'issue: Spark Connect in TypeScript',
  },
  {
    id: 'spark-connect.both-lines',
    behaviour: 'Queries, commands, columns, plans and settings work on Spark 3.5 and on 4.x; a command runs once.',
    source: 'issue: Spark Connect in TypeScript',
  },
  {
    id: 'spark-connect.nothing-run-to-describe',
    behaviour: 'Asking for the columns or the plan of a statement never runs it.',
    source: 'issue: Spark Connect in TypeScript',
  },
  {
    id: 'spark-connect.flat-memory',
    behaviour: 'Results of any size stream batch by batch, and a slow reader slows the server down.',
    source: 'issue: Spark Connect in TypeScript',
  },
  {
    id: 'spark-connect.chunked-batches',
    behaviour: 'Batches that the server sends in parts are put together, and parts that are missing are noticed.',
    source: 'issue: Spark Connect in TypeScript',
  },
  {
    id: 'spark-connect.reattach',
    behaviour: 'A result goes on after a dropped connection or an ended stream: no batch is lost, none comes twice.',
    source: 'issue: Spark Connect in TypeScript',
  },
  {
    id: 'spark-connect.sent-again',
    behaviour: 'A statement that never reached the server is sent again, and one that answered is not.',
    source: 'issue: Spark Connect in TypeScript',
  },
  {
    id: 'spark-connect.restart',
    behaviour:
      'After a restart of the server the first use says that the temporary views are gone, and the next one opens a new session.',
    source: 'issue: Bad input',
  },
  {
    id: 'spark-connect.unreachable',
    behaviour: 'A server that cannot be reached is `unavailable` after a bounded time.',
    source: 'issue: Bad input',
  },
  {
    id: 'spark-connect.interrupt',
    behaviour:
      'A running statement ends by its operation, by its tag, with all others, or with the signal of its caller.',
    source: 'issue: Spark Connect in TypeScript',
  },
  {
    id: 'spark-connect.progress',
    behaviour: 'A running statement tells its tasks and stages.',
    source: 'issue: Spark Connect in TypeScript',
  },
  {
    id: 'spark-connect.errors',
    behaviour: 'Errors have the canonical code, and Spark’s error class, SQLSTATE, parameters and nearest names.',
    source: 'issue: Spark Connect in TypeScript',
  },
  {
    id: 'spark-connect.parameters',
    behaviour: 'Parameters by position and by name arrive exactly, in every type that a literal has.',
    source: 'issue: Spark Connect in TypeScript',
  },
  {
    id: 'spark-connect.types',
    behaviour: 'Every type of SQL has its name in the columns and its exact value in the rows.',
    source: 'issue: Spark Connect in TypeScript',
  },
  {
    id: 'spark-connect.damaged-values',
    behaviour: 'Invalid UTF-8 and damaged variants are no crash.',
    source: 'issue: Bad input',
  },
  {
    id: 'spark-connect.huge-statement',
    behaviour: 'A statement of ten megabytes runs or is refused with a clear error.',
    source: 'issue: Bad input',
  },
  {
    id: 'spark-connect.view-rows',
    behaviour: 'Arrow rows of any size become a temporary view with the same rows.',
    source: 'issue: Spark Connect in TypeScript',
  },
  {
    id: 'spark-connect.sessions-released',
    behaviour: 'Sessions are isolated from one another, and closed ones are released on the server.',
    source: 'issue: Spark Connect in TypeScript',
  },
  {
    id: 'spark-connect.documented',
    behaviour: 'The example of the documentation runs.',
    source: 'issue: Shown by',
  },
] as const satisfies readonly Requirement[];
