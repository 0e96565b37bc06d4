import type { Requirement } from './requirement.ts';

/** What thousands of damaged logs and senseless requests may not do. */
export const requirements = [
  {
    id: 'fuzz.logs',
    behaviour:
      'Of 5,000 damaged logs each is an application or a HeadgateError to everything that reads logs, in bounded time and memory.',
    source: 'issue: Shown by (10,000 fuzzed logs and requests)',
  },
  {
    id: 'fuzz.requests',
    behaviour:
      'Of 5,000 senseless requests each is answered to its end without a failure of ours, and the server is as before.',
    source: 'issue: Shown by (10,000 fuzzed logs and requests)',
  },
] as const satisfies readonly Requirement[];
