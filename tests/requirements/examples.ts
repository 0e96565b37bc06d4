import type { Requirement } from './requirement.ts';

/** What is promised of the examples. */
export const requirements = [
  {
    id: 'examples.clients-run',
    behaviour: 'The example clients in TypeScript and Python run against a server as it is.',
    source: 'issue: Documents and samples',
  },
] as const satisfies readonly Requirement[];
