import type { Application } from '../eventlog/index.ts';
import { HeadgateError } from '../kernel/errors.ts';
import type { Finding, Severity } from '../kernel/finding.ts';
import { describeRun, type Run } from './facts/run.ts';
import { type RunFacts, runFacts } from './facts/run-facts.ts';
import { foldEffects, type RuledSuspicion } from './rules/fold.ts';
import { RULES } from './rules/index.ts';
import { lostTasksUnder } from './rules/lost-tasks.ts';
import { shareOfRun } from './rules/materiality.ts';

/** What is kept of an analysed application: it does not hold on to the application, so thousands fit into memory. */
export interface Analysis {
  readonly facts: RunFacts;
  /** Gravest first, then failures, then the largest part of the run. */
  readonly findings: readonly Finding[];
}

/** Thresholds that differ from the defaults: rule id → threshold name → value. */
export type ThresholdOverrides = Readonly<Record<string, Readonly<Record<string, number>>>>;

/** Slowest stages, jobs and queries that are kept unless more are asked for. */
const KEPT_LINES = 10;

const RANK: Readonly<Record<Severity, number>> = { critical: 0, warning: 1, info: 2 };

/** Confidence of a finding from an incomplete log, as a factor: what is missing may explain it away. */
const INCOMPLETE_FACTOR = 0.8;

/** The same where tasks are known to be missing of the stages that a finding compares or adds up. */
const LOST_TASKS_FACTOR = 0.5;

/** Findings that are as sure from a cut log as from a whole one: what they cite is there. */
const SURE: ReadonlySet<string> = new Set([
  'spark/incomplete-log',
  'spark/job-failure',
  'spark/task-failures',
  'spark/executor-loss',
]);

/** What was found with the default thresholds, by length of the lists: an application never changes, and rules read every task. */
const analysed = new WeakMap<Application, Map<number, Analysis>>();

/**
 * Runs every rule over an application. Pure: the same application gives the same findings.
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
  if (Object.keys(overrides).length > 0) return evaluate(application, overrides, lines);
  const kept = analysed.get(application) ?? new Map<number, Analysis>();
  const analysis = kept.get(lines) ?? evaluate(application, overrides, lines);
  analysed.set(application, kept.set(lines, analysis));
  return analysis;
}

function evaluate(application: Application, overrides: ThresholdOverrides, lines: number): Analysis {
  refuseUnknownRules(overrides);
  const run = describeRun(application);
  const suspicions: RuledSuspicion[] = RULES.flatMap((rule) =>
    rule.evaluate(run, overrides[rule.id]).map((suspicion) => ({ ...suspicion, rule: rule.id })),
  );
  const findings = foldEffects(suspicions).map((suspicion) => toFinding(run, suspicion));
  return { facts: runFacts(run, lines), findings: findings.sort(byWeight(run)) };
}

function refuseUnknownRules(overrides: ThresholdOverrides): void {
  const unknown = Object.keys(overrides).find((id) => !RULES.some((rule) => rule.id === id));
  if (unknown === undefined) return;
  throw new HeadgateError('invalid_argument', `There is no rule ${unknown}.`, {
    hint: `Rules: ${RULES.map((rule) => rule.id).join(', ')}.`,
  });
}

function toFinding(run: Run, suspicion: RuledSuspicion): Finding {
  const lost = lostTasksUnder(run, suspicion);
  const incomplete = run.application.log.incomplete && !SURE.has(suspicion.rule) ? INCOMPLETE_FACTOR : 1;
  const factor = lost === null ? incomplete : LOST_TASKS_FACTOR;
  return {
    rule: suspicion.rule,
    title: suspicion.title,
    severity: suspicion.severity,
    impact: suspicion.impact,
    confidence: Number((suspicion.confidence * factor).toFixed(2)),
    evidence: lost === null ? [...suspicion.evidence] : [...suspicion.evidence, lost],
    advice: [...suspicion.advice],
  };
}

/** Findings that say why a run failed come before those that say why it was slow. */
const OUTCOME: ReadonlySet<string> = new Set(['spark/job-failure', 'spark/driver-failure']);

/** Gravest first, then failures in the order of their rule (the latest first), then by the seconds of the run that are at stake: impacts in task or core time count by their share. */
function byWeight(run: Run): (a: Finding, b: Finding) => number {
  const failed = (finding: Finding): number => (OUTCOME.has(finding.rule) ? 0 : 1);
  return (a, b) =>
    RANK[a.severity] - RANK[b.severity] || failed(a) - failed(b) || (failed(a) === 0 ? 0 : byShare(run, a, b));
}

function byShare(run: Run, a: Finding, b: Finding): number {
  return (
    shareOfRun(run, b.impact) - shareOfRun(run, a.impact) ||
    (a.rule < b.rule ? -1 : a.rule > b.rule ? 1 : a.title < b.title ? -1 : 1)
  );
}

/** The finding that says why the run, or a part of it, failed; null when nothing did. */
export function failureOf(analysis: Analysis): Finding | null {
  return analysis.findings.find((finding) => OUTCOME.has(finding.rule) && finding.severity !== 'info') ?? null;
}
