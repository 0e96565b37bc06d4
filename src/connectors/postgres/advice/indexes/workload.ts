import { HeadgateError } from '../../../../kernel/errors.ts';
import { countNoun } from '../../../../kernel/units.ts';
import type { Client } from '../client.ts';
import { checkExplainable, type Explainable } from '../explain.ts';
import type { ServerFacts } from '../server-facts.ts';
import { loadStatements, rankStatements, type StatementStatistics } from '../statements/statement-statistics.ts';
import type { WorkloadQuery } from './recommend.ts';

/** Statements that are looked at: those that take most of the time. */
const MAX_STATEMENTS = 30;
/** Less than this is noise of one-off statements. */
const MIN_CALLS = 2;

/**
 * The statements that take most of the server's time in this database, as it counted them. What has no plan, or reads no table of the
 * user's, is left out; what the role may not see is a gap. Errors: `failed_precondition` without pg_stat_statements, or without statements.
 */
export async function workloadOf(
  client: Client,
  server: ServerFacts,
): Promise<{ queries: WorkloadQuery[]; gaps: string[] }> {
  const statements = await loadStatements(client, server);
  const hidden = statements.filter(({ query }) => query === null).length;
  const gaps =
    hidden === 0
      ? []
      : [`${countNoun(hidden, 'statement')} of other users are hidden; GRANT pg_read_all_stats shows them.`];
  const queries: WorkloadQuery[] = [];
  for (const statement of rankStatements(statements, 'total_time')) {
    if (queries.length >= MAX_STATEMENTS) break;
    const explainable = statement.calls < MIN_CALLS ? null : await explainableOf(statement);
    if (explainable === null) continue;
    queries.push({ ...explainable, id: queries.length + 1, calls: statement.calls, given: false });
  }
  if (queries.length > 0) return { queries, gaps };
  throw new HeadgateError(
    'failed_precondition',
    'pg_stat_statements holds no statement that ran twice and has a plan.',
    {
      hint: 'Let the applications run for a while, or give `queries`.',
    },
  );
}

/** Null: no plan, more than one statement, cut text, or functions that are not run here. */
async function explainableOf({ query }: StatementStatistics): Promise<Explainable | null> {
  if (
    query === null ||
    !/\bfrom\b|\bupdate\b|\bdelete\b|\bmerge\b/i.test(query) ||
    /\bpg_catalog\.|\binformation_schema\./i.test(query)
  ) {
    return null;
  }
  try {
    return await checkExplainable(query, { analyze: false });
  } catch (error) {
    if (error instanceof HeadgateError) return null;
    throw error;
  }
}
