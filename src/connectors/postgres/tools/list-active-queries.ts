import { z } from 'zod';
import { labelLog, quoteLogLine } from '../../../kernel/log-text.ts';
import { tableSchema, toTable } from '../../../kernel/table.ts';
import { countNoun, formatDuration } from '../../../kernel/units.ts';
import { advising } from '../advice/advising.ts';
import { gapsOutput } from '../advice/advisory.ts';
import {
  type ActiveSession,
  type BlockingChain,
  blockingChains,
  loadSessions,
} from '../advice/statements/active-sessions.ts';
import { definePostgresTool } from '../tool-dependencies.ts';

const COLUMNS = [
  'pid',
  'state',
  'wait',
  'duration_ms',
  'transaction_ms',
  'blocked_by',
  'user',
  'database',
  'application',
  'client',
  'started_at',
  'query',
] as const;
const CHAIN_COLUMNS = ['root_pid', 'pid', 'depth', 'waiting_ms'] as const;
const QUERY_CHARS = 300;

export const listActiveQueries = definePostgresTool({
  name: 'list_active_queries',
  title: 'List running PostgreSQL queries',
  description:
    'What runs, waits or holds a transaction open now, blockers first; `blocking` has who waits behind whom. Next: cancel_query.',
  risk: 'read',
  toolsets: ['postgres'],
  input: z.object({
    min_duration_ms: z.number().nonnegative().default(0),
    include_idle: z.boolean().default(false),
    limit: z.int().min(1).max(200).default(30),
    database: z.string().optional(),
  }),
  output: z.object({
    database: z.string(),
    sessions: tableSchema(COLUMNS),
    blocking: tableSchema(CHAIN_COLUMNS),
    gaps: gapsOutput,
  }),
  example: { include_idle: true, limit: 5 },
  renderText: ({ sessions, blocking, gaps }) =>
    [
      `${countNoun(sessions.total, 'session')}, ${blocking.total} waiting for locks.`,
      ...sessions.rows.map(
        ([pid, state, wait, ms, , blockers, user, , , , , query]) =>
          `${pid} ${user} ${state} ${formatDuration(Number(ms))}${wait === null ? '' : `, waits: ${wait}`}${blockers === null ? '' : `, blocked by ${blockers}`}: ${query}`,
      ),
      ...gaps.map((gap) => `gap: ${gap}`),
    ].join('\n'),
  handler: async ({ min_duration_ms, include_idle, limit, database: name }, context) =>
    advising(context, name, {}, async ({ database, client, server }) => {
      const sessions = await loadSessions(client);
      const chains = blockingChains(sessions);
      const shown = rankSessions(sessions, chains).filter(
        (one) => isClient(one) && isBusy(one, include_idle) && (one.stateMs ?? 0) >= min_duration_ms,
      );
      const hidden = sessions.filter((one) => one.kind === null && isClient(one)).length;
      return {
        database: database.name,
        sessions: toTable(shown, { offset: 0, length: limit }, COLUMNS, cellsOf),
        blocking: toTable(chains.flatMap(waitersOf), { offset: 0, length: limit }, CHAIN_COLUMNS, (row) => row),
        gaps:
          server.seesAll || hidden === 0
            ? []
            : [
                `What ${countNoun(hidden, 'session')} of other users do is hidden; GRANT pg_read_all_stats to the role shows it.`,
              ],
      };
    }),
});

/** Processes of the server have no user. */
function isClient({ kind, user }: ActiveSession): boolean {
  return kind === 'client backend' || (kind === null && user !== null);
}

/** A session whose state is hidden may be busy. */
function isBusy({ state }: ActiveSession, idle: boolean): boolean {
  return idle || state === null || state !== 'idle';
}

/** Those that others wait for first, then the longest. */
function rankSessions(sessions: readonly ActiveSession[], chains: readonly BlockingChain[]): ActiveSession[] {
  const waiting = new Map(chains.map(({ root, waiters }) => [root.pid, waiters.length]));
  const rank = ({ pid }: ActiveSession) => waiting.get(pid) ?? 0;
  return [...sessions].sort((a, b) => rank(b) - rank(a) || (b.stateMs ?? 0) - (a.stateMs ?? 0) || a.pid - b.pid);
}

function waitersOf({ root, waiters }: BlockingChain) {
  return waiters.map(({ session, depth }) => ({
    root_pid: root.pid,
    pid: session.pid,
    depth,
    waiting_ms: rounded(session.stateMs),
  }));
}

function cellsOf(session: ActiveSession) {
  return {
    pid: session.pid,
    state: session.state === null ? null : labelLog(session.state),
    wait: session.wait,
    duration_ms: rounded(session.stateMs),
    transaction_ms: rounded(session.transactionMs),
    blocked_by: session.blockedBy.length === 0 ? null : [...new Set(session.blockedBy)].join(','),
    user: session.user === null ? null : labelLog(session.user),
    database: session.database === null ? null : labelLog(session.database),
    application: labelLog(session.application),
    client: session.client,
    started_at: session.startedAt,
    query: session.query === null || session.query === '' ? null : quoteLogLine(session.query, QUERY_CHARS),
  };
}

const rounded = (ms: number | null): number | null => (ms === null ? null : Math.round(ms));
