import { type ErrorBody, HeadgateError } from '../../../kernel/errors.ts';
import { nearest } from '../../../kernel/nearest.ts';
import type { Advisory } from './advisory.ts';
import type { Client } from './client.ts';
import { type Explainable, explain } from './explain.ts';
import { missingHypopg, withHypotheticalIndexes } from './hypothetical-indexes.ts';
import { createStatement } from './indexes/index-candidates.ts';
import { tablesInPlan } from './indexes/plan-usage.ts';
import { type LoadedTables, loadTables } from './load-tables.ts';
import { buildPlan, type Plan } from './plan/plan-nodes.ts';
import { findInPlan } from './plan-rules/plan-findings.ts';
import type { ServerFacts } from './server-facts.ts';
import { loadParser } from './statements/syntax.ts';
import { type NamedTable, parseTableName, quoteName, type TableFacts } from './table-facts.ts';

/** An index that a caller asks about. */
export interface WantedIndex {
  /** `table` or `schema.table`. */
  readonly table: string;
  /** Names of columns; an expression such as `lower(email)` or a direction (`created_at DESC`) as SQL. */
  readonly columns: readonly string[];
  readonly using?: string | undefined;
}

/** What the hypothetical indexes change. `error`: why they could not be measured. */
export interface HypotheticalResult {
  cost_before?: number;
  cost_after?: number;
  indexes?: Array<{ statement: string; size_bytes: number; used: boolean }>;
  error?: Record<string, unknown>;
}

/** A plan and what is wrong with it. */
export interface ExplainedQuery {
  /** With the hypothetical indexes, where they could be measured. */
  readonly plan: Plan;
  readonly findings: readonly Advisory[];
  /** Null: none were asked for. */
  readonly hypothetical: HypotheticalResult | null;
  readonly gaps: readonly string[];
}

/** Explains a statement with what is known of its tables. Errors: the server's; `not_found`, `invalid_argument` for wanted indexes. */
export async function explainWithFacts(
  client: Client,
  query: Explainable,
  options: { readonly analyze: boolean; readonly hypothetical: readonly WantedIndex[]; readonly server: ServerFacts },
): Promise<ExplainedQuery> {
  await loadParser();
  const plan = buildPlan(await explain(client, query, options));
  const tables = await loadTables(client, tablesInPlan(plan));
  const gaps = gapsFor(query, options.analyze);
  if (options.hypothetical.length === 0) {
    return { plan, findings: findInPlan({ plan, tables: tables.byKey }), hypothetical: null, gaps };
  }
  const missing = missingHypopg(options.server);
  if (missing !== null) {
    const error: ErrorBody = missing.toBody();
    return { plan, findings: findInPlan({ plan, tables: tables.byKey }), hypothetical: { error: { ...error } }, gaps };
  }
  const changed = await planWith(client, query, { ...options, before: plan });
  return { ...changed, findings: findInPlan({ plan: changed.plan, tables: tables.byKey }), gaps };
}

function gapsFor({ values, statement }: Explainable, analyze: boolean): string[] {
  return [
    ...(analyze ? [] : ['Nothing was measured: times, real rows and spills need analyze.']),
    ...(values === null
      ? [`The plan is the generic one: no values for $1 to $${statement.parameters} were given.`]
      : []),
  ];
}

async function planWith(
  client: Client,
  query: Explainable,
  {
    hypothetical,
    server,
    before,
  }: { readonly hypothetical: readonly WantedIndex[]; readonly server: ServerFacts; readonly before: Plan },
): Promise<{ plan: Plan; hypothetical: HypotheticalResult }> {
  const statements = await statementsFor(client, hypothetical);
  return withHypotheticalIndexes(client, server, async (indexes) => {
    const made = [];
    for (const statement of statements) made.push({ statement, ...(await indexes.create(statement)) });
    const plan = buildPlan(await explain(client, query, { analyze: false }));
    const used = new Set(plan.nodes.map(({ wire }) => wire['Index Name']));
    return {
      plan,
      hypothetical: {
        cost_before: before.cost,
        cost_after: plan.cost,
        indexes: made.map(({ statement, name, bytes }) => ({ statement, size_bytes: bytes, used: used.has(name) })),
      },
    };
  });
}

/** `CREATE INDEX` statements with quoted names. Errors: `not_found` for tables and columns that do not exist, with the nearest. */
async function statementsFor(client: Client, wanted: readonly WantedIndex[]): Promise<string[]> {
  const named = wanted.map(({ table }) => parseTableName(table));
  const tables = await loadTables(client, named);
  return wanted.map(({ columns, using }, position) => {
    const table = tableFor(tables, named[position], wanted[position]?.table ?? '');
    const method = using ?? 'btree';
    const keys = columns.map((column) => keyFor(table, column));
    return method === 'btree' || method === 'gin'
      ? createStatement({ table, method, keys }, false)
      : createStatement({ table, method: 'btree', keys }, false).replace(' (', ` USING ${method} (`);
  });
}

function tableFor(tables: LoadedTables, named: NamedTable | undefined, text: string): TableFacts {
  const table = named === undefined ? null : tables.find(named);
  if (table !== null) return table;
  throw new HeadgateError(
    'not_found',
    `There is no table ${JSON.stringify(text.slice(0, 100))} for a hypothetical index.`,
    {
      hint: 'list_tables lists the tables; name the schema when it is not on the search path.',
      details: { sql_state: '42P01' },
    },
  );
}

const DIRECTION = /^(.*?)((?: (?:asc|desc))?(?: nulls (?:first|last))?)$/i;
/** `lower(email)`: one function of one column. Anything freer is not taken: the text becomes a part of a statement. */
const FUNCTION = /^([a-z_][a-z0-9_]{0,62})\(([^()]{1,80})\)$/i;

/** A key with its names quoted: a column, or one function of a column, with a direction. */
function keyFor(table: TableFacts, text: string): string {
  const [, key = '', direction = ''] = DIRECTION.exec(text.trim()) ?? [];
  const call = FUNCTION.exec(key);
  const written =
    call === null
      ? columnFor(table, key)
      : `${(call[1] ?? '').toLowerCase()}(${columnFor(table, (call[2] ?? '').trim())})`;
  return written + direction.toUpperCase();
}

function columnFor(table: TableFacts, text: string): string {
  const name = /^".*"$/.test(text) ? text.slice(1, -1).replaceAll('""', '"') : text;
  const column =
    table.columns.find((one) => one.name === name) ?? table.columns.find((one) => one.name === name.toLowerCase());
  if (column !== undefined) return quoteName(column.name);
  const names = table.columns.map((one) => one.name);
  throw new HeadgateError('not_found', `${table.name} has no column ${JSON.stringify(name.slice(0, 100))}.`, {
    hint: 'get_table_schema lists the columns of a table.',
    details: { sql_state: '42703', nearest: nearest(name, names) },
  });
}
