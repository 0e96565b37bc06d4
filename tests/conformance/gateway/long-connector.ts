import { z } from 'zod';
import type { Connector } from '../../../src/kernel/connector.ts';
import { HeadgateError } from '../../../src/kernel/errors.ts';
import { bindTool, defineTool } from '../../../src/kernel/tool.ts';

/** What long tools did, and how a test steers them. */
export interface LongStage {
  /** Runs that began: tool, operation and arguments. */
  readonly runs: Array<{ tool: string; operationId: string | undefined; name: string; subject: string }>;
  /** Names whose run was aborted. */
  readonly aborted: string[];
  /** Payloads that were updated. */
  readonly updated: string[];
  /** Lets every run end. */
  release(): void;
}

interface Dependencies {
  readonly stage: LongStage;
  readonly released: Promise<void>;
}

const output = z.object({ counted: z.string(), rows: z.int() });

async function count(
  tool: string,
  name: string,
  context: Dependencies & {
    signal: AbortSignal;
    operationId?: string;
    caller: { subject: string };
    progress: (progress: { done: number; total: number; message: string }) => void;
  },
) {
  const { stage, released, signal, operationId, progress, caller } = context;
  stage.runs.push({ tool, operationId, name, subject: caller.subject });
  progress({ done: 1, total: 4, message: 'first' });
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  signal.addEventListener('abort', () => {
    stage.aborted.push(name);
    reject(new HeadgateError('cancelled', `The count of ${name} was stopped.`));
  });
  await Promise.race([released, aborted]);
  if (name === 'bad') throw new HeadgateError('aborted', 'A deadlock.', { details: { sql_state: '40P01' } });
  return { counted: name, rows: 7 };
}

const countLong = defineTool<Dependencies>()({
  name: 'count_long',
  title: 'Count for long',
  description: 'Counts until it is released.',
  risk: 'read',
  toolsets: ['test'],
  input: z.object({ name: z.string() }),
  output,
  long: { title: ({ name }) => `count ${name}`, repeatable: false },
  handler: ({ name }, context) => count('count_long', name, context),
  renderText: ({ counted, rows }) => `Counted ${rows} rows of ${counted}.`,
});

const loadLong = defineTool<Dependencies>()({
  name: 'load_long',
  title: 'Load for long',
  description: 'Loads until it is released; may be repeated.',
  risk: 'write',
  toolsets: ['test'],
  input: z.object({ name: z.string() }),
  output,
  long: { title: ({ name }) => `load ${name}`, repeatable: true },
  handler: ({ name }, context) => count('load_long', name, context),
});

const updateRows = defineTool<Dependencies>()({
  name: 'update_rows',
  title: 'Update rows',
  description: 'Updates rows; every one of them needs approval.',
  risk: 'write',
  toolsets: ['test'],
  input: z.object({ table: z.string(), where: z.string().optional(), value: z.int().default(1) }),
  output: z.object({ updated: z.string() }),
  approval: async ({ table, where }) =>
    where === undefined
      ? { summary: `UPDATE changes every row of ${table}`, plan: ['affects 12,431 rows', 'commits'] }
      : null,
  async handler({ table, where, value }, { stage }) {
    stage.updated.push(`${table} ${where ?? 'all'} ${value}`);
    return { updated: table };
  },
});

/** A platform whose tools take as long as a test wants, or need approval. */
export function createLongConnector(): { connector: Connector; stage: LongStage } {
  const released = Promise.withResolvers<void>();
  const stage: LongStage = { runs: [], aborted: [], updated: [], release: released.resolve };
  const dependencies = { stage, released: released.promise };
  const connector: Connector = {
    id: 'long',
    platform: 'test',
    tools: [bindTool(countLong, dependencies), bindTool(loadLong, dependencies), bindTool(updateRows, dependencies)],
    resources: [],
    prompts: [],
    health: async () => [],
    close: async () => {},
  };
  return { connector, stage };
}
