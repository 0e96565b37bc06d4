import { z } from 'zod';
import { HeadgateError } from '../../../kernel/errors.ts';
import { quoteLog } from '../../../kernel/log-text.ts';
import { quoted } from '../../../kernel/quoted.ts';
import { countNoun } from '../../../kernel/units.ts';
import type { JobLog } from '../jobs/job-logs.ts';
import { filterLines, LEVELS } from '../jobs/log-lines.ts';
import { JobId, whole } from '../parameters.ts';
import { defineSparkJobTool, requireTenant } from '../spark.ts';

const MAX_TAIL = 10_000;
/** Characters of all logs in one answer: about 3,000 tokens. */
const ANSWER_CHARS = 10_000;
const LINE_CHARS = 1_000;

export const getJobLogs = defineSparkJobTool({
  name: 'get_job_logs',
  title: 'Get the logs of a Spark job',
  description: 'Last lines of the logs of a job. Pass `cursor` back to read on from there.',
  risk: 'read',
  toolsets: ['spark'],
  input: z.object({
    job_id: JobId,
    source: z.enum(['driver', 'executors']).default('driver'),
    stream: z.enum(['stdout', 'stderr', 'both']).default('both'),
    tail: whole(1, MAX_TAIL).default(100).describe('Lines of each log'),
    level: z
      .string()
      .transform((word) => word.toUpperCase().replace(/^WARNING$/, 'WARN'))
      .pipe(z.enum(LEVELS))
      .optional()
      .describe('This and above'),
    pattern: z.string().optional().describe('Text, or /regex/'),
    cursor: z.string().optional(),
  }),
  output: z.object({
    logs: z.array(
      z.object({ log: z.string(), lines: z.number(), bytes: z.number(), truncated: z.boolean(), text: quoted() }),
    ),
    gaps: z.array(z.string()),
    cursor: z.string(),
  }),
  example: { job_id: 'job-38K2SjArzxTeqrrl', level: 'ERROR', tail: 50 },
  handler: async (input, { spark, caller, signal }) => {
    requireTenant(spark.config, caller.tenant);
    const request = { source: input.source, stream: input.stream, from: offsetsOf(input.cursor) };
    const { logs, gaps } = await spark.jobs.logs(caller, input.job_id, request, signal);
    const chars = Math.floor(ANSWER_CHARS / Math.max(1, logs.length));
    return {
      logs: logs.map((log) => shown(log, input, chars)),
      gaps: [...gaps],
      cursor: Buffer.from(JSON.stringify(Object.fromEntries(logs.map(({ name, part }) => [name, part.end])))).toString(
        'base64url',
      ),
    };
  },
  renderText: ({ logs, gaps }) =>
    [
      ...logs.flatMap(({ log, lines, truncated, text }) => [
        `${log}: ${countNoun(lines, 'line')}${truncated ? ', earlier ones left out' : ''}`,
        ...(lines === 0 ? [] : [text]),
      ]),
      ...gaps,
    ].join('\n'),
});

function shown(
  { name, part }: JobLog,
  { level, pattern, tail }: { level?: (typeof LEVELS)[number] | undefined; pattern?: string | undefined; tail: number },
  maxChars: number,
) {
  const wanted = filterLines(part.lines, { level, pattern });
  const last = wanted.slice(-tail).map((line) => (line.length > LINE_CHARS ? `${line.slice(0, LINE_CHARS)}…` : line));
  let chars = 0;
  const fitting = last.findLastIndex((line) => {
    chars += line.length + 1;
    return chars > maxChars;
  });
  const lines = last.slice(fitting + 1);
  return {
    log: name,
    lines: lines.length,
    bytes: part.bytes,
    truncated: part.cut || lines.length < wanted.length,
    text: quoteLog(lines.join('\n'), maxChars + LINE_CHARS),
  };
}

function offsetsOf(cursor: string | undefined): Record<string, number> | null {
  if (cursor === undefined) return null;
  try {
    return z
      .record(z.string(), z.int().nonnegative())
      .parse(JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')));
  } catch (cause) {
    throw new HeadgateError('invalid_argument', 'The cursor is not one that this server gave out.', { cause });
  }
}
