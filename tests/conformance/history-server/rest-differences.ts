import type { AllowedDifference } from './rest-parity.ts';

/** Every difference from the History Server that is meant or cannot be otherwise. Anything else fails the test. */
export const ALLOWED_DIFFERENCES: readonly AllowedDifference[] = [
  {
    endpoint: /./,
    path: /^type 4\d\d$/,
    reason: 'where Spark answers with its servlet container’s HTML page, Headgate answers with a problem document',
  },
];
