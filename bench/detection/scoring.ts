import type { Label } from './corpus-index.ts';

/** A label and what the analysis reported of its log: ids of findings of severity warning or critical. */
export interface Judged {
  readonly label: Label;
  readonly reported: readonly string[];
  /** Rules that stand in such a finding as following from it: reported too, under their cause. */
  readonly folded?: readonly string[];
}

/** Counts of one rule, of one Spark version, or of all. */
export interface Counts {
  /** Expected and reported, alone or under its cause. */
  readonly hits: number;
  /** Those of the hits that stand under their cause. */
  readonly folded: number;
  /** Expected and not reported. */
  readonly misses: number;
  /** Reported, and neither expected nor allowed. */
  readonly falseAlarms: number;
  /** Reported, not expected and allowed: these count neither for nor against. */
  readonly allowed: number;
}

/** A finding that is missing or too many. */
export interface Mistake {
  readonly id: string;
  readonly rule: string;
  readonly kind: 'missed' | 'false alarm';
}

/** What a corpus says about the analysis. Ratios are null where there is nothing to divide by. */
export interface Score {
  readonly defects: number;
  readonly controls: number;
  readonly total: Counts;
  readonly precision: number | null;
  readonly recall: number | null;
  /** False alarms in controls, per control. */
  readonly falsePerControl: number | null;
  readonly byRule: Readonly<Record<string, Counts>>;
  readonly mistakes: readonly Mistake[];
}

/** Compares what was reported with the labels. Pure; a rule that is reported twice in one log counts once. */
export function scoreCorpus(corpus: readonly Judged[]): Score {
  const outcomes = corpus.flatMap(outcomesOf);
  const total = countAll(outcomes);
  const controls = corpus.filter(({ label }) => label.defect === null);
  const inControls = outcomes.filter((one) => one.outcome === 'falseAlarms' && one.label.defect === null).length;
  return {
    defects: corpus.length - controls.length,
    controls: controls.length,
    total,
    precision: ratio(total.hits, total.hits + total.falseAlarms),
    recall: ratio(total.hits, total.hits + total.misses),
    falsePerControl: ratio(inControls, controls.length),
    byRule: countByRule(outcomes),
    mistakes: outcomes.flatMap(toMistake),
  };
}

interface Outcome {
  readonly label: Label;
  readonly rule: string;
  readonly outcome: Exclude<keyof Counts, 'folded'>;
  readonly isFolded: boolean;
}

function outcomesOf({ label, reported, folded = [] }: Judged): Outcome[] {
  const found = new Set(reported);
  const wanted = label.expected.map((rule) => {
    const isFolded = !found.has(rule) && folded.includes(rule);
    return { label, rule, isFolded, outcome: found.has(rule) || isFolded ? 'hits' : 'misses' } as const;
  });
  const more = [...found].filter((rule) => !label.expected.includes(rule));
  return [
    ...wanted,
    ...more.map(
      (rule) =>
        ({
          label,
          rule,
          isFolded: false,
          outcome: Object.hasOwn(label.allowed, rule) ? 'allowed' : 'falseAlarms',
        }) as const,
    ),
  ];
}

function countAll(outcomes: readonly Outcome[]): Counts {
  const count = (outcome: Outcome['outcome']) => outcomes.filter((one) => one.outcome === outcome).length;
  const folded = outcomes.filter(({ isFolded }) => isFolded).length;
  return {
    hits: count('hits'),
    folded,
    misses: count('misses'),
    falseAlarms: count('falseAlarms'),
    allowed: count('allowed'),
  };
}

function countByRule(outcomes: readonly Outcome[]): Record<string, Counts> {
  const groups = [...Map.groupBy(outcomes, (one) => one.rule)].sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(groups.map(([rule, ofRule]) => [rule, countAll(ofRule)]));
}

function toMistake({ label, rule, outcome }: Outcome): Mistake[] {
  if (outcome === 'misses') return [{ id: label.id, rule, kind: 'missed' }];
  return outcome === 'falseAlarms' ? [{ id: label.id, rule, kind: 'false alarm' }] : [];
}

function ratio(part: number, whole: number): number | null {
  return whole === 0 ? null : part / whole;
}
