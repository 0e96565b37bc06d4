import { z } from 'zod';
import { compareEnvironments } from '../../../insight/index.ts';
import { labelLog, quoteLog } from '../../../kernel/log-text.ts';
import { tableSchema, toTable } from '../../../kernel/table.ts';
import { loadPair, pairGaps, pairInput, sideOnWire, sideOutput } from '../application-pair.ts';
import { gapsOutput } from '../gaps.ts';
import { optionInput, pageOf, pagingInput } from '../parameters.ts';
import { ENVIRONMENT_SECTIONS } from '../queries/environment.ts';
import { defineSparkTool } from '../spark-history.ts';

const COLUMNS = ['section', 'key', 'a', 'b'] as const;
const VALUE_CHARS = 150;

export const compareJobEnvironments = defineSparkTool({
  name: 'compare_job_environments',
  title: 'Compare the configuration of two applications',
  description:
    'Properties that differ, Spark tuning first; null is not set. Equal ones are counted. Secrets are redacted.',
  risk: 'read',
  toolsets: ['spark-history', 'spark-history-compact'],
  input: z.object({
    ...pairInput,
    section: optionInput(ENVIRONMENT_SECTIONS),
    ...pagingInput,
  }),
  output: z.object({
    a: sideOutput,
    b: sideOutput,
    differences: tableSchema(COLUMNS),
    common: z.number(),
    run_specific: z.number(),
    spark_versions: z.array(z.string().nullable()),
    gaps: gapsOutput,
  }),
  handler: async (input, context) => {
    const pair = await loadPair(input, context);
    const { differences, commonCount, runSpecificCount } = compareEnvironments(
      pair.a.application.environment,
      pair.b.application.environment,
    );
    const shown = differences.filter(({ section }) => input.section === undefined || section === input.section);
    const versionOf = (version: string | null) => (version === null ? null : labelLog(version));
    return {
      a: sideOnWire(pair.a),
      b: sideOnWire(pair.b),
      differences: toTable(shown, pageOf(input), COLUMNS, ({ section, key, left, right }) => ({
        section,
        key: labelLog(key),
        a: left === null ? null : quoteLog(left, VALUE_CHARS),
        b: right === null ? null : quoteLog(right, VALUE_CHARS),
      })),
      common: commonCount,
      run_specific: runSpecificCount,
      spark_versions: [versionOf(pair.a.application.sparkVersion), versionOf(pair.b.application.sparkVersion)],
      gaps: pairGaps(pair),
    };
  },
});
