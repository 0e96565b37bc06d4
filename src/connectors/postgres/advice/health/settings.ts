import { z } from 'zod';
import { labelLog } from '../../../../kernel/log-text.ts';
import { countNoun } from '../../../../kernel/units.ts';
import { type Advisory, figure } from '../advisory.ts';
import { defineLook } from './health-check.ts';

interface Harm {
  readonly severity: Advisory['severity'];
  readonly harmful: (value: string) => boolean;
  readonly why: string;
}

const off = (value: string) => value === 'off';
const on = (value: string) => value === 'on';

/** Settings that lose rows, hide damage or blind the planner. Source: the manual, "Server Configuration", at each of them. */
const HARMS: Readonly<Record<string, Harm>> = {
  fsync: { severity: 'critical', harmful: off, why: 'a crash of the machine can destroy the database' },
  full_page_writes: { severity: 'critical', harmful: off, why: 'a crash can leave torn pages that nothing repairs' },
  zero_damaged_pages: { severity: 'critical', harmful: on, why: 'damaged pages are emptied silently' },
  ignore_checksum_failure: { severity: 'critical', harmful: on, why: 'damaged pages are read as if they were whole' },
  ignore_system_indexes: { severity: 'warning', harmful: on, why: 'catalogues are read whole' },
  autovacuum: { severity: 'critical', harmful: off, why: 'dead rows stay and transaction numbers run out' },
  track_counts: { severity: 'critical', harmful: off, why: 'autovacuum does not know what to do' },
  synchronous_commit: {
    severity: 'info',
    harmful: off,
    why: 'a crash loses transactions that were reported as committed',
  },
  enable_seqscan: { severity: 'warning', harmful: off, why: 'the planner avoids what may be cheapest' },
  enable_indexscan: { severity: 'warning', harmful: off, why: 'the planner avoids what may be cheapest' },
  enable_hashjoin: { severity: 'warning', harmful: off, why: 'the planner avoids what may be cheapest' },
  enable_mergejoin: { severity: 'warning', harmful: off, why: 'the planner avoids what may be cheapest' },
  enable_nestloop: { severity: 'warning', harmful: off, why: 'the planner avoids what may be cheapest' },
  enable_bitmapscan: { severity: 'warning', harmful: off, why: 'the planner avoids what may be cheapest' },
};

const Setting = z.object({ name: z.string(), value: z.string(), pending: z.boolean(), source: z.string() });

/** Settings that are clearly harmful, and those that wait for a restart. */
export const settingsLook = defineLook({
  what: 'settings',
  // What this session itself has set is no setting of the server.
  sql: () => `
    select name, case when source = 'session' then reset_val else setting end as value, pending_restart as pending, source
    from pg_catalog.pg_settings
    where pending_restart or name in (${Object.keys(HARMS)
      .map((name) => `'${name}'`)
      .join(', ')})`,
  row: Setting,
  judge: (rows) => ({
    findings: [
      ...rows.flatMap(({ name, value, source }): Advisory[] => {
        const harm = HARMS[name];
        if (harm === undefined || !harm.harmful(value)) return [];
        return [
          {
            rule: 'postgres/harmful-setting',
            title: `${name} is ${value}: ${harm.why}`,
            severity: harm.severity,
            evidence: [{ fact: `set by ${labelLog(source)}`, address: `settings/${name}` }],
            advice: [`ALTER SYSTEM RESET ${name}; then reload or restart the server.`],
          },
        ];
      }),
      ...pendingRestart(rows.filter(({ pending }) => pending).map(({ name }) => name)),
    ],
  }),
});

function pendingRestart(names: readonly string[]): Advisory[] {
  if (names.length === 0) return [];
  return [
    {
      rule: 'postgres/pending-restart',
      title: `${countNoun(names.length, 'changed setting')} waiting for a restart`,
      severity: 'info',
      evidence: names
        .slice(0, 5)
        .map((name) => ({ fact: 'changed in the files, not in force', address: `settings/${labelLog(name)}` })),
      advice: ['Restart the server when it suits.'],
    },
  ];
}

const Checksums = z.object({ database: z.string().nullable(), failures: z.number() });

/** Pages whose checksum was wrong: the disk or the memory is damaged. */
export const checksumsLook = defineLook({
  what: 'page checksums',
  sql: () => `
    select datname as database, checksum_failures::float8 as failures from pg_catalog.pg_stat_database
    where checksum_failures > 0`,
  row: Checksums,
  judge: (rows) => ({
    findings: rows.map(({ database, failures }) => ({
      rule: 'postgres/checksum-failures',
      title: `${failures} pages of ${labelLog(database ?? 'the shared catalogues')} had a wrong checksum`,
      severity: 'critical' as const,
      evidence: [figure('damaged on disk or in memory', 'pg_stat_database', 'checksum_failures', failures, 'pages')],
      advice: [
        'Stop writing, check the disk, and restore the relations that the server log names from a backup or a standby.',
      ],
    })),
  }),
});
