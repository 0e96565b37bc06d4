import { z } from 'zod';
import { type Attribution, compareApplications, toPart } from '../../../insight/index.ts';
import { tableSchema } from '../../../kernel/table.ts';
import {
  loadPair,
  MEASURE_COLUMNS,
  measureCells,
  pairGaps,
  pairInput,
  sideOnWire,
  sideOutput,
} from '../application-pair.ts';
import { firstRows } from '../first-rows.ts';
import { gapsOutput } from '../gaps.ts';
import { count } from '../parameters.ts';
import { defineSparkTool } from '../spark-history.ts';

const JOB_COLUMNS = ['job', 'a_job_id', 'b_job_id', 'a_status', 'b_status', 'a_ms', 'b_ms', 'delta_ms'] as const;
const FINDING_COLUMNS = ['change', 'rule', 'a_severity', 'b_severity', 'a_title', 'b_title'] as const;
const WHERE_COLUMNS = ['by', 'part', 'a_ms', 'b_ms', 'delta_ms'] as const;
const CAUSE_COLUMNS = ['kind', 'subject', 'a', 'b'] as const;

/** Differences of the runs that are shown. */
const MAX_CAUSES = 10;

export const compareJobPerformance = defineSparkTool({
  name: 'compare_job_performance',
  title: 'Compare the performance of two applications',
  description:
    'Duration, task time, GC, data and executors with delta (b − a) and ratio; jobs paired by description; where the difference lies (phases add up to it, and so do stages), what differs that may cause it; findings that appeared or disappeared. Within 5 % is neutral; a failed side decides the verdict.',
  risk: 'read',
  toolsets: ['spark-history', 'spark-history-compact'],
  input: z.object({ ...pairInput, top_n: count(10) }),
  output: z.object({
    verdict: z.string(),
    reason: z.string(),
    a: sideOutput,
    b: sideOutput,
    measures: tableSchema(MEASURE_COLUMNS),
    jobs: tableSchema(JOB_COLUMNS),
    findings: tableSchema(FINDING_COLUMNS),
    where: tableSchema(WHERE_COLUMNS),
    causes: tableSchema(CAUSE_COLUMNS),
    gaps: gapsOutput,
  }),
  handler: async (input, context) => {
    const pair = await loadPair(input, context);
    const compared = compareApplications(pair.a.application, pair.b.application);
    return {
      ...compared.verdict,
      a: sideOnWire(pair.a),
      b: sideOnWire(pair.b),
      measures: firstRows(compared.measures, compared.measures.length, MEASURE_COLUMNS, measureCells),
      jobs: firstRows(compared.jobs, input.top_n, JOB_COLUMNS, ({ name, left, right, deltaMs }) => ({
        job: name,
        a_job_id: left?.jobId ?? null,
        b_job_id: right?.jobId ?? null,
        a_status: left?.status ?? null,
        b_status: right?.status ?? null,
        a_ms: left?.durationMs ?? null,
        b_ms: right?.durationMs ?? null,
        delta_ms: deltaMs,
      })),
      findings: firstRows(
        compared.findings,
        compared.findings.length,
        FINDING_COLUMNS,
        ({ rule, change, left, right }) => ({
          change,
          rule,
          a_severity: left?.severity ?? null,
          b_severity: right?.severity ?? null,
          a_title: left?.title ?? null,
          b_title: right?.title ?? null,
        }),
      ),
      where: whereTable(compared.where, input.top_n),
      causes: firstRows(compared.causes, MAX_CAUSES, CAUSE_COLUMNS, ({ kind, subject, baseline, candidate }) => ({
        kind,
        subject,
        a: baseline,
        b: candidate,
      })),
      gaps: pairGaps(pair),
    };
  },
});

/** All phases, and the groups of stages that differ most. */
function whereTable(where: Attribution | null, groups: number) {
  const parts = [
    ...(where?.phases ?? []).map((part) => ({ by: 'phase', ...toPart(part) })),
    ...(where?.groups ?? []).slice(0, groups).map((part) => ({ by: 'stages', ...toPart(part) })),
  ];
  return firstRows(parts, parts.length, WHERE_COLUMNS, ({ by, part, baseline_ms, candidate_ms, delta_ms }) => ({
    by,
    part,
    a_ms: baseline_ms,
    b_ms: candidate_ms,
    delta_ms,
  }));
}
