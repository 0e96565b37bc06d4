import type { Application } from '../../eventlog/index.ts';
import { HeadgateError } from '../../kernel/errors.ts';
import { quote } from '../../kernel/quote.ts';
import { formatCount } from '../../kernel/units.ts';
import type { Money } from '../cost/cost.ts';
import { findPrices, PRICE_TABLES, type PriceTable } from '../cost/prices.ts';
import { isLocalMode } from '../facts/capacity.ts';
import { describeRun, type Run } from '../facts/run.ts';
import { parseSize } from '../facts/settings.ts';
import type { StageFacts } from '../facts/stage-facts.ts';
import { fixedTaskMs } from '../facts/task-overhead.ts';
import { missedBroadcast } from '../rules/missed-broadcast.ts';
import { type AskedChanges, NO_CHANGES } from './asked-changes.ts';
import type { Change } from './changes.ts';
import { memoryChanges } from './memory-change.ts';
import { moneyOfPrediction, moneyOfRun } from './predicted-money.ts';
import type { Prediction, Replay } from './prediction.ts';
import { createReplay } from './replay.ts';
import { spotChanges } from './spot-change.ts';

/** What a user asks to be different. What is left out stays as it was. */
export interface WhatIf {
  readonly executors?: number;
  readonly executorCores?: number;
  /** Heap of an executor as Spark writes it: `8g`, `512m`; a number without a unit is MiB. */
  readonly executorMemory?: string;
  /** Tasks of the stages that read a shuffle. */
  readonly shufflePartitions?: number;
  /** The work of each stage is spread evenly over its tasks. */
  readonly noSkew?: boolean;
  /** Ids of the stages that `shufflePartitions` and `noSkew` are about; all when left out. */
  readonly stageIds?: readonly number[];
  /** Ids of SQL executions whose shuffled joins broadcast their smaller side. */
  readonly broadcastSqlIds?: readonly number[];
  /** Times an hour that each executor is taken away, as spot and preemptible machines are. */
  readonly interruptionsPerHour?: number;
  /** Id of a price table. */
  readonly prices?: string;
}

/** A counterfactual run beside the one that was. Money is null without prices. */
export interface WhatIfAnswer {
  readonly observed: Replay['observed'] & { readonly money: Money | null };
  readonly asRun: Prediction;
  readonly errorRatio: number | null;
  readonly predicted: Prediction & { readonly money: Money | null };
  readonly assumptions: readonly string[];
  /** What was asked for and cannot be told from this log. */
  readonly gaps: readonly string[];
}

/**
 * Answers a question by one replay with everything that was asked for.
 *
 * Errors: `invalid_argument` for counts below 1 or above what a cluster can have, a rate below 0, memory that cannot be read or
 * that Spark would not start with, stages named for nothing, and prices that there are none of.
 */
export function whatIf(application: Application, asked: WhatIf): WhatIfAnswer {
  refuseImpossible(asked);
  const prices = asked.prices === undefined ? null : pricesNamed(asked.prices);
  const run = describeRun(application);
  const replay = createReplay(run);
  const { changes, assumptions, gaps } = askedChanges(run, asked);
  const predicted = replay.predict(changes);
  const executors = changes.findLast((change) => change.kind === 'executors') ?? null;
  const shape = { executors, memoryBytes: heapAsked(asked) };
  return {
    observed: { ...replay.observed, money: moneyOfRun(run, prices) },
    asRun: replay.asRun,
    errorRatio: replay.errorRatio,
    predicted: { ...predicted, money: moneyOfPrediction(run, predicted, shape, prices) },
    assumptions: [...assumptions, ...predicted.assumptions],
    gaps: asksForExecutors(asked) && isLocalMode(application) ? [...gaps, LOCAL_MODE] : gaps,
  };
}

/** What is to be known of executors of a run that had none. */
const LOCAL_MODE =
  'The run was in local mode: its tasks ran in the driver, where executors cannot be asked for. The answer is for a cluster of that size.';

const asksForExecutors = ({ executors, executorCores, executorMemory }: WhatIf): boolean =>
  executors !== undefined || executorCores !== undefined || executorMemory !== undefined;

/** Most executors, cores of one, and tasks of a stage that a question may ask for: more is a slip of the pen. */
const LIMITS = { executors: 10_000, executorCores: 1024, shufflePartitions: 1_000_000 } as const;

function refuseImpossible(asked: WhatIf): void {
  for (const [name, most] of Object.entries(LIMITS) as Array<[keyof typeof LIMITS, number]>) {
    const value = asked[name];
    if (value === undefined || (Number.isInteger(value) && value >= 1 && value <= most)) continue;
    throw new HeadgateError('invalid_argument', `${WORDS[name]} cannot be ${value}.`, {
      hint: `Ask for 1 to ${formatCount(most)}.`,
    });
  }
  const rate = asked.interruptionsPerHour ?? 0;
  if (!(rate >= 0 && rate <= MAX_INTERRUPTIONS)) {
    throw new HeadgateError('invalid_argument', `An executor cannot be interrupted ${rate} times an hour.`, {
      hint: `Ask for 0 to ${MAX_INTERRUPTIONS}; 0.05 is once in 20 hours.`,
    });
  }
  refuseImpossibleMemory(asked);
  if (asked.stageIds !== undefined && asked.shufflePartitions === undefined && asked.noSkew !== true) {
    throw new HeadgateError('invalid_argument', 'Stages are named, and nothing that should be different in them.', {
      hint: 'Ask for shuffle partitions or no skew with them.',
    });
  }
}

function refuseImpossibleMemory(asked: WhatIf): void {
  if (asked.executorMemory === undefined) return;
  const bytes = heapAsked(asked) ?? 0;
  if (!(bytes > 0)) {
    throw new HeadgateError('invalid_argument', `The executor memory ${quote(asked.executorMemory)} cannot be read.`, {
      hint: 'Write it as Spark does: 8g, 512m.',
    });
  }
  if (bytes >= LEAST_HEAP_BYTES && bytes <= MOST_HEAP_BYTES) return;
  throw new HeadgateError('invalid_argument', `No executor can have a heap of ${quote(asked.executorMemory)}.`, {
    hint: 'Ask for 450m to 16t; a number without a unit is MiB.',
  });
}

const WORDS = {
  executors: 'The number of executors',
  executorCores: 'The cores of an executor',
  shufflePartitions: 'The number of shuffle partitions',
};

/** Interruptions an hour beyond which no executor would get any work done. */
const MAX_INTERRUPTIONS = 60;

const MIB = 1024 ** 2;

/** Heap below which Spark does not start. Source: UnifiedMemoryManager, 1.5 times the 300 MiB that it reserves. */
const LEAST_HEAP_BYTES = 450 * MIB;
/** More than any machine has. */
const MOST_HEAP_BYTES = 16 * 1024 ** 2 * MIB;

const heapAsked = ({ executorMemory }: WhatIf): number | null => parseSize(executorMemory ?? null, MIB);

function pricesNamed(id: string): PriceTable {
  const prices = findPrices(id);
  if (prices !== null) return prices;
  throw new HeadgateError('invalid_argument', `There are no prices ${quote(id)}.`, {
    hint: `There are: ${PRICE_TABLES.map((table) => table.id).join(', ')}.`,
  });
}

/** The changes of a question, in the order in which they are applied: work that is gone, tasks that change, executors. */
export function askedChanges(run: Run, asked: WhatIf): AskedChanges {
  const stages = stagesAsked(run, asked.stageIds);
  const unknown = (asked.stageIds ?? []).filter((id) => !run.stages.some(({ stage }) => stage.stageId === id));
  const parts: AskedChanges[] = [
    { changes: [], assumptions: [], gaps: unknown.map((id) => `Stage ${id} did not run.`) },
    broadcastChanges(run, asked.broadcastSqlIds ?? []),
    memoryPart(run, heapAsked(asked)),
    partitionChanges(run, stages, asked.shufflePartitions),
    { changes: asked.noSkew === true ? stages.map(evenOut) : [], assumptions: [], gaps: [] },
    executorChanges(run, asked),
    spotChanges(run, asked.interruptionsPerHour ?? 0),
  ];
  return {
    changes: parts.flatMap((part) => part.changes),
    assumptions: parts.flatMap((part) => part.assumptions),
    gaps: parts.flatMap((part) => part.gaps),
  };
}

const evenOut = ({ stage }: StageFacts): Change => ({ kind: 'even-out', stageRow: stage.row });

function stagesAsked(run: Run, ids: readonly number[] | undefined): readonly StageFacts[] {
  return ids === undefined ? run.stages : run.stages.filter(({ stage }) => ids.includes(stage.stageId));
}

/** A join that shuffled both sides stops doing so, by what the rule for missed broadcasts knows of it, whatever the sides' sizes. */
function broadcastChanges(run: Run, sqlIds: readonly number[]): AskedChanges {
  if (sqlIds.length === 0) return NO_CHANGES;
  const { max_bytes, max_bytes_beside_large } = missedBroadcast.thresholds;
  const suspicions = missedBroadcast.evaluate(run, {
    max_bytes: max_bytes?.max ?? 0,
    max_bytes_beside_large: max_bytes_beside_large?.max ?? 0,
    min_ratio: 1,
  });
  const all = suspicions.flatMap(({ changes }) => (Array.isArray(changes) ? (changes as readonly Change[]) : []));
  const found = sqlIds.map((id) => ({ id, changes: all.flatMap((change) => onlyOf(run, id, change)) }));
  return {
    changes: found.flatMap(({ changes }) => changes),
    assumptions: ['The smaller side of a join fits into the memory of the driver and of each executor.'],
    gaps: found
      .filter(({ changes }) => changes.length === 0)
      .map(
        ({ id }) => `SQL execution ${id} has no join whose shuffled sides the log tells: nothing is changed for it.`,
      ),
  };
}

/** The part of a change of task times that is of one SQL execution's stages. */
function onlyOf(run: Run, sqlId: number, change: Change): Change[] {
  if (change.kind !== 'save-task-time') return [];
  const { stages, tasks } = run.application;
  const rows: number[] = [];
  const savedMs: number[] = [];
  for (let at = 0; at < change.rows.length; at++) {
    const row = change.rows[at] as number;
    if (stages[tasks.columns.stageRow.at(row)]?.sqlExecutionId !== sqlId) continue;
    rows.push(row);
    savedMs.push(change.savedMs[at] ?? 0);
  }
  return rows.length === 0 ? [] : [{ kind: 'save-task-time', rows, savedMs }];
}

function memoryPart(run: Run, bytes: number | null): AskedChanges {
  return bytes === null ? NO_CHANGES : memoryChanges(run, bytes);
}

/** Stages that read a shuffle, each with its fixed part of a task. */
function partitionChanges(run: Run, stages: readonly StageFacts[], count: number | undefined): AskedChanges {
  if (count === undefined) return NO_CHANGES;
  const { tasks } = run.application;
  const reads = ({ rows }: StageFacts): boolean => rows.some((row) => tasks.shuffleReadBytes(row) > 0);
  const cut = stages.filter((facts) => reads(facts) && facts.succeeded.length > 0);
  return {
    changes: cut.map((facts) => ({
      kind: 'repartition',
      stageRow: facts.stage.row,
      taskCount: count,
      overheadMs: fixedTaskMs(run, facts, (row) => tasks.shuffleReadBytes(row)),
    })),
    assumptions: [],
    gaps: cut.length > 0 ? [] : ['No stage that was asked for reads a shuffle: its partitions cannot change.'],
  };
}

function executorChanges(run: Run, { executors, executorCores }: WhatIf): AskedChanges {
  if (executors === undefined && executorCores === undefined) return NO_CHANGES;
  const shape = shapeOf(run);
  const coresEach = executorCores ?? shape?.coresEach;
  const count = executors ?? shape?.count;
  if (coresEach === undefined || count === undefined) {
    const missing = 'The log does not tell the cores of the executors: ask for executors and their cores together.';
    return { changes: [], assumptions: [], gaps: [missing] };
  }
  return { changes: [{ kind: 'executors', count, coresEach }], assumptions: [], gaps: [] };
}

/** Cores of most executors, and how many of that size had the most cores that were there at one time. */
function shapeOf(run: Run): { readonly count: number; readonly coresEach: number } | null {
  const counts = new Map<number, number>();
  for (const { cores } of run.workers) counts.set(cores, (counts.get(cores) ?? 0) + 1);
  const [usual] = [...counts].sort((a, b) => b[1] - a[1] || b[0] - a[0]);
  return usual === undefined ? null : { coresEach: usual[0], count: Math.max(1, Math.round(run.peakCores / usual[0])) };
}
