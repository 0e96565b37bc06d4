import { taskMemory } from '../facts/executor-memory.ts';
import type { Run } from '../facts/run.ts';
import type { StageFacts } from '../facts/stage-facts.ts';
import { spillCost } from '../rules/spill-cost.ts';
import { taskSavings } from '../rules/task-savings.ts';
import { type AskedChanges, NO_CHANGES } from './asked-changes.ts';
import type { Change } from './changes.ts';

/**
 * Tasks on executors with another heap. With more, a task that spilled and would have had room no longer does, and collections
 * take less in proportion: the work of a collector falls as the free heap grows. With less, collections take more in
 * proportion; what would spill then cannot be told.
 */
export function memoryChanges(run: Run, heapBytes: number): AskedChanges {
  const current = usualHeap(run);
  if (current === null || !(heapBytes > 0))
    return { changes: [], assumptions: [], gaps: ['The log does not tell the memory of the executors.'] };
  const factor = heapBytes / current;
  if (factor === 1) return NO_CHANGES;
  return factor > 1 ? moreMemory(run, factor) : lessMemory(run, factor);
}

function usualHeap(run: Run): number | null {
  const heaps = taskMemory(run)
    .map((memory) => memory.heapBytes)
    .sort((a, b) => a - b);
  return heaps[heaps.length >> 1] ?? null;
}

function moreMemory(run: Run, factor: number): AskedChanges {
  return {
    changes: run.stages.flatMap((facts) => savedByMemory(run, facts, factor)),
    assumptions: [
      'With more memory a task no longer spills when its peak and what it spilled have room together; garbage collection takes less in proportion to the heap.',
    ],
    gaps: [],
  };
}

function savedByMemory(run: Run, facts: StageFacts, factor: number): readonly Change[] {
  const { tasks } = run.application;
  const spill = spillByRow(run, facts);
  return taskSavings(facts.rows, (row) => {
    const ofSpill = fits(run, row, factor) ? (spill.get(row) ?? 0) : 0;
    const ofGc = tasks.hasMetrics(row) ? Math.max(0, tasks.columns.jvmGcTimeMs.at(row)) * (1 - 1 / factor) : 0;
    return Math.min(tasks.durationMs(row), ofSpill + ofGc);
  }).changes;
}

function spillByRow(run: Run, facts: StageFacts): ReadonlyMap<number, number> {
  const spill = new Map<number, number>();
  for (const change of spillCost(run, facts).changes) {
    if (change.kind !== 'save-task-time') continue;
    for (let at = 0; at < change.rows.length; at++) spill.set(change.rows[at] as number, change.savedMs[at] ?? 0);
  }
  return spill;
}

/** Whether what a task held and what it spilled have room in so many times the memory that it held. */
function fits({ application: { tasks } }: Run, row: number, factor: number): boolean {
  const held = tasks.columns.peakExecutionMemoryBytes.at(row);
  const spilled = tasks.columns.memorySpilledBytes.at(row);
  return held > 0 && held + spilled <= held * factor;
}

function lessMemory(run: Run, factor: number): AskedChanges {
  const { tasks } = run.application;
  const changes: Change[] = [];
  for (const facts of run.stages) {
    let gcMs = 0;
    for (const row of facts.rows)
      if (tasks.hasMetrics(row))
        gcMs += Math.min(tasks.durationMs(row), Math.max(0, tasks.columns.jvmGcTimeMs.at(row)));
    if (gcMs <= 0 || facts.taskMs <= 0) continue;
    const longer = 1 + (gcMs / facts.taskMs) * (1 / factor - 1);
    changes.push({ kind: 'scale-tasks', stageRow: facts.stage.row, factor: longer });
  }
  return {
    changes,
    assumptions: ['With less memory garbage collection takes more in proportion to the heap.'],
    gaps: ['Whether tasks would spill or fail with less memory cannot be told from the log.'],
  };
}
