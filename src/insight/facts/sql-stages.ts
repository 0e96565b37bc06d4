import type { Stage, TaskColumn } from '../../eventlog/index.ts';
import type { Run } from './run.ts';
import type { StageFacts } from './stage-facts.ts';

/** The last attempt of a stage that ran, with what its tasks moved. */
export interface RanStage {
  readonly facts: StageFacts;
  readonly recordsRead: number;
  readonly recordsWritten: number;
  readonly bytesWritten: number;
}

interface StageIndex {
  readonly byExecution: ReadonlyMap<number, readonly StageFacts[]>;
  readonly byId: ReadonlyMap<number, Stage>;
  /** Stages that ran, by the RDDs that they compute: a skipped stage has those of the one that it stands for. */
  readonly byRdds: ReadonlyMap<string, number>;
}

const indexes = new WeakMap<Run, StageIndex>();

function indexOf(run: Run): StageIndex {
  const known = indexes.get(run);
  if (known !== undefined) return known;
  const byExecution = new Map<number, StageFacts[]>();
  const byId = new Map<number, Stage>();
  const byRdds = new Map<string, number>();
  for (const stage of run.application.stages) byId.set(stage.stageId, stage);
  for (const [position, facts] of run.stages.entries()) {
    const { stage } = facts;
    // Attempts of a stage follow one another: only the last of them counts.
    if (run.stages[position + 1]?.stage.stageId === stage.stageId) continue;
    if (!byRdds.has(rddKey(stage))) byRdds.set(rddKey(stage), stage.stageId);
    if (stage.sqlExecutionId === null) continue;
    const list = byExecution.get(stage.sqlExecutionId);
    if (list === undefined) byExecution.set(stage.sqlExecutionId, [facts]);
    else list.push(facts);
  }
  const index = { byExecution, byId, byRdds };
  indexes.set(run, index);
  return index;
}

/** The last RDD that a stage computes, and how many: enough to know the stage again. */
function rddKey({ rddIds }: Stage): string {
  let last = -1;
  for (const id of rddIds) last = Math.max(last, id);
  return `${last} ${rddIds.length}`;
}

/** Last attempts of the stages that ran for an execution, in the order of their ids. */
export function stagesOfExecution(run: Run, executionId: number): readonly StageFacts[] {
  return indexOf(run).byExecution.get(executionId) ?? [];
}

/** The same with what their tasks moved. */
export function ranStagesOf(run: Run, executionId: number): RanStage[] {
  return stagesOfExecution(run, executionId).map((facts) => ({
    facts,
    recordsRead: sumOf(run, facts, 'inputRecords'),
    recordsWritten: sumOf(run, facts, 'shuffleWriteRecords'),
    bytesWritten: sumOf(run, facts, 'shuffleWriteBytes'),
  }));
}

/** Ids of the stages that ran what a stage read: a skipped parent stands for the earlier stage that computed the same RDDs. */
export function canonicalParents(run: Run, stage: Stage): ReadonlySet<number> {
  const { byId, byRdds } = indexOf(run);
  return new Set(
    stage.parentIds.map((id) => {
      const parent = byId.get(id);
      return parent === undefined ? id : (byRdds.get(rddKey(parent)) ?? id);
    }),
  );
}

/** Sum of a task column over the successful attempts of a stage. */
export function sumOf(run: Run, facts: StageFacts, column: TaskColumn): number {
  const values = run.application.tasks.columns[column];
  let sum = 0;
  for (let position = 0; position < facts.succeeded.length; position++) {
    sum += values.at(facts.succeeded[position] as number);
  }
  return sum;
}

const shuffleBytes = new WeakMap<StageFacts, number>();

/** Shuffle bytes that a stage read. Summed once. */
export function shuffleBytesRead(run: Run, facts: StageFacts): number {
  const known = shuffleBytes.get(facts);
  if (known !== undefined) return known;
  const bytes = sumOf(run, facts, 'shuffleRemoteBytesRead') + sumOf(run, facts, 'shuffleLocalBytesRead');
  shuffleBytes.set(facts, bytes);
  return bytes;
}

/** Time that tasks of a stage computed, ms; the time they ran where Spark logged no CPU time (before 2.1). */
export function cpuMsOf(run: Run, facts: StageFacts): number {
  const cpu = sumOf(run, facts, 'executorCpuTimeNs') / 1e6;
  const ran = sumOf(run, facts, 'executorRunTimeMs');
  return cpu > 0 ? Math.min(cpu, ran) : ran;
}
