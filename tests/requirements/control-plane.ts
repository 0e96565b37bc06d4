import type { Requirement } from './requirement.ts';

const source = 'issue 7: Snapshots and history';

/** What is promised of the desired state, its history and the snapshots made from it. */
export const requirements = [
  {
    id: 'control-plane.version-is-content',
    behaviour: 'The version of a state is a hash of its content: it changes if and only if the content does.',
    source,
  },
] as const satisfies readonly Requirement[];
