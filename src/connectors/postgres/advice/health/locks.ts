import { z } from 'zod';
import { labelLog, quoteLogLine } from '../../../../kernel/log-text.ts';
import { countNoun, formatCount, formatDuration } from '../../../../kernel/units.ts';
import type { Advisory } from '../advisory.ts';
import { figure } from '../advisory.ts';
import { type ActiveSession, type BlockingChain, blockingChains } from '../statements/active-sessions.ts';
import { defineLook } from './health-check.ts';

/** Waits that people notice, and waits that stop work. */
const WAIT_MS = 5_000;
const CRITICAL_WAIT_MS = 60_000;

/** Sessions that block others for long, each with what it does. Pure. */
export function blockingFindings(sessions: readonly ActiveSession[]): Advisory[] {
  return blockingChains(sessions)
    .filter(({ longestMs }) => longestMs >= WAIT_MS)
    .map(describe);
}

function describe({ root, waiters, longestMs }: BlockingChain): Advisory {
  const idle = root.state?.startsWith('idle in transaction') === true;
  const query = root.query === null ? 'a hidden statement' : quoteLogLine(root.query, 200);
  return {
    rule: 'postgres/blocking-session',
    title: `Session ${root.pid} blocks ${countNoun(waiters.length, 'other')}, for up to ${formatDuration(longestMs)}`,
    severity: longestMs >= CRITICAL_WAIT_MS ? 'critical' : 'warning',
    evidence: [
      figure(
        `${labelLog(root.state ?? 'hidden state')}, ${idle ? 'last ran' : 'runs'} ${query}`,
        `sessions/${root.pid}`,
        'waiting',
        waiters.length,
        'sessions',
      ),
      ...waiters.slice(0, 3).map(({ session, depth }) => ({
        fact: `waits for ${formatDuration(session.stateMs ?? 0)}${depth > 1 ? ' behind another' : ''}: ${session.query === null ? 'hidden' : quoteLogLine(session.query, 120)}`,
        address: `sessions/${session.pid}`,
      })),
    ],
    advice: [
      idle
        ? `It holds its locks while it does nothing: cancel_query with pid ${root.pid} and terminate.`
        : `cancel_query with pid ${root.pid} ends its statement.`,
    ],
  };
}

const Deadlocks = z.object({ deadlocks: z.number(), days: z.number().nullable() });
/** A deadlock now and then is retried; one an hour is a pattern. */
const DEADLOCKS_A_DAY = 24;

/** Transactions that the server undid because they waited for each other. */
export const deadlocksLook = defineLook({
  what: 'deadlocks',
  sql: () => `
    select deadlocks::float8 as deadlocks, extract(epoch from now() - stats_reset)::float8 / 86400 as days
    from pg_catalog.pg_stat_database where datname = current_database()`,
  row: Deadlocks,
  judge: ([row]) => {
    if (row === undefined || row.deadlocks / Math.max(row.days ?? 1, 1) < DEADLOCKS_A_DAY) return { findings: [] };
    return {
      findings: [
        {
          rule: 'postgres/deadlocks',
          title: `${formatCount(row.deadlocks)} deadlocks were counted`,
          severity: 'warning',
          evidence: [
            figure('transactions that were undone', 'pg_stat_database', 'deadlocks', row.deadlocks, 'deadlocks'),
          ],
          advice: [
            'Take locks in the same order everywhere: sort the keys before updating several rows. The log of the server has both statements of each.',
          ],
        },
      ],
    };
  },
});
