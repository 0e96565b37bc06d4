import type { PoolClient } from 'pg';
import { HeadgateError } from '../../../kernel/errors.ts';
import { type EncodedParameters, readParameters, settleLists } from '../results/parameters.ts';
import { requireAllowedNames } from '../statements/allowed-names.ts';
import { checkRead, commandOf } from '../statements/check-read.ts';
import { parseStatement, type Statement } from '../statements/parse.ts';
import type { Client } from './client.ts';
import { type ExplainedWire, parseExplained } from './plan/plan-wire.ts';
import { OWN } from './server-facts.ts';

/** Statements that have a plan. */
const PLANNED = new Set(['SelectStmt', 'InsertStmt', 'UpdateStmt', 'DeleteStmt', 'MergeStmt']);

/** A statement that may be explained, and how its parameters are filled. */
export interface Explainable {
  readonly sql: string;
  readonly statement: Statement;
  /** Of each `$n`; null: none were given, so the plan is the generic one for any value. */
  readonly values: EncodedParameters | null;
}

/**
 * Checks a statement before it is explained. With `analyze`, which runs it, only what a read may be. Statements that write are
 * planned, never run. Errors: `invalid_argument` (SQL, no plan, values that do not fit), `permission_denied` (denied functions).
 */
export async function checkExplainable(
  sql: string,
  options: { readonly analyze: boolean; readonly parameters?: readonly unknown[] | undefined },
): Promise<Explainable> {
  const statement = await parseStatement(sql);
  if (!PLANNED.has(statement.kind)) {
    throw new HeadgateError('invalid_argument', `${commandOf(statement.kind)} has no plan.`, {
      hint: 'Give a SELECT, INSERT, UPDATE, DELETE or MERGE itself, without EXPLAIN before it.',
    });
  }
  if (options.analyze && statement.kind !== 'SelectStmt') {
    throw new HeadgateError('invalid_argument', `With analyze, ${commandOf(statement.kind)} would change rows.`, {
      hint: 'Leave analyze out: the plan of a write is shown without running it.',
      details: { sql_state: '25006' },
    });
  }
  if (statement.kind === 'SelectStmt') await checkRead(sql);
  else requireAllowedNames(statement.node, 'write');
  return { sql, statement, values: valuesOf(statement, options) };
}

function valuesOf(
  { parameters: expected }: Statement,
  { analyze, parameters }: { readonly analyze: boolean; readonly parameters?: readonly unknown[] | undefined },
): EncodedParameters | null {
  if (parameters !== undefined || expected === 0) return readParameters(parameters ?? [], expected);
  if (!analyze) return null;
  throw new HeadgateError('invalid_argument', `With analyze, the statement needs values for $1 to $${expected}.`, {
    hint: 'Give them in `parameters`, or leave analyze out for the generic plan.',
    details: { sql_state: '08P01', expected, given: 0 },
  });
}

/** Names of prepared statements: a failed call may leave one on its connection. */
let prepared = 0;

/**
 * Plans a statement in the transaction of the caller. Without values for its parameters it is prepared, and its generic plan is
 * shown, as PostgreSQL caches it. Errors: the server's.
 */
export async function explain(
  client: Client,
  { sql, values }: Pick<Explainable, 'sql' | 'values'>,
  { analyze }: { readonly analyze: boolean },
): Promise<ExplainedWire> {
  const options = ['FORMAT JSON', 'VERBOSE', 'SETTINGS', ...(analyze ? ['ANALYZE', 'BUFFERS'] : [])].join(', ');
  if (values !== null) {
    const prefix = `${OWN} EXPLAIN (${options}) `;
    const texts = await settleLists(values, client as PoolClient, sql);
    const { rows } = await placed(prefix, client.query(prefix + sql, [...texts]));
    return firstPlan(rows);
  }
  const statement = await prepare(client, sql);
  try {
    return await statement.explain(options);
  } finally {
    await statement.forget();
  }
}

/** A statement with open parameters, on one connection. */
export interface PreparedStatement {
  /** Its generic plan as things are now. */
  explain(options: string): Promise<ExplainedWire>;
  /** Does nothing in a transaction that has failed; the connection then keeps it until it ends. */
  forget(): Promise<void>;
}

/** Prepares a statement; its parameters get the types that the server infers. Errors: the server's. */
export async function prepare(client: Client, sql: string): Promise<PreparedStatement> {
  prepared += 1;
  const name = `headgate_${prepared}`;
  await client.query(`${OWN} set local plan_cache_mode = force_generic_plan`);
  const prefix = `${OWN} PREPARE ${name} AS `;
  await placed(prefix, client.query(prefix + sql));
  const { rows } = await client.query<{ count: number }>(
    `${OWN} select cardinality(parameter_types) as count from pg_catalog.pg_prepared_statements where name = $1`,
    [name],
  );
  const nulls = Array.from({ length: rows[0]?.count ?? 0 }, () => 'null').join(', ');
  return {
    async explain(options) {
      const { rows: plans } = await client.query(
        `${OWN} EXPLAIN (${options}) EXECUTE ${name}${nulls === '' ? '' : `(${nulls})`}`,
      );
      return firstPlan(plans);
    },
    async forget() {
      await client.query(`${OWN} DEALLOCATE ${name}`).catch((error: unknown) => {
        if ((error as { code?: unknown }).code !== '25P02') throw error;
      });
    },
  };
}

/** Positions in errors count from the start of the caller's statement, not of what Headgate wrote before it. */
async function placed<T>(prefix: string, running: Promise<T>): Promise<T> {
  try {
    return await running;
  } catch (error) {
    const failed = error as { position?: string };
    const position = Number(failed.position) - prefix.length;
    if (position > 0) failed.position = String(position);
    throw error;
  }
}

function firstPlan(rows: readonly unknown[]): ExplainedWire {
  const [row] = rows;
  return parseExplained(Object.values((row ?? {}) as Record<string, unknown>)[0]);
}
