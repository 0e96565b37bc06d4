import type { Operator } from './operators.ts';
import { withoutDigits } from './without-digits.ts';

/** Operators of two plans side by side; one side is null where the other plan has no such operator. */
export interface OperatorPair {
  readonly left: Operator | null;
  readonly right: Operator | null;
}

/** Largest product of plan sizes that is aligned exactly; beyond it operators are matched by their subject alone. */
const MAX_ALIGNED_CELLS = 4_000_000;

const SAME = 4;
const SAME_SUBJECT = 3;
const SAME_NAME = 1;

/** How alike two operators are: 0 not at all. Kinds must agree; a join with the same keys is the same join whatever its strategy. */
function likeness(a: Operator, b: Operator): number {
  if (a.kind !== b.kind) return 0;
  if (a.kind === 'other' && a.name !== b.name) return 0;
  if (a.subject === b.subject) return a.name === b.name ? SAME : SAME_SUBJECT;
  if (a.name !== b.name) return 0;
  return a.kind !== 'scan' || sameRelation(a, b) ? SAME_NAME : 0;
}

/** Scans of folders that differ only in digits (a date, a run number), or that read the same columns, are the same scan. */
function sameRelation(a: Operator, b: Operator): boolean {
  if (withoutDigits(a.subject) === withoutDigits(b.subject)) return true;
  const columns = a.node.metadata.ReadSchema;
  return columns !== undefined && columns !== 'struct<>' && columns === b.node.metadata.ReadSchema;
}

/**
 * Pairs the operators of two plans: first the alignment of both depth-first orders that keeps most likeness, then what is left
 * by kind and subject, so that a moved operator is not one removed and one added. Every operator is in exactly one pair.
 * Cost: product of the sizes, up to a limit.
 */
export function matchOperators(left: readonly Operator[], right: readonly Operator[]): OperatorPair[] {
  const pairs: OperatorPair[] = left.length * right.length <= MAX_ALIGNED_CELLS ? align(left, right) : [];
  const usedLeft = new Set(pairs.map((pair) => pair.left));
  const usedRight = new Set(pairs.map((pair) => pair.right));
  pairs.push(
    ...matchMoved(
      left.filter((operator) => !usedLeft.has(operator)),
      right.filter((operator) => !usedRight.has(operator)),
    ),
  );
  return pairs.sort((a, b) => (a.left?.nodeId ?? a.right?.nodeId ?? 0) - (b.left?.nodeId ?? b.right?.nodeId ?? 0));
}

/** Longest common subsequence, weighted by likeness. */
function align(left: readonly Operator[], right: readonly Operator[]): OperatorPair[] {
  const width = right.length + 1;
  const best = new Float64Array((left.length + 1) * width);
  for (let i = left.length - 1; i >= 0; i--) {
    for (let j = right.length - 1; j >= 0; j--) {
      const both = pairScore(left[i], right[j]);
      const matched = both > 0 ? both + (best[(i + 1) * width + j + 1] ?? 0) : 0;
      best[i * width + j] = Math.max(matched, best[(i + 1) * width + j] ?? 0, best[i * width + j + 1] ?? 0);
    }
  }
  return trace(left, right, best, width);
}

function pairScore(a: Operator | undefined, b: Operator | undefined): number {
  return a === undefined || b === undefined ? 0 : likeness(a, b);
}

function trace(
  left: readonly Operator[],
  right: readonly Operator[],
  best: Float64Array,
  width: number,
): OperatorPair[] {
  const pairs: OperatorPair[] = [];
  let i = 0;
  let j = 0;
  for (let a = left[0], b = right[0]; a !== undefined && b !== undefined; a = left[i], b = right[j]) {
    const score = likeness(a, b);
    const here = best[i * width + j] ?? 0;
    if (score > 0 && here === score + (best[(i + 1) * width + j + 1] ?? 0)) {
      pairs.push({ left: a, right: b });
      i++;
      j++;
    } else if (here === (best[(i + 1) * width + j] ?? 0)) i++;
    else j++;
  }
  return pairs;
}

/** What the alignment left over: same kind and subject are a pair wherever they stand. */
function matchMoved(left: readonly Operator[], right: readonly Operator[]): OperatorPair[] {
  const waiting = new Map<string, Operator[]>();
  for (const operator of right) {
    const key = keyOf(operator);
    const queue = waiting.get(key);
    if (queue === undefined) waiting.set(key, [operator]);
    else queue.push(operator);
  }
  const pairs = left.map((operator) => ({ left: operator, right: waiting.get(keyOf(operator))?.shift() ?? null }));
  const rest = [...waiting.values()].flat().map((operator) => ({ left: null, right: operator }));
  return [...pairs, ...rest];
}

function keyOf(operator: Operator): string {
  return `${operator.kind}\u0000${operator.kind === 'other' ? operator.name : ''}\u0000${operator.subject}`;
}
