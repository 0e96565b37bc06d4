import { z } from 'zod';
import { labelLog } from '../../../../kernel/log-text.ts';
import { formatBytes, formatDuration } from '../../../../kernel/units.ts';
import { type Advisory, figure } from '../advisory.ts';
import { defineLook } from './health-check.ts';

/** A standby this far behind serves old rows and loses them at a failover. */
const LAG_MS = 60_000;
const CRITICAL_LAG_MS = 15 * 60_000;
const LAG_BYTES = 256 * 1024 * 1024;
/** WAL that an inactive slot keeps fills the disk. Bytes. */
const RETAINED_BYTES = 1024 * 1024 * 1024;
const CRITICAL_RETAINED_BYTES = 20 * RETAINED_BYTES;

const Standby = z.object({
  name: z.string(),
  state: z.string().nullable(),
  lagBytes: z.number().nullable(),
  lagMs: z.number().nullable(),
});

/** Standbys that are behind, seen from the primary. */
export const standbysLook = defineLook({
  what: 'replication',
  sql: ({ isStandby }) =>
    isStandby
      ? null
      : `select coalesce(nullif(application_name, ''), pid::text) as name, state,
          pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_lsn(), replay_lsn)::float8 as "lagBytes",
          extract(epoch from replay_lag)::float8 * 1000 as "lagMs"
        from pg_catalog.pg_stat_replication`,
  row: Standby,
  judge: (rows) => {
    const behind = rows.filter(({ lagMs, lagBytes }) => (lagMs ?? 0) >= LAG_MS || (lagBytes ?? 0) >= LAG_BYTES);
    const hidden = rows.filter(({ state }) => state === null).length;
    return {
      findings: behind.map(({ name, state, lagMs, lagBytes }) => ({
        rule: 'postgres/replication-lag',
        title: `Standby ${labelLog(name)} is ${formatBytes(lagBytes ?? 0)} behind`,
        severity: (lagMs ?? 0) >= CRITICAL_LAG_MS ? ('critical' as const) : ('warning' as const),
        evidence: [
          figure(
            `${labelLog(state ?? 'unknown')}, replays what is ${formatDuration(lagMs ?? 0)} old`,
            `replication/${labelLog(name)}`,
            'lag_bytes',
            lagBytes ?? 0,
            'bytes',
          ),
        ],
        advice: [
          'Look at the network and the disk of the standby, and at long queries on it that stop the replay (max_standby_streaming_delay).',
        ],
      })),
      gaps: hidden > 0 ? ['replication: the state of standbys is hidden; GRANT pg_monitor to the role shows it.'] : [],
    };
  },
});

const Behind = z.object({ lagMs: z.number().nullable(), received: z.boolean() });

/** How old what a standby shows is, seen from it. */
export const standbyItselfLook = defineLook({
  what: 'replay of this standby',
  sql: ({ isStandby }) =>
    isStandby
      ? `select extract(epoch from clock_timestamp() - pg_catalog.pg_last_xact_replay_timestamp())::float8 * 1000 as "lagMs",
          pg_catalog.pg_last_wal_receive_lsn() is distinct from pg_catalog.pg_last_wal_replay_lsn() as received`
      : null,
  row: Behind,
  judge: ([row]) => {
    // With nothing new to replay the age of the last change says nothing.
    if (row === undefined || !row.received || (row.lagMs ?? 0) < LAG_MS) return { findings: [] };
    return {
      findings: [
        {
          rule: 'postgres/replication-lag',
          title: `This standby shows what was ${formatDuration(row.lagMs ?? 0)} ago`,
          severity: (row.lagMs ?? 0) >= CRITICAL_LAG_MS ? 'critical' : 'warning',
          evidence: [
            figure('changes are received and not yet replayed', 'replication/replay', 'lag_ms', row.lagMs ?? 0, 'ms'),
          ],
          advice: ['A long query here may stop the replay: list_active_queries.'],
        },
      ],
    };
  },
});

const Slot = z.object({
  name: z.string(),
  active: z.boolean(),
  kind: z.string(),
  retained: z.number().nullable(),
  status: z.string().nullable(),
});

/** Replication slots without a consumer that keep WAL, and those that lost theirs. */
export const slotsLook = defineLook({
  what: 'replication slots',
  sql: ({ version, isStandby }) => `
    select slot_name as name, active, slot_type as kind,
      pg_catalog.pg_wal_lsn_diff(${isStandby ? 'pg_catalog.pg_last_wal_replay_lsn()' : 'pg_catalog.pg_current_wal_lsn()'}, restart_lsn)::float8
        as retained,
      ${version >= 130_000 ? 'wal_status' : 'null::text'} as status
    from pg_catalog.pg_replication_slots`,
  row: Slot,
  judge: (rows) => ({
    findings: rows.flatMap((slot) => {
      if (slot.status === 'lost') return [lostSlot(slot)];
      const idle = !slot.active && (slot.retained ?? 0) > 0;
      return idle || slot.status === 'unreserved' ? [lateSlot(slot)] : [];
    }),
  }),
});

function slotEvidence({ name, kind, active, retained, status }: z.infer<typeof Slot>) {
  const fact = `${labelLog(kind)} slot, ${active ? 'active' : 'inactive'}, WAL ${status ?? 'state unknown'}`;
  return [figure(fact, `slots/${labelLog(name)}`, 'retained_bytes', retained ?? 0, 'bytes')];
}

function lostSlot(slot: z.infer<typeof Slot>): Advisory {
  return {
    rule: 'postgres/lost-slot',
    title: `Replication slot ${labelLog(slot.name)} lost the WAL that its consumer needs`,
    severity: 'critical',
    evidence: slotEvidence(slot),
    advice: ['Its consumer has to begin anew: drop the slot and copy again.'],
  };
}

function lateSlot(slot: z.infer<typeof Slot>): Advisory {
  const kept = slot.retained ?? 0;
  const limits: ReadonlyArray<readonly [number, Advisory['severity']]> = [
    [CRITICAL_RETAINED_BYTES, 'critical'],
    [RETAINED_BYTES, 'warning'],
  ];
  return {
    rule: 'postgres/inactive-slot',
    title: `Replication slot ${labelLog(slot.name)} ${slot.active ? 'is too far behind' : 'has no consumer'} and keeps ${formatBytes(kept)} of WAL`,
    severity: limits.find(([bytes]) => kept >= bytes)?.[1] ?? 'info',
    evidence: slotEvidence(slot),
    advice: [
      "Start its consumer, or drop it: SELECT pg_drop_replication_slot('…'). max_slot_wal_keep_size bounds what slots keep.",
    ],
  };
}
