import { z } from 'zod';
import { loadRunStatistics } from '../../../insight/index.ts';
import { labelLog, quoteLogLine } from '../../../kernel/log-text.ts';
import { type Cell, tableSchema } from '../../../kernel/table.ts';
import { countNoun } from '../../../kernel/units.ts';
import { firstRows } from '../first-rows.ts';
import { gapsOutput } from '../gaps.ts';
import { count } from '../parameters.ts';
import { type Regression, rounded, sentenceOf } from '../runs/describe-history.ts';
import { loadRuns, runsInput } from '../runs/load-runs.ts';
import { defineSparkTool } from '../spark-history.ts';
import { rfc3339 } from '../times.ts';

const REGRESSION_COLUMNS = [
  'application',
  'kind',
  'direction',
  'since_app_id',
  'since_time',
  'ratio',
  'ratio_low',
  'ratio_high',
  'before_ms',
  'after_ms',
] as const;
const DIFFERENCE_COLUMNS = ['application', 'since_app_id', 'kind', 'subject', 'before', 'after'] as const;

/** Differences that are named of one regression, what can be acted upon first; and characters of a value. */
const NAMED_DIFFERENCES = 8;
const VALUE_CHARS = 100;

export const detectRegressions = defineSparkTool({
  name: 'detect_regressions',
  title: 'Detect regressions',
  description:
    'Since when a recurring application, or each one of a source, is slower or faster than volume and season explain, by how much, and what changed with it: configuration, plan, version, volume, findings, stages. The latest run is judged alone too.',
  risk: 'read',
  toolsets: ['spark-history', 'spark-history-compact'],
  input: z.object({ ...runsInput, length: count(10).describe('Rows; 0: all') }),
  output: z.object({
    summary: z.array(z.string()),
    regressions: tableSchema(REGRESSION_COLUMNS),
    differences: tableSchema(DIFFERENCE_COLUMNS),
    applications_judged: z.number(),
    applications_with_too_few_runs: z.number(),
    unread_logs: z.number(),
    gaps: gapsOutput,
  }),
  handler: async (input, context) => {
    const { applications, unreadCount, gaps } = await loadRuns(input, context);
    const { judgeApplication, FEWEST_RUNS } = await loadRunStatistics();
    const judged = applications.map(({ key, runs }) => ({
      key,
      ...judgeApplication(runs.map(({ record }) => record)),
    }));
    const found = judged
      .flatMap(({ key, regressions }) => regressions.map((regression) => ({ key, regression })))
      .sort((a, b) => weightOf(b.regression) - weightOf(a.regression));
    const shown = found.slice(0, input.length);
    const differences = shown.flatMap((one) =>
      one.regression.differences.slice(0, NAMED_DIFFERENCES).map((difference) => ({ ...one, difference })),
    );
    const tooFew = judged.filter(({ history }) => history === null).length;
    return {
      summary: found.length === 0 ? [nothing(judged.length - tooFew, FEWEST_RUNS)] : shown.slice(0, 3).map(sentence),
      regressions: firstRows(found, input.length, REGRESSION_COLUMNS, cells),
      differences: firstRows(
        differences,
        differences.length,
        DIFFERENCE_COLUMNS,
        ({ key, regression, difference }) => ({
          application: labelLog(key),
          since_app_id: labelLog(regression.since.appId),
          kind: difference.kind,
          subject: labelLog(difference.subject),
          before: shownValue(difference.before),
          after: shownValue(difference.after),
        }),
      ),
      applications_judged: judged.length - tooFew,
      applications_with_too_few_runs: tooFew,
      unread_logs: unreadCount,
      gaps: [...gaps],
    };
  },
});

interface Found {
  readonly key: string;
  readonly regression: Regression;
}

/** Slow-downs first, by the time that they cost each run. */
function weightOf({ direction, ratio, afterMs }: Regression): number {
  const cost = Math.abs(afterMs - afterMs / ratio);
  return direction === 'slower' ? cost : -1 / (1 + cost);
}

const sentence = ({ key, regression }: Found): string => `${labelLog(key)}: ${sentenceOf(regression)}`;

function nothing(judgedCount: number, fewest: number): string {
  if (judgedCount === 0) return `Nothing could be judged: that takes ${fewest} runs of an application that succeeded.`;
  return `No change in ${countNoun(judgedCount, 'application')}: what differs is within noise, volume and season.`;
}

const cells = ({ key, regression }: Found) => ({
  application: labelLog(key),
  kind: regression.kind,
  direction: regression.direction,
  since_app_id: labelLog(regression.since.appId),
  since_time: rfc3339(regression.since.startMs),
  ratio: rounded(regression.ratio),
  ratio_low: rounded(regression.interval[0]),
  ratio_high: rounded(regression.interval[1]),
  before_ms: Math.round(regression.beforeMs),
  after_ms: Math.round(regression.afterMs),
});

const shownValue = (value: string | number | null): Cell =>
  typeof value === 'string' ? (isPlain(value) ? value : quoteLogLine(value, VALUE_CHARS)) : value;

/** Words of our own and short names stand as they are. */
const isPlain = (value: string): boolean => labelLog(value) === value;
