import { onlyRemoves, type StageChange } from './changed-work.ts';
import type { Change } from './changes.ts';
import type { Recording } from './recording.ts';
import type { StageWork } from './stage-work.ts';

/** Changes by what they touch. */
export interface SortedChanges {
  /** By stage row, in the order they are applied, each with whether it can only take work away. */
  readonly byStage: ReadonlyMap<number, ReadonlyArray<{ readonly change: StageChange; readonly removes: boolean }>>;
  /** Groups of jobs that a change of a stage touches. */
  readonly groups: ReadonlySet<number>;
  readonly driver: ReadonlyArray<Extract<Change, { kind: 'save-driver-time' }>>;
  /** The last that was asked for. */
  readonly executors: Extract<Change, { kind: 'executors' }> | null;
}

/** Sorts changes; those of stages that the log does not place in time are left out. */
export function sortChanges(changes: readonly Change[], recording: Recording): SortedChanges {
  const byStage = new Map<number, Array<{ change: StageChange; removes: boolean }>>();
  const groups = new Set<number>();
  const driver: Array<Extract<Change, { kind: 'save-driver-time' }>> = [];
  let executors: SortedChanges['executors'] = null;
  for (const change of changes) {
    if (change.kind === 'executors') executors = change;
    else if (change.kind === 'save-driver-time') driver.push(change);
    else {
      const removes = onlyRemoves(change);
      for (const [stageRow, ofStage] of ofStages(change, recording)) {
        const place = recording.placeOfStage.get(stageRow);
        if (place === undefined) continue;
        groups.add(place.group);
        const list = byStage.get(stageRow) ?? [];
        list.push({ change: ofStage, removes });
        byStage.set(stageRow, list);
      }
    }
  }
  return { byStage, groups, driver, executors };
}

type StageBound = Exclude<Change, { kind: 'executors' } | { kind: 'save-driver-time' }>;

function ofStages(change: StageBound, recording: Recording): Array<readonly [stageRow: number, change: StageChange]> {
  switch (change.kind) {
    case 'drop-stage':
      return [[change.stageRow, { kind: 'drop-stage' }]];
    case 'scale-tasks':
      return [[change.stageRow, { kind: 'scale', factor: change.factor }]];
    case 'even-out':
      return [[change.stageRow, { kind: 'even-out' }]];
    case 'repartition':
      return [[change.stageRow, { kind: 'repartition', taskCount: change.taskCount, overheadMs: change.overheadMs }]];
    case 'drop-attempts':
      return [...positionsByStage(change.rows, null, recording)].map(([row, { positions }]) => [
        row,
        { kind: 'drop-attempts', positions },
      ]);
    case 'save-task-time':
      return [...positionsByStage(change.rows, change.savedMs, recording)].map(([row, { positions, savedMs }]) => [
        row,
        { kind: 'save', positions, savedMs },
      ]);
  }
}

function positionsByStage(
  rows: ArrayLike<number>,
  saved: ArrayLike<number> | null,
  recording: Recording,
): Map<number, { positions: number[]; savedMs: number[] }> {
  const { stageRow } = recording.run.application.tasks.columns;
  const found = new Map<number, { positions: number[]; savedMs: number[] }>();
  for (let at = 0; at < rows.length; at++) {
    const row = rows[at] as number;
    const position = recording.positionOfRow[row] ?? -1;
    if (position < 0) continue;
    const stage = stageRow.at(row);
    let entry = found.get(stage);
    if (entry === undefined) {
      entry = { positions: [], savedMs: [] };
      found.set(stage, entry);
    }
    entry.positions.push(position);
    entry.savedMs.push(saved?.[at] ?? 0);
  }
  return found;
}

/** Recorded work of a stage attempt; null where the log does not place it in time. */
export function workOf(recording: Recording, stageRow: number): StageWork | null {
  const place = recording.placeOfStage.get(stageRow);
  return place === undefined ? null : (recording.groups[place.group]?.steps[place.step]?.work ?? null);
}
