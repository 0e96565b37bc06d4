import { z } from 'zod';
import { HeadgateError } from '../../../kernel/errors.ts';
import { MAX_SQL_CHARS } from '../../../kernel/sql-result.ts';
import { whole } from '../parameters.ts';
import { defineSparkJobTool, requireTenant } from '../spark.ts';
import { approvalFor } from '../sql/approval-for.ts';

const MAX_CODE_CHARS = 1_000_000;
const MAX_ARGS = 200;
const MAX_TIMEOUT_S = 30 * 86_400;

const text = (max: number) =>
  z.string().refine((given) => given.length >= 1 && given.length <= max, `must be 1 to ${max} characters`);

export const submitSparkJob = defineSparkJobTool({
  name: 'submit_spark_job',
  title: 'Submit a Spark job',
  description:
    'Runs one of: script (.py, or .jar with main_class, in a configured folder), code (PySpark), query (SQL). Gives its job_id at once. Next: get_job_status, get_job_logs.',
  risk: 'write',
  toolsets: ['spark'],
  input: z.object({
    script: text(4096).optional(),
    code: text(MAX_CODE_CHARS).optional(),
    query: text(MAX_SQL_CHARS).optional(),
    main_class: z
      .string()
      .refine((name) => /^[\w$]+(\.[\w$]+)*$/.test(name), 'must be the name of a class')
      .optional(),
    args: z
      .array(z.string())
      .refine((args) => args.length <= MAX_ARGS, `must be at most ${MAX_ARGS}`)
      .default([]),
    conf: z
      .record(z.string(), z.union([z.string(), z.number(), z.boolean()]))
      .default({})
      .describe('Spark properties'),
    name: text(200).optional(),
    timeout_s: whole(1, MAX_TIMEOUT_S).optional().describe('Ended after it; never when absent'),
  }),
  output: z.object({
    job_id: z.string(),
    status: z.string(),
    via: z.enum(['connect', 'submit', 'rest']),
    next: z.string(),
  }),
  example: { code: "print('hello')", conf: { 'spark.executor.memory': '1g' }, timeout_s: 600 },
  approval: async ({ query }, { spark }) => (query === undefined ? null : approvalFor(query, spark)),
  handler: async (input, { spark, caller }) => {
    requireTenant(spark.config, caller.tenant);
    const given = [input.script, input.code, input.query].filter((one) => one !== undefined);
    if (given.length !== 1) {
      throw new HeadgateError(
        'invalid_argument',
        `One of script, code and query is wanted; ${given.length} were given.`,
      );
    }
    const job = await spark.jobs.submit(
      {
        script: input.script,
        code: input.code,
        query: input.query,
        mainClass: input.main_class,
        args: input.args,
        conf: input.conf,
        name: input.name,
        timeoutMs: input.timeout_s === undefined ? null : input.timeout_s * 1000,
      },
      caller,
    );
    return { job_id: job.id, status: job.state, via: job.via, next: `get_job_status with job_id ${job.id}` };
  },
  renderText: ({ job_id, status }) => `Job ${job_id} is ${status}. Follow it with get_job_status.`,
});
