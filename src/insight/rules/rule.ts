import { HeadgateError } from '../../kernel/errors.ts';
import type { Evidence } from '../../kernel/evidence.ts';
import type { Finding, Impact, Severity } from '../../kernel/finding.ts';
import type { Run } from '../facts/run.ts';
import type { Change } from '../replay/changes.ts';
import type { Replay } from '../replay/prediction.ts';

/** One number that decides whether a rule fires. Plain data: the command line loads no schema library for it. */
export interface Threshold {
  readonly value: number;
  readonly min: number;
  readonly max: number;
  readonly unit: string;
  readonly meaning: string;
  /** Where the default comes from. */
  readonly source: string;
}

export type Thresholds = Readonly<Record<string, Threshold>>;

/** Values of a rule's thresholds, by name. */
export type ThresholdValues<T extends Thresholds> = { readonly [K in keyof T]: number };

/** A finding before folding and ranking. */
export interface Suspicion {
  readonly title: string;
  readonly severity: Severity;
  readonly impact: Impact;
  /** As if the log were complete; the analysis lowers it where it is not. */
  readonly confidence: number;
  readonly evidence: readonly Evidence[];
  readonly advice: readonly string[];
  /**
   * The run without this problem: what the analysis replays to say what it would save. A function where the change has to be
   * searched for. Absent where no replay can show it (failures, gaps of the log): `impact` then stands as the rule says it.
   */
  readonly changes?: readonly Change[] | ((replay: Replay) => readonly Change[]);
  /** Spark properties that remedy it, by name: the part of the advice that is a patch of the configuration. */
  readonly conf?: Readonly<Record<string, string>>;
  /** Advice and properties that only the found changes make exact, e.g. the number of executors: in place of those above. */
  readonly remedy?: (changes: readonly Change[]) => Pick<Suspicion, 'advice' | 'conf'>;
  /** Addresses of the stage attempts it is about; empty for the run as a whole. */
  readonly stages: readonly string[];
  /** Core-ms without a task that this problem causes (a cause) or consists of (an effect). */
  readonly idleCoreMs?: number;
  /** True when one task accounts for at least half of it, so that a skewed task can be its cause. */
  readonly concentrated?: boolean;
}

/** A rule: pure, facts in, suspicions out; no clock, no I/O, no dependence on the order of tasks. */
export interface Rule<T extends Thresholds = Thresholds> {
  /** `spark/<kebab-case problem>`. */
  readonly id: Finding['rule'];
  readonly thresholds: T;
  readonly evaluate: (run: Run, limits: ThresholdValues<T>) => readonly Suspicion[];
}

/** A rule whose thresholds are bound: what the registry holds. */
export interface BoundRule {
  readonly id: string;
  readonly thresholds: Thresholds;
  /** `overrides` by threshold name. Errors: `invalid_argument` for an unknown name or a value out of its range. */
  readonly evaluate: (run: Run, overrides?: Readonly<Record<string, number>>) => readonly Suspicion[];
}

/** Declares a rule. */
export function defineRule<const T extends Thresholds>(rule: Rule<T>): BoundRule {
  return {
    id: rule.id,
    thresholds: rule.thresholds,
    evaluate: (run, overrides = {}) => rule.evaluate(run, limitsOf(rule, overrides)),
  };
}

function limitsOf<T extends Thresholds>(
  rule: Rule<T>,
  overrides: Readonly<Record<string, number>>,
): ThresholdValues<T> {
  for (const name of Object.keys(overrides)) {
    if (Object.hasOwn(rule.thresholds, name)) continue;
    throw new HeadgateError('invalid_argument', `${rule.id} has no threshold "${name}".`, {
      hint: `It has: ${Object.keys(rule.thresholds).join(', ')}.`,
    });
  }
  const values = Object.entries(rule.thresholds).map(([name, threshold]) => {
    const value = overrides[name] ?? threshold.value;
    if (value >= threshold.min && value <= threshold.max) return [name, value];
    throw new HeadgateError('invalid_argument', `${rule.id}: ${name} = ${value} is out of range.`, {
      hint: `Allowed: ${threshold.min} to ${threshold.max} ${threshold.unit}.`,
    });
  });
  return Object.fromEntries(values) as ThresholdValues<T>;
}
