import { code, page, table } from './markdown.ts';

/** A rule of the analysis as the reference shows it. */
export interface RuleDefinition {
  readonly id: string;
  /** Rows of the survey that it covers. */
  readonly rows: readonly number[];
  readonly kind: 'outcome' | 'risk' | 'cost';
  readonly fires: string;
  readonly replayed: string;
  readonly advice: string;
  readonly under: readonly string[];
  readonly thresholds: Readonly<
    Record<
      string,
      {
        readonly value: number;
        readonly min: number;
        readonly max: number;
        readonly unit: string;
        readonly meaning: string;
        readonly source: string;
      }
    >
  >;
}

/** The page of the rules: what each looks for, with its thresholds and where they come from. */
export function renderRules(rules: readonly RuleDefinition[]): string {
  return page(
    '# Rules',
    `${rules.length} rules look at every run. A rule says whether a problem is there; whether it is worth a finding says a replay of the run without it: at least 5 % of the wall time or of the core time, and a second. Failures are reported whatever time they took. The rest is minor: \`analyze --all\` and \`include_minor\` show it.`,
    'A finding is a warning, and critical from a quarter of the run and half a minute. What saves core time alone is a warning, and critical from half of the core time and 100 core-hours. What only follows from another problem stands under it as evidence.',
    table(
      ['Rule', 'Survey', 'Fires when', 'What to do'],
      rules.map((rule) => [`[${code(rule.id)}](#${anchorOf(rule.id)})`, rowsOf(rule), rule.fires, rule.advice]),
    ),
    ...rules.map(renderRule),
  );
}

function renderRule(rule: RuleDefinition): string {
  const { id, fires, replayed, advice, under, kind } = rule;
  const thresholds = Object.entries(rule.thresholds);
  const lines = [
    `- Replayed: ${replayed}.`,
    `- What to do: ${advice}`,
    ...(kind === 'outcome' ? ['- Reported whatever time it took.'] : []),
    ...(kind === 'risk'
      ? ['- Reported although it takes no time of this run: it costs memory, or a failure tomorrow.']
      : []),
    ...(under.length === 0 ? [] : [`- Stands under: ${under.map(code).join(', ')}.`]),
  ];
  return [
    `## ${id}`,
    fires,
    lines.join('\n'),
    ...(thresholds.length === 0
      ? []
      : [
          table(
            ['Threshold', 'Default', 'Range', 'Meaning', 'Source'],
            thresholds.map(([name, one]) => [
              code(name),
              `${one.value} ${one.unit}`,
              `${one.min} to ${one.max}`,
              one.meaning,
              one.source,
            ]),
          ),
        ]),
  ].join('\n\n');
}

/** `R1, R2`; empty for a rule beside the survey. */
function rowsOf({ rows }: RuleDefinition): string {
  return rows.map((row) => `R${row}`).join(', ');
}

/** Anchor of a heading, as GitHub makes it: lower case, without slashes. */
function anchorOf(id: string): string {
  return id.toLowerCase().replaceAll('/', '');
}
