import { mean } from 'simple-statistics';
import type { UsedRun } from './match-runs.ts';
import { PHASES, type WallParts, wallPartsOf } from './wall-parts.ts';

/** What a part of the wall time took on both sides, means over the runs, ms. */
export interface PartChange {
  /** A phase, or a group of stages. Safe to print. */
  readonly part: string;
  readonly baselineMs: number;
  readonly candidateMs: number;
  readonly deltaMs: number;
}

/** Where the difference of two sets of runs lies. The deltas of `phases` add up to `deltaMs`, and so do those of `groups`. */
export interface Attribution {
  /** Mean wall time of the candidates less that of the baseline, ms. */
  readonly deltaMs: number;
  /** Largest difference first; phases that neither side has are left out. */
  readonly phases: readonly PartChange[];
  readonly groups: readonly PartChange[];
}

/** What is asked of a run to divide its time: `ms` stands for its wall time where that was scaled. */
type Timed = Pick<UsedRun, 'run' | 'ms'>;

/** Divides the wall time of the runs of both sides, at least one each, and subtracts part by part. */
export function attribute(baseline: readonly Timed[], candidate: readonly Timed[]): Attribution {
  const [a, b] = [baseline.map(partsOf), candidate.map(partsOf)];
  const groups = [...new Set([...a, ...b].flatMap((parts) => [...parts.groups.keys()]))];
  return {
    deltaMs: meanOf(candidate, ({ ms }) => ms) - meanOf(baseline, ({ ms }) => ms),
    phases: PHASES.map((phase) => changeOf(phase, a, b, (parts) => parts.phases[phase]))
      .filter(isThere)
      .sort(bySize),
    groups: groups.map((group) => changeOf(group, a, b, (parts) => parts.groups.get(group) ?? 0)).sort(bySize),
  };
}

function partsOf({ run, ms }: Timed): WallParts {
  const parts = wallPartsOf(run);
  const factor = run.wallMs > 0 ? ms / run.wallMs : 1;
  if (factor === 1) return parts;
  return {
    phases: Object.fromEntries(PHASES.map((phase) => [phase, parts.phases[phase] * factor])) as WallParts['phases'],
    groups: new Map([...parts.groups].map(([group, time]) => [group, time * factor])),
  };
}

function changeOf(
  part: string,
  a: readonly WallParts[],
  b: readonly WallParts[],
  timeOf: (parts: WallParts) => number,
): PartChange {
  const [baselineMs, candidateMs] = [meanOf(a, timeOf), meanOf(b, timeOf)];
  return { part, baselineMs, candidateMs, deltaMs: candidateMs - baselineMs };
}

function meanOf<T>(items: readonly T[], timeIn: (item: T) => number): number {
  return items.length === 0 ? 0 : mean(items.map(timeIn));
}

const isThere = ({ baselineMs, candidateMs }: PartChange): boolean => baselineMs > 0 || candidateMs > 0;

function bySize(a: PartChange, b: PartChange): number {
  return Math.abs(b.deltaMs) - Math.abs(a.deltaMs) || (a.part < b.part ? -1 : 1);
}
