import type { Requirement } from './requirement.ts';

/** What the store promises, on SQLite and on PostgreSQL. */
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
  {
    id: 'store.tenant-each-call',
    behaviour: 'Nothing is read from the store or written to it without naming the tenant.',
    source: 'issue: For a team',
  },
  {
    id: 'store.audit-retention',
    behaviour:
      'Audit rows older than the retention are removed, of every tenant, in batches, by any gateway on the store.',
    source: 'issue: Privacy',
  },
  {
    id: 'store.summaries',
    behaviour:
      'A summary of a log comes back byte for byte, for its state of the log, its engine and its tenant alone.',
    source: 'issue: Warm and growing',
  },
  {
    id: 'store.summaries-bounded',
    behaviour: 'Summaries of a tenant stay within their bound: those least recently used leave.',
    source: 'issue: Warm and growing',
  },
  {
    id: 'store.headlines',
    behaviour:
      'Headlines of listed logs are kept by source, engine and tenant, replaced as logs change, and forgotten with them.',
    source: 'issue: Warm and growing',
  },
  {
    id: 'store.shared',
    behaviour:
      'A second gateway on the same store sees what the first one wrote; two that write the same thing leave it whole.',
    source: 'issue: Warm and growing',
  },
  {
    id: 'store.foreign-refused',
    behaviour: 'A database or schema of another program is refused, and nothing of it changes.',
    source: 'issue: Bad input',
  },
  {
    id: 'store.several-tenants',
    behaviour: 'SQLite serves the tenant local alone: with others configured the start is refused.',
    source: 'issue: For a team',
  },
  {
    id: 'store.row-level-security',
    behaviour:
      'On PostgreSQL every table forces row-level security, and every transaction runs as a role that owns nothing.',
    source: 'issue: For a team',
  },
  {
    id: 'store.reset-role',
    behaviour: 'SQL inside a tenant’s transaction that resets or changes the role sees no row of another tenant.',
    source: 'issue: For a team',
  },
  {
    id: 'store.unbound-refused',
    behaviour: 'A login that row-level security does not bind is refused where several tenants are configured.',
    source: 'issue: For a team',
  },
  {
    id: 'store.leaks-refused',
    behaviour: 'A schema whose separation of tenants was taken away is refused at the start and told by the probe.',
    source: 'issue: For a team',
  },
  {
    id: 'store.administrator-sql',
    behaviour: 'Where the login lacks a right, the error has the SQL that an administrator has to run.',
    source: 'issue: For a team',
  },
  {
    id: 'store.no-password',
    behaviour: 'No error of the store repeats the password of its address.',
    source: 'issue: Privacy',
  },
  {
    id: 'store.address',
    behaviour: 'The address sets TLS, pool and timeouts; what it may not hold is an error that names the parameter.',
    source: 'issue: Warm and growing',
  },
  {
    id: 'store.tls',
    behaviour:
      'A connection to PostgreSQL is encrypted beyond loopback, and checks certificate and host as sslmode says.',
    source: 'issue: For a team',
  },
  {
    id: 'store.committed-survives',
    behaviour: 'A process that is killed at any moment loses no committed row, on either database.',
    source: 'issue: Warm and growing',
  },
  {
    id: 'store.reads-go-on',
    behaviour: 'When the store is full or gone, what only reads goes on, and its answer says what was not stored.',
    source: 'issue: Bad input',
  },
  {
    id: 'store.no-change-unaudited',
    behaviour: 'What changes something is not run when it cannot be written to the audit log.',
    source: 'issue: Bad input',
  },
  {
    id: 'store.comes-back',
    behaviour: 'A store that was gone is used again when it is back, without a restart.',
    source: 'issue: Bad input',
  },
  {
    id: 'store.full',
    behaviour: 'A full disk is told as such, and leaves what was stored before.',
    source: 'issue: Bad input',
  },
  {
    id: 'store.probe',
    behaviour:
      'The probe says whether the store can be reached, which schema it has, and whether tenants are kept apart.',
    source: 'issue: For a team',
  },
] as const satisfies readonly Requirement[];
