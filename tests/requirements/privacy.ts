import type { Requirement } from './requirement.ts';

/** What of an event log may leave Headgate. */
export const requirements = [
  {
    id: 'privacy.secrets-always',
    behaviour: 'Secrets are masked at every level, as Spark masks them.',
    source: 'issue: Privacy',
  },
  {
    id: 'privacy.literals',
    behaviour: 'At the level literals, the literals of SQL are masked in descriptions, plans and errors too.',
    source: 'issue: Privacy',
  },
  {
    id: 'privacy.identities',
    behaviour: 'At the level identities, names of users and hosts are replaced too, each by the same name everywhere.',
    source: 'issue: Privacy',
  },
] as const satisfies readonly Requirement[];
