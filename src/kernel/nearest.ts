/** Names longer than this are compared by their beginnings only: distance is quadratic in length. */
const MAX_COMPARED_CHARS = 80;

/**
 * The candidates that a caller most likely meant, best first: those that contain what was typed, then those with the
 * smallest edit distance of at most half the longer name. Case does not count.
 */
export function nearest(typed: string, candidates: Iterable<string>, max = 5): string[] {
  const wanted = typed.toLowerCase().slice(0, MAX_COMPARED_CHARS);
  return [...new Set(candidates)]
    .map((candidate) => ({ candidate, distance: distanceTo(wanted, candidate.toLowerCase()) }))
    .filter(({ distance }) => Number.isFinite(distance))
    .sort((a, b) => a.distance - b.distance || a.candidate.localeCompare(b.candidate))
    .slice(0, max)
    .map(({ candidate }) => candidate);
}

function distanceTo(wanted: string, candidate: string): number {
  if (wanted !== '' && candidate.includes(wanted)) return 0;
  const compared = candidate.slice(0, MAX_COMPARED_CHARS);
  const distance = editDistance(wanted, compared);
  return distance * 2 <= Math.max(wanted.length, compared.length) ? distance : Number.POSITIVE_INFINITY;
}

/** Levenshtein distance, two rows. */
function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const swap = (previous[column - 1] ?? 0) + (a[row - 1] === b[column - 1] ? 0 : 1);
      current.push(Math.min(swap, (previous[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1));
    }
    previous = current;
  }
  return previous[b.length] ?? 0;
}
