import { seededRandom } from '../evaluate/bootstrap.ts';
import { type Circumstances, circumstancesOf, daysOf, type Fit, fitHistory, type Term } from './fit-history.ts';
import { inOrder, type Observation } from './series.ts';
import { type Candidate, StepScan } from './step-scan.ts';
import { studentQuantile } from './student.ts';

/** Fewest runs in which a change is looked for: five on either side, and two to know the noise by. */
export const FEWEST_RUNS = 12;
/** Probability that a history without a change shows one. Measured, in alarms for each 100 runs: bench/insight/regressions.ts. */
const FALSE_ALARM = 0.04;
/** Changes that are smaller mean nothing to anybody. Source: the neutral zone of comparisons, ± 5 %. */
const SMALLEST_EFFECT = Math.log(1.05);
/** Steepest growth of durations with the volume, as a power, that is taken for one: sorting and joining come to little more than 1. */
const STEEPEST_SLOPE = 1.5;
/** Most changes that are looked for in one history. */
const MOST_CHANGES = 6;
/** Level of intervals. */
const LEVEL = 0.95;

/** From one run on, all runs took longer, or less long, than their circumstances explain. */
export interface LevelChange {
  /** Position of the first run after it. */
  readonly index: number;
  /** Duration after ÷ before, of equal volume and season. */
  readonly ratio: number;
  /** 95 % interval of `ratio`. */
  readonly interval: readonly [low: number, high: number];
  /** Probability that so large a change is chance. */
  readonly chance: number;
}

/** All runs take a little more, or less, than the one before. */
export interface Drift {
  /** Duration at the end of the history ÷ at its beginning, of equal volume and season. */
  readonly ratio: number;
  /** 95 % interval of `ratio`. */
  readonly interval: readonly [low: number, high: number];
  /** What the logarithm of the duration grows by in a day. */
  readonly logPerDay: number;
  readonly chance: number;
}

/** What happened to the runs of a logical application. */
export interface History<T extends Observation = Observation> {
  /** In the order of their starts, each once. */
  readonly runs: readonly T[];
  readonly fit: Fit;
  /** First to last. */
  readonly changes: readonly LevelChange[];
  readonly drift: Drift | null;
}

/**
 * Finds where the runs became slower or faster, beyond what volume and season explain; null with fewer than twelve runs.
 *
 * The change that explains most is added as long as it is no chance (permutation of the residuals, 0.4 % for the whole
 * history) and at least 5 %; those that later ones made needless are taken out again. Times are compared by their logarithms:
 * the unit does not matter. Depends on nothing but the runs, whatever their order.
 */
export function findChanges<T extends Observation>(observed: readonly T[], seed = 1): History<T> | null {
  const runs = inOrder(observed);
  if (runs.length < FEWEST_RUNS) return null;
  const circumstances = circumstancesOf(runs);
  const history = explain(runs, circumstances, seed);
  const { volumeSlope } = history.fit;
  // Volumes that make runs faster explain nothing: what they seem to explain happened beside them.
  if (volumeSlope < 0) return explain(runs, circumstancesOf(runs, false), seed);
  if (volumeSlope <= STEEPEST_SLOPE) return history;
  return explain(runs, { ...circumstances, heldSlope: STEEPEST_SLOPE }, seed);
}

function explain<T extends Observation>(runs: readonly T[], circumstances: Circumstances, seed: number): History<T> {
  const random = seededRandom(seed);
  const found: Found[] = [];
  let fit = fitHistory(runs, circumstances, []);
  while (found.length < MOST_CHANGES) {
    const next = nextChange(fit, random);
    if (next === null) break;
    found.push(next);
    fit = fitHistory(runs, circumstances, found);
  }
  const kept = withoutNeedless(runs, circumstances, found);
  return describe(runs, fitHistory(runs, circumstances, kept), kept);
}

/** A change with how surely it was found, and how large its statistic had to be. */
interface Found extends Term {
  readonly chance: number;
  readonly needed: number;
}

function nextChange(fit: Fit, random: () => number): Found | null {
  const { runs, terms } = fit;
  const steps = terms.filter(({ kind }) => kind === 'step').map(({ index }) => index);
  const drift = terms.some(({ kind }) => kind === 'drift') ? null : daysOf(runs);
  const scan = new StepScan(fit.basis, runs.length, steps, drift);
  const best = scan.best(fit.residuals);
  if (best === null) return null;
  const chanceOf = scan.chanceOf(fit.residuals, random);
  const after = fitHistory(runs, fit.circumstances, [...terms, termOf(best)]);
  const chance = chanceOf(best.statistic * calm(after.persistence));
  if (chance > FALSE_ALARM || sizeOf(after, after.terms.length - 1) < SMALLEST_EFFECT) return null;
  return { ...termOf(best), chance, needed: neededFor(chanceOf) };
}

const termOf = ({ kind, index }: Candidate): Term => ({ kind, index });

/** Noise that wanders makes steps by itself: a statistic counts so much less. Source: variance of the mean of an AR(1) process. */
const calm = (persistence: number): number => Math.sqrt((1 - persistence) / (1 + persistence));

/** The statistic whose chance is the false alarm rate. */
function neededFor(chanceOf: (statistic: number) => number): number {
  let [low, high] = [0, 100];
  for (let round = 0; round < 30; round++) {
    const middle = (low + high) / 2;
    if (chanceOf(middle) > FALSE_ALARM) low = middle;
    else high = middle;
  }
  return high;
}

/** How much a term changes over the whole history, as a logarithm. */
function sizeOf(fit: Fit, position: number): number {
  const coefficient = Math.abs(fit.coefficients[fit.firstTerm + position] ?? 0);
  return fit.terms[position]?.kind === 'drift' ? coefficient * (daysOf(fit.runs).at(-1) ?? 0) : coefficient;
}

/** Takes out, one by one, the weakest change that the others leave nothing to explain. */
function withoutNeedless(runs: readonly Observation[], circumstances: Circumstances, found: readonly Found[]): Found[] {
  let kept = [...found];
  for (;;) {
    const fit = fitHistory(runs, circumstances, kept);
    const weak = kept
      .map((term, position) => ({ term, strength: strengthOf(fit, position), size: sizeOf(fit, position) }))
      .filter(({ term, strength, size }) => strength * calm(fit.persistence) < term.needed || size < SMALLEST_EFFECT)
      .sort((a, b) => a.strength - b.strength)[0];
    if (weak === undefined) return kept.sort((a, b) => a.index - b.index);
    kept = kept.filter((term) => term !== weak.term);
  }
}

/** Student's statistic of a term beside all others. */
function strengthOf(fit: Fit, position: number): number {
  const error = errorOf(fit, position);
  return error > 0 ? Math.abs(fit.coefficients[fit.firstTerm + position] ?? 0) / error : 0;
}

/** Standard error of a term's coefficient. */
function errorOf(fit: Fit, position: number): number {
  const { basis, noise } = fit;
  const column = fit.firstTerm + position;
  // A row of the inverse of R by back substitution: its length is the standard error in units of the noise.
  const size = basis.vectors.length;
  const target = basis.kept.indexOf(column);
  if (target < 0) return 0;
  let squares = 0;
  const inverse = new Float64Array(size);
  inverse[target] = 1 / (basis.upper[target]?.[target] ?? 1);
  squares += (inverse[target] ?? 0) ** 2;
  for (let at = target + 1; at < size; at++) {
    let rest = 0;
    for (let before = target; before < at; before++) rest -= (inverse[before] ?? 0) * (basis.upper[before]?.[at] ?? 0);
    inverse[at] = rest / (basis.upper[at]?.[at] ?? 1);
    squares += (inverse[at] ?? 0) ** 2;
  }
  return noise * Math.sqrt(squares);
}

function describe<T extends Observation>(runs: readonly T[], fit: Fit, kept: readonly Found[]): History<T> {
  const reach = studentQuantile((1 + LEVEL) / 2, fit.degreesOfFreedom) / calm(fit.persistence);
  const changes: LevelChange[] = [];
  let drift: Drift | null = null;
  for (const [position, { kind, index, chance }] of kept.entries()) {
    const coefficient = fit.coefficients[fit.firstTerm + position] ?? 0;
    const unit = kind === 'drift' ? (daysOf(runs).at(-1) ?? 0) : 1;
    const error = unit * reach * errorOf(fit, position);
    const ratio = Math.exp(unit * coefficient);
    const interval = [ratio / Math.exp(error), ratio * Math.exp(error)] as const;
    if (kind === 'step') changes.push({ index, ratio, interval, chance });
    else drift = { ratio, interval, logPerDay: coefficient, chance };
  }
  return { runs, fit, changes, drift };
}
