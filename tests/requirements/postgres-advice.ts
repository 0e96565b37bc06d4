import type { Requirement } from './requirement.ts';

const source = 'issue: Tools, PostgreSQL';

/** What is promised of the advice on PostgreSQL: plans, indexes, health, statements, sessions, prompts. */
export const requirements = [
  {
    id: 'postgres-advice.plan-tree',
    behaviour: 'A plan is a table of nodes with parents, estimates beside what came, and the time of each node alone.',
    source,
  },
  {
    id: 'postgres-advice.plan-findings',
    behaviour:
      'What is wrong with a plan is found with evidence and advice, on recorded plans of a real server, and nothing is found in a good one.',
    source,
  },
  {
    id: 'postgres-advice.plan-thresholds',
    behaviour: 'A finding of a plan comes at its threshold and not below it.',
    source,
  },
  {
    id: 'postgres-advice.analyze-reads-only',
    behaviour: 'With analyze only a read runs; the plan of a write is shown without running it.',
    source,
  },
  {
    id: 'postgres-advice.generic-plan',
    behaviour: 'A statement with parameters and no values is explained by its generic plan, and the result says so.',
    source,
  },
  {
    id: 'postgres-advice.hypothetical-indexes',
    behaviour:
      'With hypothetical indexes the cost before and after is told and which of them are used; none stays on the connection, also after an error.',
    source,
  },
  {
    id: 'postgres-advice.no-hypopg',
    behaviour: 'Without hypopg the tools say that nothing was measured, and how to get it.',
    source,
  },
  {
    id: 'postgres-advice.bad-input',
    behaviour:
      'SQL that does not parse, stacked statements, denied functions, unknown tables and columns are clear errors with SQLSTATE and nearest names.',
    source: 'issue: Bad input',
  },
  {
    id: 'postgres-advice.recommended-index-pays',
    behaviour: 'A recommended index makes the queries cheaper by about what was said when it is really created.',
    source,
  },
  {
    id: 'postgres-advice.recommend-workload',
    behaviour: 'Without queries the statements that the server counted are weighed by their calls.',
    source,
  },
  {
    id: 'postgres-advice.recommend-limits',
    behaviour:
      'Recommended indexes fit the size allowed, each saves enough, and none repeats another or an existing one.',
    source,
  },
  {
    id: 'postgres-advice.candidates',
    behaviour:
      'Candidates come from comparisons, ranges, joins, order and grouping of a statement and of its plan, so also behind views.',
    source,
  },
  {
    id: 'postgres-advice.indexes-to-drop',
    behaviour:
      'Invalid, duplicate and unused indexes are told with the statement that drops them; those that guard rows are not.',
    source,
  },
  {
    id: 'postgres-advice.health-findings',
    behaviour: 'Each health check finds what it is for on a real server, worst first, with evidence and advice.',
    source,
  },
  {
    id: 'postgres-advice.health-thresholds',
    behaviour: 'A health finding comes at its threshold and not below it.',
    source,
  },
  {
    id: 'postgres-advice.health-gaps',
    behaviour: 'What a role may not see or a server does not have is a gap, never a finding and never an error.',
    source,
  },
  {
    id: 'postgres-advice.top-queries',
    behaviour:
      'Counted statements are ranked by total time, mean time, resources, calls or I/O, with their share of all.',
    source,
  },
  {
    id: 'postgres-advice.statistics-versions',
    behaviour: 'pg_stat_statements 1.8 to 1.12 are read by their own columns; an older or absent one is a clear error.',
    source,
  },
  {
    id: 'postgres-advice.active-queries',
    behaviour: 'Running and waiting sessions are listed with who blocks whom, blockers first, the asking one left out.',
    source,
  },
  {
    id: 'postgres-advice.cancel',
    behaviour: 'cancel_query ends the statement that was meant and says which; terminating needs approval.',
    source,
  },
  {
    id: 'postgres-advice.cancel-refuses',
    behaviour:
      'Sessions of Headgate, of superusers, of replication and of the server are not ended, nor a statement other than the one meant.',
    source,
  },
  {
    id: 'postgres-advice.text-quoted',
    behaviour: 'Statements and names from databases and users stand quoted, with secrets masked.',
    source,
  },
  {
    id: 'postgres-advice.prompts-hold-facts',
    behaviour:
      "The prompts hold the user's own tables, keys, indexes, plan or error, and calls of tools that exist with arguments that they take.",
    source,
  },
  {
    id: 'postgres-advice.read-errors',
    behaviour:
      'SQLSTATE, error class of Spark and names are read out of the texts of errors as platforms and drivers write them.',
    source,
  },
  {
    id: 'postgres-advice.token-cost',
    behaviour: 'The tools of advice cost at most 1,900 tokens to list.',
    source: 'issue: Tools',
  },
] as const satisfies readonly Requirement[];
