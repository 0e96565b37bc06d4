import type { PoolClient } from 'pg';
import { HeadgateError } from '../../../kernel/errors.ts';
import { quoteLog } from '../../../kernel/log-text.ts';
import { redactText } from '../../../kernel/redaction.ts';
import { advising, type Look } from '../advice/advising.ts';
import { renderAdvisories } from '../advice/advisory.ts';
import { checkExplainable } from '../advice/explain.ts';
import { explainWithFacts } from '../advice/explain-query.ts';
import { tablesInPlan } from '../advice/indexes/plan-usage.ts';
import { loadTables } from '../advice/load-tables.ts';
import { parseTableName, type TableFacts } from '../advice/table-facts.ts';
import { offerNames, relationNames } from '../catalog/offer-names.ts';
import type { PromptFactory } from '../surface.ts';
import { call, numbered, QUOTATION_RULE } from './calls.ts';
import { loadForeignKeys } from './load-foreign-keys.ts';
import { nearestRelations } from './near-names.ts';
import { describeTable, practicesFor } from './table-description.ts';

/** Longest statement that is shown. Characters. */
const SQL_CHARS = 4_000;

/** `sql_best_practices`: how to write SQL over the user's own tables, from their keys, indexes, types and the plan of a statement. */
export const sqlBestPractices: PromptFactory = ({ databases }) => ({
  name: 'sql_best_practices',
  title: 'Write good SQL for these tables',
  description: 'What a table, or the tables of a statement, ask of a query: keys, indexes, types, sizes and the plan.',
  arguments: [
    { name: 'table', description: 'Table, with its schema unless the search path finds it', required: false },
    { name: 'sql', description: 'Statement to improve', required: false },
    { name: 'database', description: 'Name in the configuration', required: false },
  ],
  render: async ({ table = '', sql = '', database: name = '' }, context) => {
    if (table === '' && sql === '') {
      throw new HeadgateError('invalid_argument', 'Neither a table nor a statement was given.', {
        hint: 'Give `table`, `sql` or both.',
      });
    }
    const asked = { table, sql, database: name === '' ? undefined : name };
    try {
      return await advising({ ...context, databases }, asked.database, {}, (look) => write(look, asked));
    } catch (error) {
      throw sql === ''
        ? error
        : await offerNames(error, databases.find(context.caller.tenant, asked.database), sql, context.signal);
    }
  },
});

interface Asked {
  readonly table: string;
  readonly sql: string;
  readonly database: string | undefined;
}

async function write(look: Look, asked: Asked): Promise<string> {
  const { table, sql, database } = asked;
  const explained = sql === '' ? null : await explainStatement(look, sql);
  const tables = [...(table === '' ? [] : [await findTable(look, table)]), ...(explained?.tables ?? [])];
  const distinct = [...new Map(tables.map((one) => [`${one.schema}.${one.name}`, one])).values()];
  const keys = await loadForeignKeys(look.client, distinct);
  const steps = [
    ...(sql === ''
      ? []
      : [
          call('explain_query', { sql: redactText(sql), database }),
          call('recommend_indexes', { queries: [redactText(sql)], database }),
        ]),
    ...distinct.slice(0, 3).map((one) => call('get_table_schema', { table: one.name, schema: one.schema, database })),
  ];
  return [
    `Help to write SQL that is right and fast on the PostgreSQL database ${look.database.name}. ${QUOTATION_RULE}`,
    ...(sql === '' ? [] : ['The statement:', quoteLog(sql, SQL_CHARS)]),
    ...(distinct.length === 0 ? [] : ['Its tables:', ...distinct.flatMap((one) => describeTable(one, keys))]),
    ...(explained === null ? [] : [`Its plan costs ${explained.cost}. Found in it:`, ...explained.findings]),
    'What these tables ask of a query:',
    ...practicesFor(distinct, keys).map((rule) => `- ${rule}`),
    'Look at these in order:',
    ...numbered(steps),
    sql === ''
      ? 'Answer with: how to filter, join, page and aggregate these tables, an example for each with their real columns, and what to avoid.'
      : 'Answer with: the statement rewritten, each change with its reason from the facts above, the index that would help if one does, and what to measure with analyze before and after.',
  ].join('\n');
}

async function explainStatement(
  { client, server }: Look,
  sql: string,
): Promise<{ tables: TableFacts[]; cost: number; findings: string[] }> {
  const query = await checkExplainable(sql, { analyze: false });
  const { plan, findings } = await explainWithFacts(client, query, { analyze: false, hypothetical: [], server });
  const tables = await loadTables(client, tablesInPlan(plan));
  const lines = renderAdvisories(findings);
  return { tables: [...tables.byKey.values()], cost: plan.cost, findings: lines.length === 0 ? ['- nothing'] : lines };
}

async function findTable({ client }: Look, text: string): Promise<TableFacts> {
  const named = parseTableName(text);
  const table = (await loadTables(client, [named])).find(named);
  if (table !== null) return table;
  throw new HeadgateError('not_found', `There is no table ${JSON.stringify(text.slice(0, 100))}.`, {
    hint: 'list_tables lists the tables.',
    details: {
      sql_state: '42P01',
      nearest: nearestRelations(named.name, await relationNames(client as PoolClient), 5),
    },
  });
}
