import { labelLog } from '../../kernel/log-text.ts';
import { SIGKILL_CONFIDENCE, SIGKILL_MEANING } from './exit-code.ts';
import { noTime } from './materiality.ts';
import { defineRule } from './rule.ts';

/** Exit code of a process that was killed: 128 + SIGKILL. */
const KILLED = 137;
/** Exit code of a process that was asked to stop: 128 + SIGTERM. */
const STOPPED = 143;

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
        confidence: code === KILLED ? SIGKILL_CONFIDENCE : 0.9,
        evidence: [
          {
            fact: code === KILLED ? `The driver was ${SIGKILL_MEANING}.` : `Application ended with exit code ${code}.`,
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
        advice: adviceFor(code),
        stages: [],
      },
    ];
  },
});

function adviceFor(code: number): string[] {
  const read = 'Read the standard error of the driver: the exception is there, event logs do not carry it.';
  if (code === KILLED)
    return [
      'Ask the cluster manager who killed the driver (OOMKilled, preemption, a person). If it was memory, raise spark.driver.memory or spark.driver.memoryOverhead.',
    ];
  return code === STOPPED ? ['Exit code 143 is SIGTERM: something outside stopped the driver.', read] : [read];
}
