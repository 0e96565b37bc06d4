/** What makes a prediction uncertain, ms unless named otherwise. */
export interface Uncertainty {
  readonly wallMs: number;
  /** Distance of the replay of the run as it was to the run, as a share. */
  readonly errorRatio: number;
  /** Standard deviation of the wall time when durations are drawn anew. */
  readonly spreadMs: number;
  /** |predicted − as run|. */
  readonly changedMs: number;
  /** Cores asked for ÷ most cores of the run; 1 when the executors are those of the run. */
  readonly coresRatio: number;
}

/** Quantile of the normal distribution that leaves 10 % on each side. */
const Z80 = 1.2816;
/** Share of a run's wall time by which a second run of the same work differs, one standard deviation. */
const RUN_TO_RUN = 0.03;
/** Share of a predicted saving that is in doubt, one standard deviation. */
const OF_CHANGE = 0.2;
/** Cores beyond those observed, as a multiple, up to which a prediction is no extrapolation. */
export const TRUSTED_CORES_RATIO = 2;

/**
 * 80 % interval of a predicted wall time. Where the doubt is more than half of the time the lower end falls exponentially and no
 * longer linearly, from there on with the same slope: a run that takes time never takes none.
 */
export function intervalOf(uncertain: Uncertainty): readonly [low: number, high: number] {
  const { wallMs } = uncertain;
  const beyond = Math.max(1, uncertain.coresRatio / TRUSTED_CORES_RATIO);
  const deviation = Math.hypot(
    wallMs * uncertain.errorRatio,
    wallMs * RUN_TO_RUN,
    uncertain.spreadMs,
    uncertain.changedMs * OF_CHANGE * beyond,
  );
  const half = Z80 * deviation * beyond;
  return [lowerEnd(wallMs, half), wallMs + half];
}

function lowerEnd(wallMs: number, half: number): number {
  if (half * 2 <= wallMs) return wallMs - half;
  return wallMs > 0 ? (wallMs / 2) * Math.exp(1 - (2 * half) / wallMs) : 0;
}
