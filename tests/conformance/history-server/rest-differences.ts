import type { AllowedDifference } from './rest-parity.ts';

/** Every difference from the History Server that is meant or cannot be otherwise. Anything else fails the test. */
export const ALLOWED_DIFFERENCES: readonly AllowedDifference[] = [
  {
    endpoint: /./,
    path: /^type 4\d\d$/,
    reason: "an error page of Spark's servlet container is a problem document here, with the same status",
  },
  {
    endpoint: /^(?:applications?|no attempt)$/,
    path: /\.lastUpdated(?:Epoch)?$/,
    onlyWithoutEnd: true,
    reason:
      'of an application without an end Spark tells when it last looked at the log, Headgate when the log changed',
  },
  {
    endpoint: /^(?:applications?|no attempt)$/,
    path: /^(?:\[\*\])?(?:\.attempts\[\*\])?\(order\)$/,
    reason: 'the three times since the epoch are getters, which Java lists in another order each time it starts',
  },
  {
    endpoint: /^(?:all)?executors$/,
    path: /\.totalDuration$/,
    onlyWithoutEnd: true,
    reason: "the driver's time of an application without an end goes on until the moment of the answer",
  },
  {
    endpoint: /^(?:stages?|taskList|taskSummary)$/,
    path: /\.duration(?:\[\*\])?$/,
    onlyWithoutEnd: true,
    reason: 'a task without an end runs, for Spark, until it read the log; here until the last time in the log',
  },
  {
    endpoint: /^sql$/,
    path: /\.duration$/,
    onlyWithoutEnd: true,
    reason: 'an execution without an end goes on until the moment of the answer',
  },
];
