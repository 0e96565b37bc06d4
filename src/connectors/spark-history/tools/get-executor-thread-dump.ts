import { z } from 'zod';
import { HeadgateError } from '../../../kernel/errors.ts';
import { labelLog, quoteLog } from '../../../kernel/log-text.ts';
import { label, quoted } from '../../../kernel/quoted.ts';
import { tableSchema, toTable } from '../../../kernel/table.ts';
import { firstRows } from '../first-rows.ts';
import { gapsOutput, silentSource } from '../gaps.ts';
import type { ThreadDump, ThreadState } from '../log-reader.ts';
import { applicationInput, flag, optionalText, optionInput, pageOf, pagingInput, textOr } from '../parameters.ts';
import {
  blockages,
  deadlocks,
  framesOf,
  groupThreads,
  ownFrame,
  type ThreadGroup,
  taskThreads,
} from '../queries/threads.ts';
import { defineSparkTool, loadApplication, type Unreadable } from '../spark-history.ts';

const STATES = ['BLOCKED', 'RUNNABLE', 'WAITING', 'TIMED_WAITING', 'NEW', 'TERMINATED'] as const;
const TASK_COLUMNS = ['thread_id', 'task_id', 'stage', 'task', 'state', 'at', 'within'] as const;
const GROUP_COLUMNS = ['threads', 'state', 'idle', 'names', 'waits_for', 'stack'] as const;
const SHOWN_TASKS = 20;
const SHOWN_BLOCKAGES = 5;
const SHOWN_WAITING = 10;
/** Frames and names of a group; characters of a stack. */
const SHOWN_FRAMES = 8;
const SHOWN_NAMES = 3;
const STACK_CHARS = 900;
const GROUPS_A_PAGE = 8;

type Input = z.output<typeof input>;

const input = z.object({
  ...applicationInput,
  executor_id: textOr('driver'),
  state: optionInput(STATES),
  name: optionalText().describe('Part of a thread name'),
  blocked_only: flag(false),
  ...pagingInput,
  length: pagingInput.length.prefault(GROUPS_A_PAGE),
});

export const getExecutorThreadDump = defineSparkTool({
  name: 'get_executor_thread_dump',
  title: 'Get the thread dump of a Spark executor',
  description:
    'What the threads of a running driver or executor do now: deadlocks, who blocks whom, task threads, equal stacks grouped. Needs a live_ui source.',
  risk: 'read',
  toolsets: ['spark-history', 'spark-history-compact'],
  input,
  output: z.object({
    server: z.string(),
    executor_id: z.string(),
    thread_count: z.number(),
    states: z.record(z.string(), z.number()),
    deadlocks: z.array(quoted()),
    blocked: z.array(
      z.object({
        holder: quoted(),
        waiting_threads: z.number(),
        waiting: z.array(quoted()),
        holder_stack: quoted(),
      }),
    ),
    task_threads: tableSchema(TASK_COLUMNS),
    groups: tableSchema(GROUP_COLUMNS),
    gaps: gapsOutput,
  }),
  handler: async (asked, context) => {
    const { server, dump, unreachable } = await readDump(asked, context);
    const groups = groupThreads(dump.filter((thread) => isWanted(thread, asked)));
    const held = blockages(dump);
    return {
      server,
      executor_id: label(asked.executor_id),
      thread_count: dump.length,
      states: countStates(dump),
      deadlocks: deadlocks(dump).map((circle) =>
        quoteLog([...circle, circle[0] as ThreadState].map(nameOf).join(' waits for '), STACK_CHARS),
      ),
      blocked: held.slice(0, SHOWN_BLOCKAGES).map(({ holder, waiting }) => ({
        holder: quoteLog(`${nameOf(holder)} is ${holder.state}`),
        waiting_threads: waiting.length,
        waiting: waiting
          .slice(0, SHOWN_WAITING)
          .map(({ thread }) => quoteLog(`${nameOf(thread)} waits for ${thread.waitsForLock ?? 'it'}`)),
        holder_stack: quoteLog(framesOf(holder).slice(0, SHOWN_FRAMES).join('\n'), STACK_CHARS),
      })),
      task_threads: firstRows(taskThreads(dump), SHOWN_TASKS, TASK_COLUMNS, ({ thread, taskId, stage, task }) => {
        const frames = framesOf(thread);
        return {
          thread_id: thread.id,
          task_id: taskId,
          stage,
          task,
          state: label(thread.state),
          at: frames[0] === undefined ? null : labelLog(frames[0]),
          within: labelOrNull(ownFrame(frames)),
        };
      }),
      groups: toTable(groups, pageOf(asked), GROUP_COLUMNS, groupCells),
      gaps: [
        ...unreachable.map(silentSource),
        ...(held.length > SHOWN_BLOCKAGES
          ? [`Only the first ${SHOWN_BLOCKAGES} of ${held.length} blocking threads are shown.`]
          : []),
      ],
    };
  },
});

/** Errors: `failed_precondition` when the application's sources have only logs; those of the source. */
async function readDump(
  { app_id: appId, server, app_attempt_id: attemptId, executor_id: executorId }: Input,
  context: Parameters<typeof loadApplication>[1],
): Promise<{ server: string; dump: ThreadDump; unreachable: readonly Unreadable[] }> {
  const { signal, spark } = context;
  const { logs, unreachable } = await spark.logsOf(appId, { server, signal });
  const ofAttempt = logs.filter(({ entry }) => attemptId === undefined || entry.attemptId === attemptId);
  const live = ofAttempt.filter(({ readThreads }) => readThreads !== null);
  // One that is still running, where several sources have it.
  const chosen = live.find(({ entry }) => entry.status === 'RUNNING') ?? live[0];
  if (chosen === undefined) {
    // Says what is wrong with the id, the attempt or the source, when that is it.
    if (ofAttempt.length === 0) await loadApplication({ app_id: appId, server, app_attempt_id: attemptId }, context);
    throw onlyLogs(appId, unreachable);
  }
  const dump = await (chosen.readThreads as NonNullable<typeof chosen.readThreads>)(executorId, signal);
  return { server: chosen.entry.server, dump, unreachable };
}

function onlyLogs(appId: string, unreachable: readonly Unreadable[]): HeadgateError {
  const silent = unreachable.map((one) => ` ${silentSource(one)}`).join('');
  return new HeadgateError(
    'failed_precondition',
    `No source that answers has application ${label(appId)} running: logs hold no threads.${silent}`,
    {
      hint: 'While it runs, configure its UI as a source: live_ui: {url: http://DRIVER:4040}. Of an ended one there is no dump.',
    },
  );
}

function isWanted(thread: ThreadState, { state, name, blocked_only: blockedOnly }: Input): boolean {
  if (blockedOnly && thread.state !== 'BLOCKED' && thread.waitsForThread === null) return false;
  if (state !== undefined && thread.state !== state) return false;
  return name === undefined || thread.name.toLowerCase().includes(name.toLowerCase());
}

const nameOf = ({ id, name }: ThreadState): string => `${name} (${id})`;

const labelOrNull = (text: string | null): string | null => (text === null ? null : labelLog(text));

function countStates(dump: ThreadDump): Record<string, number> {
  const counts = Map.groupBy(dump, ({ state }) => label(state));
  return Object.fromEntries([...counts].map(([state, threads]) => [state, threads.length]));
}

function groupCells({ threads, state, idle, frames }: ThreadGroup) {
  const names = threads.slice(0, SHOWN_NAMES).map(nameOf).join(', ');
  const waitsFor = threads[0]?.waitsForLock ?? null;
  const more = frames.length > SHOWN_FRAMES ? `\n… ${frames.length - SHOWN_FRAMES} more frames` : '';
  const shown = idle ? frames.slice(0, 2) : frames.slice(0, SHOWN_FRAMES);
  return {
    threads: threads.length,
    state: label(state),
    idle,
    names: quoteLog(threads.length > SHOWN_NAMES ? `${names}, …` : names),
    waits_for: idle ? null : labelOrNull(waitsFor),
    stack: quoteLog(`${shown.join('\n')}${idle ? '' : more}`, STACK_CHARS),
  };
}
