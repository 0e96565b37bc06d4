import type { Requirement } from './requirement.ts';

/** What clients made for a Spark History Server find here. */
export const requirements = [
  {
    id: 'peer.client-unchanged',
    behaviour:
      'The MCP server that others put in front of a Spark History Server works with our REST unchanged: each of its tools says the same.',
    source: 'issue: Shown by',
  },
] as const satisfies readonly Requirement[];
