import { sampleCorrelation } from 'simple-statistics';
import { type Basis, basisOf, coefficientsOf, dot, leverageOf, residualsOf } from './least-squares.ts';
import { drawnIn, robustSpread, runningMedian } from './robust.ts';
import { findSeason, partOf, type Season, seasonColumns } from './season.ts';
import { hasVolume, type Observation, volumesOf } from './series.ts';
import { LEAST_NOISE } from './step-scan.ts';

/**
 * What is expected of the exponent with which durations grow with the volume, before anything is seen: fixed costs hold it
 * below 1, sorting and joining lift it a little. Only where volumes hardly vary, or change together with the durations, does it
 * weigh anything beside what the runs say.
 */
const USUAL_SLOPE = 0.75;
const USUAL_SLOPE_SPREAD = 0.2;
/** How much more a slope that is held weighs than an expected one: what the runs say no longer moves it. */
const HOLDING_WEIGHT = 1000;
/** Neighbours on either side beside which the noise of single runs is measured. */
const NOISE_NEIGHBOURS = 3;
const DAY_MS = 86_400_000;

/** What explains the runs besides changes: their volume and their season. */
export interface Circumstances {
  readonly season: Season;
  /** Centred logarithms of the volumes; null when volumes explain nothing. */
  readonly volumes: Float64Array | null;
  /** Exponent of the volume where it is held; null where the runs decide. */
  readonly heldSlope: number | null;
}

/** A change that a fit contains. */
export interface Term {
  readonly kind: 'step' | 'drift';
  readonly index: number;
}

/**
 * Runs explained: the logarithm of the duration is a level, a multiple of the logarithm of the volume, a part of the season
 * and the changes, by least squares over runs whose lone outliers were drawn in.
 */
export interface Fit {
  readonly runs: readonly Observation[];
  readonly circumstances: Circumstances;
  readonly terms: readonly Term[];
  readonly basis: Basis;
  /** One for each column: level, volume, season, terms. */
  readonly coefficients: readonly number[];
  readonly columnCount: number;
  /** Position of the first term among the columns. */
  readonly firstTerm: number;
  /** Exponent of the volume; 0 where volumes explain nothing. */
  readonly volumeSlope: number;
  /** What is left of each run, lone outliers drawn in; the last is of the expected slope. */
  readonly residuals: Float64Array;
  /** What is left of each run as it was. */
  readonly rawResiduals: Float64Array;
  /** Standard deviation of a run, lone outliers apart. */
  readonly noise: number;
  readonly degreesOfFreedom: number;
  /** How alike neighbours are, 0 to 0.6: changes have to stand out of noise that wanders by more. */
  readonly persistence: number;
}

/** Times of runs in days from the first. */
export function daysOf(runs: readonly Observation[]): Float64Array {
  const first = runs[0]?.at ?? 0;
  return Float64Array.from(runs, ({ at }) => (at - first) / DAY_MS);
}

/** What explains the runs besides changes; `byVolume` false leaves their volumes out. */
export function circumstancesOf(runs: readonly Observation[], byVolume = true): Circumstances {
  const volumes = byVolume ? volumesOf(runs) : null;
  const season = findSeason(runs, logDurations(runs), volumes === null ? [] : [volumes]);
  return { season, volumes, heldSlope: null };
}

/** Explains runs by their circumstances and changes. Runs are in order, each once. */
export function fitHistory(runs: readonly Observation[], circumstances: Circumstances, terms: readonly Term[]): Fit {
  const { volumes, heldSlope } = circumstances;
  const durations = logDurations(runs);
  const { columns, firstTerm } = columnsOf(runs, circumstances, terms);
  const expectation = volumes === null ? 0 : expectationWeight(durations) * (heldSlope === null ? 1 : HOLDING_WEIGHT);
  if (volumes !== null) columns[1]?.set([expectation], runs.length);
  const values = Float64Array.of(...durations, expectation * (heldSlope ?? USUAL_SLOPE));
  const basis = basisOf(columns);
  const first = drawIn(values, residualsOf(values, basis));
  const cleaned = drawIn(values, residualsAgainst(values, first, columns, basis));
  const coefficients = coefficientsOf(cleaned, basis, columns.length);
  const residuals = residualsOf(cleaned, basis);
  const own = residuals.subarray(0, runs.length);
  const degreesOfFreedom = Math.max(1, runs.length - basis.vectors.length);
  return {
    runs,
    circumstances,
    terms,
    basis,
    coefficients,
    columnCount: columns.length,
    firstTerm,
    volumeSlope: volumes === null ? 0 : (coefficients[1] ?? 0),
    residuals,
    rawResiduals: residualsAgainst(values, cleaned, columns, basis).subarray(0, runs.length),
    noise: Math.max(LEAST_NOISE, Math.sqrt(dot(own, own) / degreesOfFreedom), robustSpread(own)),
    degreesOfFreedom,
    persistence: persistenceOf(own),
  };
}

/** How much the expected slope weighs beside the runs: the noise of a run over its own spread. */
function expectationWeight(durations: Float64Array): number {
  const level = runningMedian(durations, NOISE_NEIGHBOURS);
  const noise = robustSpread(durations.map((value, at) => value - (level[at] ?? 0)));
  return Math.max(LEAST_NOISE, noise) / USUAL_SLOPE_SPREAD;
}

/** What a fit says of a run that is not among its own: the logarithm of its duration, and how much wider than one run's noise that is uncertain. */
export function predict(fit: Fit, at: number, volumeBytes: number | null): { log: number; leverage: number } {
  const { circumstances, runs } = fit;
  const { volumes, season } = circumstances;
  const row: number[] = volumes === null ? [1] : [1, volumeAgainst(runs, volumes, volumeBytes)];
  const times = runs.map((run) => run.at);
  for (const { part } of seasonColumns(season, times)) row.push(partOf(season, at) === part ? 1 : 0);
  for (const term of fit.terms) row.push(term.kind === 'step' ? 1 : (at - (runs[0]?.at ?? at)) / DAY_MS);
  const log = row.reduce((sum, value, index) => sum + value * (fit.coefficients[index] ?? 0), 0);
  return { log, leverage: leverageOf(row, fit.basis) };
}

function logDurations(runs: readonly Observation[]): Float64Array {
  return Float64Array.from(runs, ({ durationMs }) => Math.log(durationMs));
}

/** One row for each run, and a last one for what is expected of the slope. */
function columnsOf(runs: readonly Observation[], { season, volumes }: Circumstances, terms: readonly Term[]) {
  const times = runs.map(({ at }) => at);
  const withLast = (column: Float64Array): Float64Array => Float64Array.of(...column, 0);
  const columns = [withLast(new Float64Array(runs.length).fill(1))];
  if (volumes !== null) columns.push(withLast(volumes));
  columns.push(...seasonColumns(season, times).map(({ column }) => withLast(column)));
  const firstTerm = columns.length;
  for (const { kind, index } of terms) {
    columns.push(withLast(kind === 'drift' ? daysOf(runs) : Float64Array.from(runs, (_, at) => (at >= index ? 1 : 0))));
  }
  return { columns, firstTerm };
}

/** Values whose residuals had their lone outliers drawn in; the last, which is no run, stays. */
function drawIn(values: Float64Array, residuals: Float64Array): Float64Array {
  const drawn = drawnIn(residuals.subarray(0, -1));
  return values.map((value, at) => value - (residuals[at] ?? 0) + (drawn[at] ?? residuals[at] ?? 0));
}

/** What values stand off a fit that was made to others. */
function residualsAgainst(
  values: Float64Array,
  fittedTo: Float64Array,
  columns: readonly Float64Array[],
  basis: Basis,
): Float64Array {
  const coefficients = coefficientsOf(fittedTo, basis, columns.length);
  return values.map((value, at) =>
    columns.reduce((rest, column, index) => rest - (coefficients[index] ?? 0) * (column[at] ?? 0), value),
  );
}

/** Centred as the volumes of the fit are. */
function volumeAgainst(runs: readonly Observation[], volumes: Float64Array, bytes: number | null): number {
  const known = runs.findIndex(({ volumeBytes }) => hasVolume(volumeBytes));
  const reference = runs[known]?.volumeBytes ?? null;
  if (!hasVolume(bytes) || !hasVolume(reference)) return 0;
  return (volumes[known] ?? 0) + Math.log(bytes) - Math.log(reference);
}

/** Largest persistence that is believed: beyond it a series has no level. */
const MOST_PERSISTENCE = 0.6;

/** Correlation of neighbours where it is no coincidence (5 %, one-sided), else 0. */
function persistenceOf(residuals: Float64Array): number {
  const all = Array.from(residuals);
  if (all.length < 10 || all.every((value) => Math.abs(value) < 1e-12)) return 0;
  const correlation = sampleCorrelation(all.slice(1), all.slice(0, -1));
  if (!(correlation > 1.645 / Math.sqrt(all.length))) return 0;
  return Math.min(correlation, MOST_PERSISTENCE);
}
