import type { Change } from '../replay/changes.ts';
import { leverOf } from './changes-of.ts';
import type { Asked } from './weigh.ts';

/**
 * Groups that ask for the same changes as one: the surer stands, the other is evidence under it. Shares of the same stage
 * that are cut into more tasks are the same whatever the number, and so are other executors.
 */
export function sameLevers(asked: readonly Asked[]): { readonly kept: readonly Asked[] } {
  const kept = new Map<string, Asked>();
  const ranked = asked
    .map((one, position) => ({ one, position }))
    .sort((a, b) => b.one.group.cause.confidence - a.one.group.cause.confidence || a.position - b.position);
  const places = new Map<string, number>();
  for (const { one, position } of ranked) {
    const key = one.changes === null || one.changes.length === 0 ? `alone ${position}` : keyOf(one.changes);
    const first = kept.get(key);
    if (first === undefined) {
      kept.set(key, one);
      places.set(key, position);
    } else {
      kept.set(key, {
        ...first,
        group: {
          ...first.group,
          folded: [...first.group.folded, { suspicion: one.group.cause, as: 'same' as const }, ...one.group.folded],
        },
      });
    }
  }
  const order = [...kept].sort(([a], [b]) => (places.get(a) ?? 0) - (places.get(b) ?? 0));
  return { kept: order.map(([, one]) => one) };
}

function keyOf(changes: readonly Change[]): string {
  return changes
    .map((change) => partOf(change))
    .sort()
    .join('; ');
}

/** What one change moves and by how much, so that equal changes have equal texts. */
function partOf(change: Change): string {
  if (change.kind === 'save-task-time') {
    return `${change.kind} ${change.rows.length} ${sumOf(change.rows)} ${Math.round(sumOf(change.savedMs))}`;
  }
  if (change.kind === 'drop-attempts') return `${change.kind} ${change.rows.length} ${sumOf(change.rows)}`;
  return leverOf(change) ?? change.kind;
}

function sumOf(values: ArrayLike<number>): number {
  let sum = 0;
  for (let position = 0; position < values.length; position++) sum += values[position] ?? 0;
  return sum;
}
