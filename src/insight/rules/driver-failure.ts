import { labelLog } from '../../kernel/log-text.ts';
import { noTime } from './materiality.ts';
import { defineRule } from './rule.ts';

/**
 * Driver failure: the application ended with an exit code although no job and no query failed, so the error is in the
 * driver program and not in this log.
 *
 * Input: application status, exit code, job and query outcomes. Impact: no time; the outcome is what is lost.
 */
export const driverFailure = defineRule({
  id: 'spark/driver-failure',
  thresholds: {
    min_exit_code: {
      value: 1,
      min: 1,
      max: 255,
      unit: 'exit code',
      meaning: 'lowest exit code that counts as a failure',
      source: 'SparkListenerApplicationEnd carries the exit code since Spark 3.5',
    },
  },
  evaluate: (run, limits) => {
    const { application } = run;
    const code = application.exitCode ?? 0;
    if (application.status !== 'FAILED' || Math.abs(code) < limits.min_exit_code) return [];
    if (application.jobs.some((job) => job.status === 'FAILED')) return [];
    if (application.sqlExecutions.some((execution) => execution.status === 'FAILED')) return [];
    const last = application.jobs.at(-1);
    return [
      {
        title: `The driver ended with exit code ${code} and no job failed`,
        severity: 'critical',
        impact: noTime(),
        confidence: 0.9,
        evidence: [
          {
            fact: `Application ended with exit code ${code}.`,
            address: 'log:ApplicationEnd',
            metric: 'exit_code',
            value: code,
          },
          {
            fact:
              last === undefined
                ? 'No job ran.'
                : `All ${application.jobs.length} jobs ended without an error; the last was job ${last.jobId} (${labelLog(last.name)}).`,
            address: last === undefined ? 'jobs' : `jobs/${last.jobId}`,
          },
        ],
        advice: [
          'Read the standard error of the driver: the exception is there, event logs do not carry it. 137 is a memory kill of the driver (raise spark.driver.memory), 143 a stop from outside.',
        ],
        stages: [],
      },
    ];
  },
});
