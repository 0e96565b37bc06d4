import type { Requirement } from './requirement.ts';

/** What is promised of how platforms are configured. */
export const requirements = [
  {
    id: 'platforms.local-default',
    behaviour: 'Without Spark and PostgreSQL, SQL and pipelines run on DuckDB with a file of its own.',
    source: 'issue: Local mode',
  },
  {
    id: 'platforms.variables',
    behaviour: "The platforms' own variables work as they do elsewhere, where the file is silent.",
    source: 'design: Configuration',
  },
  {
    id: 'platforms.databases',
    behaviour: 'Several databases are named; one is the default; an address that is missing or given twice is refused.',
    source: 'issue: PostgreSQL',
  },
  {
    id: 'platforms.job-logs',
    behaviour: 'The event logs of submitted jobs are a source of the history tools.',
    source: 'issue: Standalone clusters',
  },
] as const satisfies readonly Requirement[];
