/** What a run is to the mathematics of a history. */
export interface Observation {
  /** What tells runs apart: two with the same id are one. */
  readonly id: string;
  /** Start, epoch ms. */
  readonly at: number;
  /** Wall time, ms, above 0. */
  readonly durationMs: number;
  /** Bytes that it read; null when its log does not tell. */
  readonly volumeBytes: number | null;
}

/** Most runs that are looked at, the latest: beyond it, older runs say little about the next and cost time. */
export const MOST_RUNS = 400;

/**
 * Runs in the order of their starts, each once, the latest 400: what everything here is computed of. The order of arrival
 * does not matter; of runs with the same id the last one counts. What has no time above 0 is left out.
 */
export function inOrder<T extends Observation>(runs: readonly T[]): T[] {
  const known = new Map<string, T>();
  for (const run of runs) if (isSound(run)) known.set(run.id, run);
  return [...known.values()].sort((a, b) => a.at - b.at || (a.id < b.id ? -1 : 1)).slice(-MOST_RUNS);
}

function isSound({ at, durationMs }: Observation): boolean {
  return Number.isFinite(at) && Number.isFinite(durationMs) && durationMs > 0;
}

/** Share of runs whose volume must be known before volumes explain durations. */
const KNOWN_VOLUMES = 0.9;

/**
 * Logarithms of the volumes, centred, unknown ones in the middle; null when too few are known or all are the same: then
 * durations are not adjusted.
 */
export function volumesOf(runs: readonly Observation[]): Float64Array | null {
  const known = runs.flatMap(({ volumeBytes }) => (hasVolume(volumeBytes) ? Math.log(volumeBytes) : []));
  if (known.length === 0 || known.length < KNOWN_VOLUMES * runs.length) return null;
  const middle = known.reduce((sum, value) => sum + value, 0) / known.length;
  if (known.every((value) => Math.abs(value - middle) < 1e-9)) return null;
  return Float64Array.from(runs, ({ volumeBytes }) => (hasVolume(volumeBytes) ? Math.log(volumeBytes) - middle : 0));
}

/** True for a volume that says something: bytes above 0. */
export function hasVolume(bytes: number | null): bytes is number {
  return bytes !== null && Number.isFinite(bytes) && bytes > 0;
}
