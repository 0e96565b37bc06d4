import type { Application } from '../../eventlog/index.ts';
import { HeadgateError } from '../../kernel/errors.ts';
import { labelLog } from '../../kernel/log-text.ts';
import { countNoun } from '../../kernel/units.ts';
import { type AnalysedRun, analyseRun } from './analysed-run.ts';
import type { ConfigurationLimits } from './configuration-limits.ts';
import { consistentPatch } from './consistent-patch.ts';
import { patchSaving, type RunSaving } from './patch-saving.ts';
import { type LeftOut, type ResolvedProperty, resolveProperty, rulesOf, runsOf } from './resolve-property.ts';
import { type BoundedProperty, withinLimits } from './within-limits.ts';

/** One line of a recommended configuration. */
export interface RecommendedProperty {
  readonly key: string;
  /** As the newest run has it, or Spark's default; null where neither is known. */
  readonly now: string | null;
  readonly value: string;
  /** Rules that ask for it. */
  readonly rules: string;
  /** Ids of the runs that show it, newest first. */
  readonly runs: readonly string[];
  /** The evidence of the newest of them, and how a contradiction or a limit was settled. */
  readonly why: readonly string[];
}

/** One consistent patch of the configuration of an application. */
export interface Recommendation {
  readonly patch: readonly RecommendedProperty[];
  /** The patch as `spark-submit` takes it, one option a line. */
  readonly submitOptions: readonly string[];
  /** The run in the middle of those that were replayed, by what the whole patch saves of it; null where none can be. */
  readonly saving: RunSaving | null;
  /** All runs that were replayed, newest first. */
  readonly savings: readonly RunSaving[];
  readonly leftOut: readonly LeftOut[];
  /** Ids of the runs that were looked at, newest first. */
  readonly runs: readonly string[];
  /** In a sentence: what to do, or that nothing is to be done. */
  readonly verdict: string;
  readonly gaps: readonly string[];
}

/**
 * One patch for an application from its runs: properties that its findings propose, sized by the largest need of all runs, within
 * limits, without contradictions, each explained, with what the whole of it saves by replay. What is right is not touched: a
 * property that no finding of at least half of the runs asks for stays as it is. Pure.
 *
 * Errors: `invalid_argument` when there is no run.
 */
export function recommendConfiguration(
  applications: readonly Application[],
  limits: ConfigurationLimits = {},
): Recommendation {
  if (applications.length === 0) {
    throw new HeadgateError('invalid_argument', 'There is no run to learn from.', {
      hint: 'Name an application that has at least one run that ended.',
    });
  }
  const newestFirst = [...applications].sort(
    (a, b) => (b.startTime ?? 0) - (a.startTime ?? 0) || (a.appId < b.appId ? -1 : 1),
  );
  const runs = newestFirst.filter(({ tasks }) => tasks.count > 0).map((application) => analyseRun(application));
  const resolved = resolveAll(runs);
  const consistent = consistentPatch(resolved.properties, runs);
  const bounded = withinLimits(consistent.kept, limits, runs);
  const patch = bounded.kept.sort((a, b) => (a.key < b.key ? -1 : 1));
  const leftOut = [...resolved.leftOut, ...consistent.leftOut, ...bounded.leftOut];
  const savings = runs
    .filter(({ application }) => application.status === 'SUCCEEDED')
    .map((run) => patchSaving(run, patch))
    .filter((saving) => saving !== null);
  return {
    patch: patch.map(toLine),
    submitOptions: patch.map(({ key, value }) => `--conf ${quoted(`${key}=${value}`)}`),
    saving: middleOf(savings),
    savings,
    leftOut,
    runs: runs.map(({ application }) => labelLog(application.appId)),
    verdict: verdictOf(patch, leftOut, runs),
    gaps: gapsOf(newestFirst, runs, patch, savings),
  };
}

function resolveAll(runs: readonly AnalysedRun[]): { properties: ResolvedProperty[]; leftOut: LeftOut[] } {
  const byKey = Map.groupBy(
    runs.flatMap(({ proposals }) => proposals),
    ({ key }) => key,
  );
  const properties: ResolvedProperty[] = [];
  const leftOut: LeftOut[] = [];
  for (const [key, proposals] of [...byKey].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const { property, leftOut: not } = resolveProperty(key, proposals, runs);
    if (property !== null) properties.push(property);
    leftOut.push(...not);
  }
  return { properties, leftOut };
}

function toLine({ key, now, value, proposals, notes }: BoundedProperty): RecommendedProperty {
  const newest = proposals[0];
  return {
    key,
    now: now === null ? null : labelLog(now),
    value,
    rules: rulesOf(proposals),
    runs: runsOf(proposals).map(({ application }) => labelLog(application.appId)),
    why: [...(newest === undefined ? [] : [newest.evidence]), ...notes],
  };
}

/** The run whose saved share is the median; of two in the middle the lesser. */
function middleOf(savings: readonly RunSaving[]): RunSaving | null {
  const ranked = [...savings].sort((a, b) => a.share - b.share);
  return ranked[Math.floor((ranked.length - 1) / 2)] ?? null;
}

/** A word for a POSIX shell. */
function quoted(word: string): string {
  return /^[\w.=:/,@%+-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

function verdictOf(
  patch: readonly BoundedProperty[],
  leftOut: readonly LeftOut[],
  runs: readonly AnalysedRun[],
): string {
  if (runs.length === 0) return 'No run has tasks: there is nothing to learn from.';
  const seen = countNoun(runs.length, 'run');
  if (patch.length === 0 && leftOut.length === 0) {
    return `Change nothing: no finding of ${seen} asks for another configuration.`;
  }
  if (patch.length === 0) return `Change nothing: what findings of ${seen} ask for is left out, each for a reason.`;
  return `Change ${countNoun(patch.length, 'property', 'properties')}, from ${seen}.`;
}

function gapsOf(
  applications: readonly Application[],
  runs: readonly AnalysedRun[],
  patch: readonly BoundedProperty[],
  savings: readonly RunSaving[],
): string[] {
  const gaps: string[] = [];
  const empty = applications.length - runs.length;
  if (empty > 0) gaps.push(`${countNoun(empty, 'run')} without tasks ${empty === 1 ? 'was' : 'were'} left out.`);
  const failed = runs.filter(({ application }) => application.status === 'FAILED').length;
  if (failed > 0) gaps.push(`${countNoun(failed, 'run')} failed: evidence for the patch, not replayed.`);
  const incomplete = runs.filter(({ application }) => application.log.incomplete).length;
  if (incomplete > 0) gaps.push(`The log of ${countNoun(incomplete, 'run')} is incomplete.`);
  if (runs.length === 1) gaps.push('One run alone: what it shows may be chance. Five tell more.');
  if (patch.length > 0 && savings.length === 0) gaps.push('No replay can show what the patch saves.');
  const cut = patch.filter((property) => property.cut).map(({ key }) => key);
  if (cut.length > 0) gaps.push(`Cut by a limit, and not counted in the saving: ${cut.join(', ')}.`);
  return gaps;
}
