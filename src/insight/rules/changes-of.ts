import type { Change, ChangeKind } from '../replay/changes.ts';
import type { Replay } from '../replay/prediction.ts';
import type { Suspicion } from './rule.ts';

/**
 * The order in which changes of several suspicions are applied: first what is not done at all, then time that single attempts
 * save, then how the rest of a stage is cut and spread, then the driver, then the executors. A stage is spread evenly after
 * its spill is gone, not before: the replay applies changes in the order of the list.
 */
const ORDER: Readonly<Record<ChangeKind, number>> = {
  'drop-stage': 0,
  'drop-attempts': 1,
  'save-task-time': 2,
  'scale-tasks': 3,
  repartition: 4,
  'even-out': 5,
  'save-driver-time': 6,
  executors: 7,
};

/** The changes of several suspicions as those of one; absent where none has any. They are found when they are asked for. */
export function allChanges(parts: ReadonlyArray<Suspicion['changes'] | undefined>): Suspicion['changes'] {
  const given = parts.filter((part) => part !== undefined);
  if (given.length === 0) return undefined;
  if (given.length === 1) return given[0];
  if (given.every((part) => typeof part !== 'function')) return given.flat();
  return (replay) => given.flatMap((part) => changesOf(part, replay));
}

/** The changes themselves. */
export function changesOf(changes: NonNullable<Suspicion['changes']>, replay: Replay): readonly Change[] {
  return typeof changes === 'function' ? changes(replay) : changes;
}

/**
 * Changes in the order in which they are applied, each once: whatever several suspicions say of the same stage or of the
 * executors in the same kind counts as one lever, the first given. Savings of the same attempt do not add up: each takes its
 * share of what the others leave. Changes of a stage that does not run are left out. `durationMs` is of a task row.
 */
export function applicable(changes: readonly Change[], durationMs: (row: number) => number): Change[] {
  const ordered = changes
    .map((change, position) => ({ change, position }))
    .sort((a, b) => ORDER[a.change.kind] - ORDER[b.change.kind] || a.position - b.position)
    .map(({ change }) => change);
  const dropped = new Set(ordered.flatMap((change) => (change.kind === 'drop-stage' ? [change.stageRow] : [])));
  const seen = new Set<string>();
  const savings: TaskSaving[] = [];
  const kept: Change[] = [];
  for (const change of ordered) {
    const lever = leverOf(change);
    if (lever !== null && seen.has(lever)) continue;
    if (lever !== null) seen.add(lever);
    if (change.kind !== 'drop-stage' && 'stageRow' in change && dropped.has(change.stageRow)) continue;
    if (change.kind === 'save-task-time') savings.push(change);
    kept.push(change);
  }
  if (savings.length < 2) return kept;
  const first = kept.findIndex((change) => change.kind === 'save-task-time');
  const others = kept.filter((change) => change.kind !== 'save-task-time');
  return [...others.slice(0, first), compose(savings, durationMs), ...others.slice(first)];
}

/** What a change moves, as a key: two changes with the same key are not done twice. Null where the parts can add up. */
export function leverOf(change: Change): string | null {
  if ('stageRow' in change) return `${change.kind} ${change.stageRow}`;
  if (change.kind === 'executors') return change.kind;
  if (change.kind === 'save-driver-time') return `${change.kind} ${change.from} ${change.to}`;
  return null;
}

type TaskSaving = Extract<Change, { readonly kind: 'save-task-time' }>;

/** One saving of several: each takes of an attempt the part that it would save alone of what the others leave. */
function compose(savings: readonly TaskSaving[], durationMs: (row: number) => number): TaskSaving {
  const left = new Map<number, number>();
  for (const saving of savings.filter((one, index) => savings.findIndex((other) => isSame(one, other)) === index)) {
    for (let position = 0; position < saving.rows.length; position++) {
      const row = saving.rows[position] ?? 0;
      const duration = durationMs(row);
      if (!(duration > 0)) continue;
      const before = left.get(row) ?? duration;
      const saved = Math.min(duration, Math.max(0, saving.savedMs[position] ?? 0));
      left.set(row, before - saved * (before / duration));
    }
  }
  const rows = [...left.keys()];
  return { kind: 'save-task-time', rows, savedMs: rows.map((row) => durationMs(row) - (left.get(row) ?? 0)) };
}

/** True for two savings of the same time of the same attempts. */
export function isSame(a: TaskSaving, b: TaskSaving): boolean {
  if (a === b) return true;
  if (a.rows.length !== b.rows.length) return false;
  for (let position = 0; position < a.rows.length; position++) {
    if (a.rows[position] !== b.rows[position] || a.savedMs[position] !== b.savedMs[position]) return false;
  }
  return true;
}
