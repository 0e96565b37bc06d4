import { z } from 'zod';
import type { Advisory } from '../advisory.ts';
import type { Client } from '../client.ts';
import { lookUp } from '../look-up.ts';
import { OWN, type ServerFacts } from '../server-facts.ts';

/** One look at the server: what is read, and what is wrong with it. */
export interface HealthLook {
  /** What it is about, as a gap names it. */
  readonly what: string;
  /** Null: this server has nothing like it. */
  readonly sql: (server: ServerFacts) => string | null;
  /** Reads the rows and judges them. Pure. */
  readonly judge: (rows: unknown, server: ServerFacts) => Judgement;
}

/** Findings, and what could not be seen in the rows. */
export interface Judgement {
  readonly findings: readonly Advisory[];
  readonly gaps?: readonly string[];
}

/** Declares a look; the rows are read through their schema. */
export function defineLook<R>(look: {
  readonly what: string;
  readonly sql: (server: ServerFacts) => string | null;
  readonly row: z.ZodType<R>;
  readonly judge: (rows: readonly R[], server: ServerFacts) => Judgement;
}): HealthLook {
  const rowsOf = z.array(look.row);
  return { what: look.what, sql: look.sql, judge: (rows, server) => look.judge(rowsOf.parse(rows), server) };
}

/** Looks, and judges; what the role may not see is a gap. Errors: the server's, other than rights, version and time. */
export async function takeLooks(
  client: Client,
  looks: readonly HealthLook[],
  server: ServerFacts,
): Promise<Required<Judgement>> {
  const findings: Advisory[] = [];
  const gaps: string[] = [];
  for (const look of looks) {
    const sql = look.sql(server);
    if (sql === null) continue;
    const seen = await lookUp(
      client,
      look.what,
      () => client.query(`${OWN} ${sql}`),
      (gap) => gaps.push(gap),
    );
    if (seen === null) continue;
    const judged = look.judge(seen.rows, server);
    findings.push(...judged.findings);
    gaps.push(...(judged.gaps ?? []));
  }
  return { findings, gaps };
}

/** Things of one kind that one finding shows as evidence; the rest are counted. */
const SHOWN = 5;

/** The first few, and how many more there are. */
export function firstOf<T, E>(items: readonly T[], evidence: (item: T) => E, more: (count: number) => E): E[] {
  const shown = items.slice(0, SHOWN).map(evidence);
  return items.length > SHOWN ? [...shown, more(items.length - SHOWN)] : shown;
}

/** Evidence that there are more of a kind than shown. */
export const moreOf = (what: string) => (count: number) => ({ fact: `and ${count} more`, address: what });

/** Schemas that are not the user's. */
export const USER_SCHEMA = `n.nspname not in ('pg_catalog', 'information_schema') and n.nspname !~ '^pg_(toast|temp)'`;
