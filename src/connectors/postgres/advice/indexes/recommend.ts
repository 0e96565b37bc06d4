import type { Node } from 'libpg-query';
import { HeadgateError } from '../../../../kernel/errors.ts';
import { commandOf } from '../../statements/check-read.ts';
import type { Client } from '../client.ts';
import { type Explainable, explain, type PreparedStatement, prepare } from '../explain.ts';
import {
  type HypotheticalIndex,
  type HypotheticalIndexes,
  missingHypopg,
  withHypotheticalIndexes,
} from '../hypothetical-indexes.ts';
import { type LoadedTables, loadTables } from '../load-tables.ts';
import { buildPlan, type Plan } from '../plan/plan-nodes.ts';
import { type ExplainedWire, parseExplained } from '../plan/plan-wire.ts';
import { countedLongEnough, OWN, type ServerFacts } from '../server-facts.ts';
import { loadParser } from '../statements/syntax.ts';
import { tableKey } from '../table-facts.ts';
import { type DroppableIndex, droppableIndexes } from './existing-indexes.ts';
import { candidateKey, candidatesFor, createStatement, type IndexCandidate } from './index-candidates.ts';
import { tablesInPlan, usageInPlan } from './plan-usage.ts';
import {
  type SelectedIndex,
  type SelectionLimits,
  selectIndexes,
  type WeighedQuery,
  type WhatIf,
} from './select-indexes.ts';
import { tablesIn, usageOf } from './statement-usage.ts';

/** A query of the workload. */
export interface WorkloadQuery extends Explainable {
  /** From 1, in the order given. */
  readonly id: number;
  readonly calls: number;
  /** Given by the caller, not taken from the server's statistics. */
  readonly given: boolean;
}

/** What was found for a workload. */
export interface Recommendation {
  /** Null: the server has no hypopg; `candidates` then are not measured. */
  readonly selected: readonly SelectedIndex[] | null;
  readonly candidates: readonly IndexCandidate[];
  /** Planned cost of each query now and with all that was selected, by id. */
  readonly costs: ReadonlyMap<number, { readonly before: number; readonly after: number }>;
  readonly droppable: readonly DroppableIndex[];
  readonly gaps: readonly string[];
}

/** Candidates that are measured; each costs a plan of each query on its table in each round. */
const MAX_CANDIDATES = 60;

/** Tables of the server itself are not indexed. */
const SYSTEM_SCHEMA = /^(?:pg_catalog|information_schema|pg_toast.*)$/;

/**
 * Finds indexes for a workload: candidates from the statements and their plans, then the set that lowers the planned cost most,
 * measured with hypopg where the server has it. Runs none of the queries. Errors: the server's, other than of single queries.
 */
export async function recommend(
  client: Client,
  queries: readonly WorkloadQuery[],
  server: ServerFacts,
  limits: SelectionLimits,
): Promise<Recommendation> {
  await loadParser();
  const gaps: string[] = [];
  const planned = await planAll(client, queries, gaps);
  const named = planned.flatMap(({ query, plan }) => [...tablesIn(nodeOf(query)), ...tablesInPlan(plan)]);
  const tables = await loadTables(
    client,
    named.filter(({ schema }) => schema === null || !SYSTEM_SCHEMA.test(schema)),
  );
  const candidates = rankCandidates(planned, tables, gaps);
  const droppable = droppableIndexes([...tables.byKey.values()]).filter(
    ({ reason }) => reason !== 'unused' || countedLongEnough(server),
  );
  const before = new Map(planned.map(({ query, plan }) => [query.id, plan.cost]));
  const base = { candidates, droppable, gaps };
  const missing = missingHypopg(server);
  if (missing !== null) {
    gaps.push(`${missing.message} ${missing.hint}`);
    return {
      ...base,
      selected: null,
      costs: new Map([...before].map(([id, cost]) => [id, { before: cost, after: cost }])),
    };
  }
  const weighed = planned.map(({ query, plan }) => weigh(query, plan));
  const selected = await withHypotheticalIndexes(client, server, (indexes) =>
    measure({ client, indexes, queries: planned.map(({ query }) => query), gaps }, (whatIf) =>
      selectIndexes(candidates, weighed, whatIf, limits),
    ),
  );
  if (selected.indexes.some(({ index }) => index.keys.some((key) => key.includes('(')))) {
    gaps.push(
      'An index on an expression is measured without statistics of it, which a real one gets from ANALYZE: it may save more.',
    );
  }
  if (selected.stoppedEarly)
    gaps.push('The search for indexes was stopped when its time was over: there may be better ones.');
  return { ...base, selected: selected.indexes, costs: costsAfter(before, selected.indexes) };
}

interface PlannedQuery {
  readonly query: WorkloadQuery;
  readonly plan: Plan;
}

const nodeOf = ({ statement }: Explainable): Node => ({ [statement.kind]: statement.node }) as unknown as Node;

/** Plans each query as things are. */
async function planAll(client: Client, queries: readonly WorkloadQuery[], gaps: string[]): Promise<PlannedQuery[]> {
  const planned: PlannedQuery[] = [];
  for (const query of queries) {
    const explained = await planOne(client, query, gaps);
    const plan = explained === null ? null : buildPlan(explained);
    if (plan !== null && (query.given || readsUserTable(plan))) planned.push({ query, plan });
  }
  return planned;
}

function readsUserTable(plan: Plan): boolean {
  return tablesInPlan(plan).some(({ schema }) => schema !== null && !SYSTEM_SCHEMA.test(schema));
}

/** States that are about the statement: names, rights, types that cannot be inferred, normalised text that is no statement any more. */
const OF_THE_STATEMENT = /^(?:42|22|0A|26)/;

/** A query of the server's own statistics that cannot be planned is a gap; one that the caller gave is an error. */
async function planOne(client: Client, query: WorkloadQuery, gaps: string[]): Promise<ExplainedWire | null> {
  await client.query(`${OWN} savepoint headgate_query`);
  try {
    const explained = await explain(client, query, { analyze: false });
    await client.query(`${OWN} release savepoint headgate_query`);
    return explained;
  } catch (error) {
    const { code } = error as { code?: unknown };
    if (query.given || typeof code !== 'string' || !OF_THE_STATEMENT.test(code)) throw error;
    await client.query(`${OWN} rollback to savepoint headgate_query`);
    gaps.push(`Query ${query.id} (${commandOf(query.statement.kind)}) cannot be planned without its values (${code}).`);
    return null;
  }
}

/** Candidates of all queries, those that the most expensive queries ask for first. */
function rankCandidates(planned: readonly PlannedQuery[], tables: LoadedTables, gaps: string[]): IndexCandidate[] {
  const weights = new Map<string, { candidate: IndexCandidate; weight: number }>();
  for (const { query, plan } of planned) {
    const usages = [...usageOf(nodeOf(query), tables.find), ...usageInPlan(plan, tables.byKey)];
    for (const candidate of candidatesFor(usages.filter(({ table }) => !SYSTEM_SCHEMA.test(table.schema)))) {
      const key = candidateKey(candidate);
      const known = weights.get(key);
      const reasons = [...new Set([...(known?.candidate.reasons ?? []), ...candidate.reasons])];
      weights.set(key, {
        candidate: { ...candidate, reasons },
        weight: (known?.weight ?? 0) + query.calls * plan.cost,
      });
    }
  }
  const ranked = [...weights.values()].sort((a, b) => b.weight - a.weight).map(({ candidate }) => candidate);
  if (ranked.length > MAX_CANDIDATES) {
    gaps.push(
      `${ranked.length - MAX_CANDIDATES} of ${ranked.length} candidates were not measured: those of the cheapest queries.`,
    );
  }
  return ranked.slice(0, MAX_CANDIDATES);
}

function weigh({ id, calls }: WorkloadQuery, plan: Plan): WeighedQuery {
  const tables = tablesInPlan(plan).map(({ schema, name }) => tableKey({ schema: schema ?? '', name }));
  return { id, calls, tables: new Set(tables) };
}

function costsAfter(before: ReadonlyMap<number, number>, selected: readonly SelectedIndex[]) {
  const after = new Map(before);
  for (const { queries } of selected) for (const query of queries) after.set(query.id, query.after);
  return new Map([...before].map(([id, cost]) => [id, { before: cost, after: after.get(id) ?? cost }]));
}

interface Measurement {
  readonly client: Client;
  readonly indexes: HypotheticalIndexes;
  readonly queries: readonly WorkloadQuery[];
  readonly gaps: string[];
}

/** Lets work ask what plans would cost. Statements with open parameters are prepared once and planned anew each time. */
async function measure<T>(measurement: Measurement, work: (whatIf: WhatIf) => Promise<T>): Promise<T> {
  const { client, queries } = measurement;
  const prepared = new Map<number, PreparedStatement>();
  for (const query of queries) if (query.values === null) prepared.set(query.id, await prepare(client, query.sql));
  const byId = new Map(queries.map((query) => [query.id, query]));
  const made = new MadeIndexes(measurement);
  const costOf = async (id: number): Promise<number> => {
    const query = byId.get(id);
    if (query === undefined) throw new Error('A query was measured that is not of this workload.');
    const explained = await (prepared.get(id)?.explain('FORMAT JSON') ?? explainBare(client, query));
    return explained.Plan['Total Cost'];
  };
  const whatIf: WhatIf = {
    async costs(wanted, touched) {
      await made.make(wanted);
      // Cached generic plans do not know of hypothetical indexes that came after them.
      if (prepared.size > 0) await client.query(`${OWN} discard plans`);
      const costs = new Map<number, number>();
      for (const { id } of touched) costs.set(id, await costOf(id));
      return costs;
    },
    size: async (candidate) => made.bytesOf(candidate),
  };
  const result = await work(whatIf);
  for (const statement of prepared.values()) await statement.forget();
  return result;
}

async function explainBare(client: Client, { sql, values }: WorkloadQuery): Promise<ExplainedWire> {
  const { rows } = await client.query(`${OWN} EXPLAIN (FORMAT JSON) ${sql}`, [...(values?.texts ?? [])]);
  return parseExplained(Object.values((rows[0] ?? {}) as Record<string, unknown>)[0]);
}

/** The hypothetical indexes that there are now. One that hypopg cannot make counts as of no use, and is a gap. */
class MadeIndexes {
  readonly #made = new Map<string, HypotheticalIndex>();
  readonly #refused = new Set<string>();
  readonly #bytes = new Map<string, number>();
  readonly #measurement: Measurement;

  constructor(measurement: Measurement) {
    this.#measurement = measurement;
  }

  async make(wanted: readonly IndexCandidate[]): Promise<void> {
    const keys = new Set(wanted.map(candidateKey));
    for (const [key, index] of this.#made) {
      if (keys.has(key)) continue;
      await this.#measurement.indexes.drop(index);
      this.#made.delete(key);
    }
    for (const candidate of wanted) await this.#makeOne(candidate);
  }

  async #makeOne(candidate: IndexCandidate): Promise<void> {
    const key = candidateKey(candidate);
    if (this.#made.has(key) || this.#refused.has(key)) return;
    const { client, indexes, gaps } = this.#measurement;
    await client.query(`${OWN} savepoint headgate_candidate`);
    try {
      const index = await indexes.create(createStatement(candidate, false));
      await client.query(`${OWN} release savepoint headgate_candidate`);
      this.#made.set(key, index);
      this.#bytes.set(key, index.bytes);
    } catch (error) {
      const { code } = error as { code?: unknown };
      if (typeof code !== 'string' || !/^(?:42|0A|22|XX)/.test(code)) throw error;
      await client.query(`${OWN} rollback to savepoint headgate_candidate`);
      this.#refused.add(key);
      gaps.push(`hypopg cannot measure this candidate (${code}): ${createStatement(candidate)}`);
    }
  }

  bytesOf(candidate: IndexCandidate): number {
    return this.#bytes.get(candidateKey(candidate)) ?? 0;
  }
}

/** Errors: `invalid_argument` for a workload in which nothing can be planned. */
export function requirePlanned({ costs, gaps }: Recommendation): void {
  if (costs.size > 0) return;
  throw new HeadgateError('failed_precondition', 'No query that reads a table could be planned.', {
    hint: gaps.slice(0, 3).join(' ') || 'Let the applications run for a while, or give `queries`.',
  });
}
