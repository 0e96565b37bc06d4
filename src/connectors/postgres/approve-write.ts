import type { ApprovalNeed } from '../../kernel/approval.ts';
import type { Database } from './databases.ts';
import { quoteRelation, type RelationName } from './names.ts';
import { reading } from './sessions.ts';
import type { CheckedWrite, Danger } from './statements/check-write.ts';

/** How long rows are counted before an estimate must do. Milliseconds. */
const COUNT_MS = 2_000;

/** What a person is asked before a dangerous change; null for one that is not. Reads figures, changes nothing. */
export async function approvalOf(
  write: CheckedWrite,
  database: Database,
  signal: AbortSignal,
): Promise<ApprovalNeed | null> {
  const [first] = write.dangers;
  if (first === undefined) return null;
  const plans = await Promise.all(write.dangers.map((danger) => planOf(danger, database, signal)));
  return { summary: `${first.what}: ${namesOf(first)} in database ${database.name}.`, plan: plans.flat() };
}

function namesOf({ targets }: Danger): string {
  return targets.map(({ schema, name }) => (schema === null ? name : `${schema}.${name}`)).join(', ');
}

async function planOf(danger: Danger, database: Database, signal: AbortSignal): Promise<string[]> {
  const lines = await Promise.all(
    danger.targets.map(async (target) => {
      const name = namesOf({ ...danger, targets: [target] });
      const rows = danger.kind === 'object' ? null : await rowsOf(target, database, signal);
      return `${danger.what}: ${rows === null ? name : WORDS[danger.kind](rows, name)}`;
    }),
  );
  return danger.cascade ? [...lines, 'CASCADE: everything that depends on it goes too'] : lines;
}

const WORDS: Readonly<Record<Danger['kind'], (rows: string, name: string) => string>> = {
  'every-row': (rows, name) => `affects up to ${rows} of ${name}`,
  rows: (rows, name) => `removes ${rows} of ${name}`,
  part: (rows, name) => `${name} has ${rows}`,
  object: (_rows, name) => name,
};

/** `12,431 rows`, counted where that is quick, else as the planner knows them; null for what has no rows. */
async function rowsOf(target: RelationName, database: Database, signal: AbortSignal): Promise<string | null> {
  const counted = await one(database, signal, `select count(*) as rows from ${quoteRelation(target)}`);
  if (counted !== null) return `${format(counted)} rows`;
  const estimated = await one(
    database,
    signal,
    `select reltuples::bigint as rows from pg_catalog.pg_class where oid = pg_catalog.to_regclass($1) and reltuples >= 0`,
    [quoteRelation(target)],
  );
  return estimated === null ? null : `about ${format(estimated)} rows`;
}

/** Null when it cannot be said in time, or at all: the question is asked all the same. */
async function one(
  database: Database,
  signal: AbortSignal,
  sql: string,
  values: unknown[] = [],
): Promise<number | null> {
  const options = { signal, timeoutMs: COUNT_MS, as: 'login' } as const;
  const rows = await reading(database, options, async (client) => (await client.query(sql, values)).rows).catch(
    () => [],
  );
  const [first] = rows as Array<{ rows: string | number }>;
  return first === undefined ? null : Number(first.rows);
}

function format(count: number): string {
  return count.toLocaleString('en-US');
}
