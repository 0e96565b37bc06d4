import { z } from 'zod';
import { formatBytes, formatCount, formatShare } from '../../../../kernel/units.ts';
import { type Advisory, figure } from '../advisory.ts';
import type { ServerFacts } from '../server-facts.ts';
import { defineLook } from './health-check.ts';

/** Hit ratios of working sets that fit memory are above these. Sources: Heroku's and crystaldba's health checks use 0.95 to 0.99. */
const MIN_INDEX_HIT = 0.95;
const MIN_TABLE_HIT = 0.9;
/** Fewer blocks than this (800 MB) say nothing about a working set. */
const MIN_BLOCKS = 100_000;
const DAY_MS = 86_400_000;
/** Temporary files written in a day that are worth a look. Bytes. */
const TEMP_BYTES_A_DAY = 10 * 1024 * 1024 * 1024;
const MIN_TEMP_BYTES = 1024 * 1024 * 1024;
/** Checkpoints should come by time. Source: the manual at checkpoint_warning and max_wal_size. */
const MAX_REQUESTED_SHARE = 0.5;
const MIN_CHECKPOINTS = 10;

const Hits = z.object({
  heapHit: z.number(),
  heapRead: z.number(),
  indexHit: z.number(),
  indexRead: z.number(),
  buffers: z.string(),
});

/** How much of what is read comes from shared buffers. */
export const buffersLook = defineLook({
  what: 'buffer hits',
  sql: () => `
    select coalesce(sum(heap_blks_hit), 0)::float8 as "heapHit", coalesce(sum(heap_blks_read), 0)::float8 as "heapRead",
      coalesce(sum(idx_blks_hit), 0)::float8 as "indexHit", coalesce(sum(idx_blks_read), 0)::float8 as "indexRead",
      current_setting('shared_buffers') as buffers
    from pg_catalog.pg_statio_user_tables`,
  row: Hits,
  judge: ([row]) => {
    if (row === undefined) return { findings: [] };
    const sides = [
      { what: 'index', hit: row.indexHit, read: row.indexRead, least: MIN_INDEX_HIT },
      { what: 'table', hit: row.heapHit, read: row.heapRead, least: MIN_TABLE_HIT },
    ];
    return {
      findings: sides.flatMap(({ what, hit, read, least }): Advisory[] => {
        const ratio = hit / Math.max(hit + read, 1);
        if (hit + read < MIN_BLOCKS || ratio >= least) return [];
        return [
          {
            rule: 'postgres/low-buffer-hits',
            title: `Only ${formatShare(ratio)} of ${what} blocks come from shared buffers`,
            severity: ratio < least - 0.15 ? 'warning' : 'info',
            evidence: [
              figure(
                `${formatCount(read)} blocks read beside ${formatCount(hit)} hits, shared_buffers ${row.buffers}`,
                `pg_statio_user_tables/${what}`,
                'hit_ratio',
                ratio,
                'share',
              ),
            ],
            advice: [
              'Raise shared_buffers towards a quarter of the memory; list_top_queries sorted by io shows who reads.',
            ],
          },
        ];
      }),
    };
  },
});

const Files = z.object({ files: z.number(), bytes: z.number(), since: z.number().nullable(), workMem: z.string() });

/** Temporary files: sorts and hashes that did not fit work_mem. */
export const temporaryFilesLook = defineLook({
  what: 'temporary files',
  sql: () => `
    select temp_files::float8 as files, temp_bytes::float8 as bytes, extract(epoch from stats_reset)::float8 * 1000 as since,
      current_setting('work_mem') as "workMem"
    from pg_catalog.pg_stat_database where datname = current_database()`,
  row: Files,
  judge: ([row], server) => ({ findings: row === undefined ? [] : temporaryFiles(row, server) }),
});

function temporaryFiles({ files, bytes, since, workMem }: z.infer<typeof Files>, { now }: ServerFacts): Advisory[] {
  const days = since === null ? null : Math.max((now - since) / DAY_MS, 1);
  if (bytes < MIN_TEMP_BYTES || (days !== null && bytes / days < TEMP_BYTES_A_DAY)) return [];
  return [
    {
      rule: 'postgres/temporary-files',
      title: `Queries wrote ${formatBytes(bytes)} of temporary files`,
      severity: 'warning',
      evidence: [
        figure(
          `${formatCount(files)} files${days === null ? '' : ` in ${formatCount(days)} days`}, work_mem ${workMem}`,
          'pg_stat_database',
          'temp_bytes',
          bytes,
          'bytes',
        ),
      ],
      advice: [
        'list_top_queries sorted by io names them; explain_query with analyze shows the step. Raise work_mem for those queries or roles, not for all.',
      ],
    },
  ];
}

const Checkpoints = z.object({ timed: z.number(), requested: z.number(), maxWal: z.string() });

/** Checkpoints that came before their time, because of max_wal_size. */
export const checkpointsLook = defineLook({
  what: 'checkpoints',
  sql: ({ version }) =>
    version >= 170_000
      ? `select num_timed::float8 as timed, num_requested::float8 as requested, current_setting('max_wal_size') as "maxWal"
          from pg_catalog.pg_stat_checkpointer`
      : `select checkpoints_timed::float8 as timed, checkpoints_req::float8 as requested, current_setting('max_wal_size') as "maxWal"
          from pg_catalog.pg_stat_bgwriter`,
  row: Checkpoints,
  judge: ([row]) => {
    if (row === undefined) return { findings: [] };
    const { timed, requested, maxWal } = row;
    const share = requested / Math.max(timed + requested, 1);
    if (timed + requested < MIN_CHECKPOINTS || share < MAX_REQUESTED_SHARE) return { findings: [] };
    return {
      findings: [
        {
          rule: 'postgres/requested-checkpoints',
          title: `${formatShare(share)} of the checkpoints came before their time`,
          severity: 'warning',
          evidence: [
            figure(
              `${formatCount(requested)} requested beside ${formatCount(timed)} timed, max_wal_size ${maxWal}`,
              'pg_stat_bgwriter',
              'requested_share',
              share,
              'share',
            ),
          ],
          advice: [
            'Raise max_wal_size until checkpoints come by checkpoint_timeout: each early one writes whole pages to the WAL again.',
          ],
        },
      ],
    };
  },
});
