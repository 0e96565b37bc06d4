import type { Application } from '../eventlog/index.ts';
import { HeadgateError } from '../kernel/errors.ts';
import type { Evidence } from '../kernel/evidence.ts';
import type { Finding, Severity } from '../kernel/finding.ts';
import { describeRun, type Run } from './facts/run.ts';
import { type RunFacts, runFacts } from './facts/run-facts.ts';
import type { Replay } from './replay/prediction.ts';
import { createReplay } from './replay/replay.ts';
import { isOutcome } from './rules/catalog.ts';
import { type Combined, combine } from './rules/combine.ts';
import { foldEffects, type RuledSuspicion } from './rules/fold.ts';
import { RULES } from './rules/index.ts';
import { incompleteLogUnder, lostTasksUnder } from './rules/lost-tasks.ts';
import { shareOfRun } from './rules/materiality.ts';
import { type Weighed, weigh } from './rules/weigh.ts';

/** What is kept of an analysed application: it does not hold on to the application, so thousands fit into memory. */
export interface Analysis {
  readonly facts: RunFacts;
  /** Gravest first, then failures, then what saves most of the run. */
  readonly findings: readonly Finding[];
  /** What was found and is not worth a finding, as information, what saves most first. */
  readonly minor: readonly Finding[];
  /** What the changes of all findings together save, by one replay; null where no finding has any. */
  readonly combined: Combined | null;
  /** The replay of the run as it was. */
  readonly replay: ReplayCheck;
}

/** How well the replay tells the run as it was: what its predictions are worth. */
export interface ReplayCheck {
  /** |replayed − observed| ÷ observed wall time; null when nothing could be compared. */
  readonly errorRatio: number | null;
  /** What the predictions take for granted, in sentences. */
  readonly assumptions: readonly string[];
}

/** Thresholds that differ from the defaults: rule id → threshold name → value. */
export type ThresholdOverrides = Readonly<Record<string, Readonly<Record<string, number>>>>;

/** Slowest stages, jobs and queries that are kept unless more are asked for. */
const KEPT_LINES = 10;

const RANK: Readonly<Record<Severity, number>> = { critical: 0, warning: 1, info: 2 };

/** Confidence of a finding from an incomplete log, as a factor: what is missing may explain it away. */
const INCOMPLETE_FACTOR = 0.8;

/** The same for failures: what they cite is there, what else failed may not be. */
const INCOMPLETE_OUTCOME_FACTOR = 0.95;

/** The same where tasks are known to be missing of the stages that a finding compares or adds up. */
const LOST_TASKS_FACTOR = 0.5;

/** What does not depend on the length of the lists. */
type Judgement = Omit<Analysis, 'facts'>;

/** What was found with the default thresholds: an application never changes, and rules read every task. */
const judged = new WeakMap<Application, Judgement>();

/** The facts beside it, by length of the lists. */
const described = new WeakMap<Application, Map<number, RunFacts>>();

/**
 * Runs every rule over an application, folds effects under their causes and weighs what is left by replay. Pure: the same
 * application gives the same findings.
 *
 * `lines` is the length of the lists of slowest stages, jobs and queries that are kept.
 *
 * Errors: `invalid_argument` for overrides that name no rule or threshold, or are out of range.
 */
export function analyze(
  application: Application,
  overrides: ThresholdOverrides = {},
  lines: number = KEPT_LINES,
): Analysis {
  const asked = Object.keys(overrides).length > 0;
  let run: Run | null = null;
  const describe = (): Run => {
    run ??= describeRun(application);
    return run;
  };
  const judgement = (asked ? undefined : judged.get(application)) ?? judge(describe, overrides);
  if (!asked) judged.set(application, judgement);
  const byLines = described.get(application) ?? new Map<number, RunFacts>();
  const facts = byLines.get(lines) ?? runFacts(describe(), lines);
  described.set(application, byLines.set(lines, facts));
  return { facts, ...judgement };
}

function judge(describe: () => Run, overrides: ThresholdOverrides): Judgement {
  refuseUnknownRules(overrides);
  const run = describe();
  const suspicions: RuledSuspicion[] = RULES.flatMap((rule) =>
    rule.evaluate(run, overrides[rule.id]).map((suspicion) => ({ ...suspicion, rule: rule.id })),
  );
  // The run as it was is replayed first, whatever was found: its error says what predictions are worth.
  const replay = createReplay(run);
  const replayed = (): Replay => replay;
  const { reported, minor } = weigh(run, foldEffects(run, suspicions), replayed);
  const ranked = [...reported].sort(byWeight(run));
  return {
    findings: ranked.map((weighed) => toFinding(run, weighed)),
    minor: [...minor].sort(byWeight(run)).map((weighed) => toFinding(run, weighed)),
    combined: combine(run, ranked, replayed),
    replay: checkOf(replay),
  };
}

function refuseUnknownRules(overrides: ThresholdOverrides): void {
  const unknown = Object.keys(overrides).find((id) => !RULES.some((rule) => rule.id === id));
  if (unknown === undefined) return;
  throw new HeadgateError('invalid_argument', `There is no rule ${unknown}.`, {
    hint: `Rules: ${RULES.map((rule) => rule.id).join(', ')}.`,
  });
}

function checkOf(replay: Replay): ReplayCheck {
  const { errorRatio, asRun } = replay;
  return {
    errorRatio: errorRatio === null ? null : Number(errorRatio.toFixed(4)),
    assumptions: [...asRun.assumptions],
  };
}

function toFinding(run: Run, { suspicion, severity, impact }: Weighed): Finding {
  const doubt = doubtOf(run, suspicion);
  return {
    rule: suspicion.rule,
    title: suspicion.title,
    severity,
    impact,
    confidence: Number((suspicion.confidence * doubt.factor).toFixed(2)),
    evidence: doubt.evidence === null ? [...suspicion.evidence] : [...suspicion.evidence, doubt.evidence],
    advice: [...suspicion.advice],
    ...(suspicion.conf === undefined ? {} : { conf: { ...suspicion.conf } }),
  };
}

/** What of the log that is missing makes of a confidence, and the sentence that says so. That the log is not whole stays sure. */
function doubtOf(run: Run, suspicion: RuledSuspicion): { factor: number; evidence: Evidence | null } {
  const lost = lostTasksUnder(run, suspicion);
  if (lost !== null) return { factor: LOST_TASKS_FACTOR, evidence: lost };
  if (!run.application.log.incomplete || suspicion.rule === 'spark/incomplete-log')
    return { factor: 1, evidence: null };
  const factor = isOutcome(suspicion.rule) ? INCOMPLETE_OUTCOME_FACTOR : INCOMPLETE_FACTOR;
  return { factor, evidence: incompleteLogUnder(run) };
}

/** Findings that say why a run failed come before those that say why it was slow. */
const FAILURE: ReadonlySet<string> = new Set(['spark/job-failure', 'spark/driver-failure']);

/**
 * Gravest first, then failures in the order of their rule (the latest first), then by the part of the run that is at stake; in
 * a run that failed, what went wrong in it before what was slow.
 */
function byWeight(run: Run): (a: Weighed, b: Weighed) => number {
  const failed = ({ suspicion }: Weighed): number => (FAILURE.has(suspicion.rule) ? 0 : 1);
  const wrong = ({ suspicion }: Weighed): number =>
    run.application.status === 'FAILED' && isOutcome(suspicion.rule) ? 0 : 1;
  return (a, b) =>
    RANK[a.severity] - RANK[b.severity] ||
    failed(a) - failed(b) ||
    (failed(a) === 0 ? 0 : wrong(a) - wrong(b) || byShare(run, a, b));
}

function byShare(run: Run, a: Weighed, b: Weighed): number {
  const [one, other] = [a.suspicion, b.suspicion];
  return (
    shareOfRun(run, b.impact) - shareOfRun(run, a.impact) ||
    (one.rule < other.rule ? -1 : one.rule > other.rule ? 1 : one.title < other.title ? -1 : 1)
  );
}

/** The finding that says why the run, or a part of it, failed; null when nothing did. */
export function failureOf(analysis: Analysis): Finding | null {
  return analysis.findings.find((finding) => FAILURE.has(finding.rule) && finding.severity !== 'info') ?? null;
}
