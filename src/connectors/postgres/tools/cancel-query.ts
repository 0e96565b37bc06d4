import { z } from 'zod';
import { quoteLogLine } from '../../../kernel/log-text.ts';
import { quoted } from '../../../kernel/quoted.ts';
import { formatDuration } from '../../../kernel/units.ts';
import { advising } from '../advice/advising.ts';
import { cancelSession, findCancellable } from '../advice/cancel-session.ts';
import { definePostgresTool } from '../tool-dependencies.ts';

const QUERY_CHARS = 400;

export const cancelQuery = definePostgresTool({
  name: 'cancel_query',
  title: 'Cancel a PostgreSQL query',
  description:
    'Ends the statement that a session runs; `terminate` ends the session and undoes its transaction, after approval. With `started_at` only that very statement.',
  risk: 'write',
  toolsets: ['postgres'],
  input: z.object({
    pid: z.int().positive().describe('From list_active_queries'),
    terminate: z.boolean().default(false),
    started_at: z.string().max(40).optional(),
    database: z.string().optional(),
  }),
  output: z.object({
    database: z.string(),
    pid: z.int(),
    cancelled: z.enum(['statement', 'session']),
    user: z.string().nullable(),
    state: z.string().nullable(),
    ran_ms: z.number().nullable(),
    query: quoted().nullable(),
  }),
  approval: async ({ pid, terminate, started_at, database: name }, context) => {
    if (!terminate) return null;
    return advising(context, name, { as: 'login' }, async ({ database, client }) => {
      const { session } = await findCancellable(client, { pid, startedAt: started_at ?? null, database });
      const query =
        session.query === null ? 'a statement that is hidden from this role' : quoteLogLine(session.query, QUERY_CHARS);
      return {
        summary: `Terminate session ${pid} of ${session.user ?? 'an unknown user'} in database ${database.name}.`,
        plan: [
          `It is ${session.state ?? 'in a hidden state'} for ${formatDuration(session.stateMs ?? 0)} with ${query}.`,
          'Its connection is closed and its open transaction is undone.',
        ],
      };
    });
  },
  example: { pid: 12345 },
  renderText: ({ pid, cancelled, user, query }) =>
    `Ended the ${cancelled === 'statement' ? 'statement of session' : 'session'} ${pid}${user === null ? '' : ` of ${user}`}: ${query ?? 'its text is hidden'}`,
  handler: async ({ pid, terminate, started_at, database: name }, context) =>
    advising(context, name, { as: 'login' }, async ({ database, client }) => {
      const found = await findCancellable(client, { pid, startedAt: started_at ?? null, database });
      await cancelSession(client, found, terminate);
      const { session } = found;
      return {
        database: database.name,
        pid,
        cancelled: terminate ? ('session' as const) : ('statement' as const),
        user: session.user,
        state: session.state,
        ran_ms: session.stateMs === null ? null : Math.round(session.stateMs),
        query: session.query === null ? null : quoteLogLine(session.query, QUERY_CHARS),
      };
    }),
});
