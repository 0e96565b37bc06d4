import type { Requirement } from './requirement.ts';

/** What the embedded store promises. */
export const requirements = [
  {
    id: 'store.audit-log',
    behaviour:
      'The audit log keeps who called which tool, the hash of the arguments, the outcome and the time it took.',
    source: 'issue: Gateway',
  },
  {
    id: 'store.tenant-in-every-key',
    behaviour: 'Every table has the tenant as a column and as the first part of its key.',
    source: 'design: The vocabulary',
  },
  { id: 'store.older-migrates', behaviour: 'A store of an older Headgate is migrated.', source: 'issue: Gateway' },
  {
    id: 'store.newer-refused',
    behaviour: 'A store of a newer Headgate is refused, and not one byte of it changes.',
    source: 'issue: Gateway',
  },
  {
    id: 'store.failed-migration-leaves-old',
    behaviour: 'A migration that fails leaves the store as it was.',
    source: 'issue: Gateway',
  },
  {
    id: 'store.owner-only',
    behaviour:
      'A store that is created can be read by its owner alone, whatever the umask; so can the folder created for it.',
    source: 'issue: Security',
  },
  {
    id: 'store.many-processes',
    behaviour: 'Several processes create, open and write the same store at once.',
    source: 'issue: Gateway',
  },
] as const satisfies readonly Requirement[];
