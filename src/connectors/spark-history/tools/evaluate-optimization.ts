import { z } from 'zod';
import { effectToJson, evaluateOptimization as evaluate, toPart } from '../../../insight/index.ts';
import { HeadgateError } from '../../../kernel/errors.ts';
import { quote } from '../../../kernel/quote.ts';
import { tableSchema } from '../../../kernel/table.ts';
import { firstRows } from '../first-rows.ts';
import { gapsOf, gapsOutput } from '../gaps.ts';
import { appIdList, optionalText, optionInput } from '../parameters.ts';
import { defineSparkTool, loadApplication } from '../spark-history.ts';

/** Groups of stages, and differences, that are shown. */
const MAX_GROUPS = 10;
const MAX_DIFFERENCES = 20;

const WHERE_COLUMNS = ['by', 'part', 'baseline_ms', 'candidate_ms', 'delta_ms'] as const;
const DIFFERENCE_COLUMNS = ['kind', 'subject', 'baseline', 'candidate'] as const;

export const evaluateOptimization = defineSparkTool({
  name: 'evaluate_optimization',
  title: 'Evaluate an optimization',
  description:
    'Did a change help? Compares runs before (baseline) with runs after (candidate), noise taken into account: faster, slower, neutral or inconclusive; by how much, where, at what cost, what explains it. 3 or more runs a side tell chance from effect.',
  risk: 'read',
  toolsets: ['spark-history', 'spark-history-compact'],
  input: z.object({
    baseline: appIdList(),
    candidate: appIdList(),
    server: optionalText(),
    server1: optionalText(),
    server2: optionalText(),
    volume: optionInput(['match', 'scale', 'ignore']).describe(
      'Runs with another input volume; default match: left out',
    ),
  }),
  output: z.object({
    verdict: z.string(),
    reasons: z.array(z.string()),
    effect: z.record(z.string(), z.union([z.number(), z.array(z.number()), z.null()])),
    where: tableSchema(WHERE_COLUMNS),
    differences: tableSchema(DIFFERENCE_COLUMNS),
    gaps: gapsOutput,
  }),
  handler: async (input, context) => {
    refuseRepeatedRuns(input);
    const load = (ids: readonly string[], side: '1' | '2', server: string | undefined) =>
      Promise.all(ids.map((app_id) => loadApplication({ app_id, server: server ?? input.server, side }, context)));
    const [baseline, candidate] = await Promise.all([
      load(input.baseline, '1', input.server1),
      load(input.candidate, '2', input.server2),
    ]);
    const applicationsOf = (side: typeof baseline) => side.map(({ application }) => application);
    const { effect, where, ...evaluation } = evaluate(applicationsOf(baseline), applicationsOf(candidate), {
      volume: input.volume ?? 'match',
      prices: context.prices ?? null,
    });
    const parts = [
      ...(where?.phases ?? []).map((part) => ({ by: 'phase', ...toPart(part) })),
      ...(where?.groups ?? []).slice(0, MAX_GROUPS).map((part) => ({ by: 'stages', ...toPart(part) })),
    ];
    const costs = (evaluation.cost ?? []).map(({ measure, ...sides }) => ({
      kind: 'cost',
      subject: measure,
      ...sides,
    }));
    const differences = [...costs, ...evaluation.explanations];
    return {
      verdict: evaluation.verdict,
      reasons: [...evaluation.reasons],
      effect: {
        baseline_runs: evaluation.baseline.length,
        candidate_runs: evaluation.candidate.length,
        ...(effect === null ? {} : effectToJson(effect)),
        runs_needed: evaluation.runsNeeded,
      },
      where: firstRows(parts, parts.length, WHERE_COLUMNS, (part) => part),
      differences: firstRows(differences, MAX_DIFFERENCES, DIFFERENCE_COLUMNS, (difference) => ({ ...difference })),
      gaps: [...evaluation.gaps, ...notesOf(baseline, 'baseline'), ...notesOf(candidate, 'candidate')],
    };
  },
});

interface Sides {
  readonly baseline: readonly string[];
  readonly candidate: readonly string[];
  readonly server1?: string | undefined;
  readonly server2?: string | undefined;
}

/** A run that is counted twice would hide the noise that intervals are made of. One id on two servers can be two runs. */
function refuseRepeatedRuns({ baseline, candidate, server1, server2 }: Sides): void {
  const ids = server1 === server2 ? [[...baseline, ...candidate]] : [baseline, candidate];
  const twice = ids.flatMap((side) => side.filter((id, at) => side.indexOf(id) < at))[0];
  if (twice === undefined) return;
  throw new HeadgateError('invalid_argument', `The run ${quote(twice)} is named twice.`, {
    hint: 'Name each run once, as baseline or as candidate; more runs of the same application tell its noise.',
  });
}

function notesOf(side: ReadonlyArray<Parameters<typeof gapsOf>[0]>, name: string): string[] {
  return [...new Set(side.flatMap((loaded) => gapsOf(loaded)))].map((gap) => `${name}: ${gap}`);
}
