import { describe, expect, it } from 'vitest';
import type { Client } from '../client.ts';
import { SERVER, scriptedContext } from '../fixtures/scripted-database.ts';
import { buildIndex } from '../fixtures/table-builder.ts';
import type { ServerFacts } from '../server-facts.ts';
import type { ActiveSession } from '../statements/active-sessions.ts';
import { checkHealth, HEALTH_CHECKS } from './check-health.ts';
import { connectionsLook } from './connections.ts';
import { type HealthLook, takeLooks } from './health-check.ts';
import { bloatedIndexesLook, expectedBtreeBytes, indexesLook } from './indexes.ts';
import { blockingFindings, deadlocksLook } from './locks.ts';
import { slotsLook, standbyItselfLook, standbysLook } from './replication.ts';
import { sequencesLook } from './sequences.ts';
import { settingsLook } from './settings.ts';
import { buffersLook, checkpointsLook, temporaryFilesLook } from './storage.ts';
import { deadRowsLook, horizonLook, wraparoundLook } from './vacuum.ts';

const MIB = 1024 * 1024;
const judged = (look: HealthLook, rows: unknown[], server: ServerFacts = SERVER) =>
  look.judge(rows, server).findings.map(({ severity, rule }) => `${severity} ${rule.replace('postgres/', '')}`);

describe('at the threshold [postgres-advice.health-thresholds]', () => {
  const connections = {
    used: 10,
    allowed: 100,
    idle: 0,
    hidden: 0,
    idleInTransaction: 0,
    idlePid: null,
    idleMs: null,
    longPid: null,
    longMs: null,
  };
  it('connections: 80 % and 95 %, five idle minutes, an hour of work [postgres-advice.health-thresholds]', () => {
    expect(judged(connectionsLook, [{ ...connections, used: 79 }])).toEqual([]);
    expect(judged(connectionsLook, [{ ...connections, used: 80 }])).toEqual(['warning connections-full']);
    expect(judged(connectionsLook, [{ ...connections, used: 95 }])).toEqual(['critical connections-full']);
    expect(judged(connectionsLook, [{ ...connections, idlePid: 7, idleMs: 299_999 }])).toEqual([]);
    expect(judged(connectionsLook, [{ ...connections, idlePid: 7, idleMs: 300_000 }])).toEqual([
      'warning idle-in-transaction',
    ]);
    expect(judged(connectionsLook, [{ ...connections, longPid: 7, longMs: 3_600_000 }])).toEqual([
      'warning long-transaction',
    ]);
  });

  it('dead rows: over the threshold of autovacuum, and 40 % of the living [postgres-advice.health-thresholds]', () => {
    const table = {
      schema: 'public',
      name: 't',
      live: 100_000,
      dead: 40_000,
      threshold: 20_050,
      enabled: true,
      vacuumedAt: null,
    };
    expect(judged(deadRowsLook, [table])).toEqual(['warning dead-rows']);
    expect(judged(deadRowsLook, [{ ...table, dead: 39_000 }])).toEqual([]);
    expect(judged(deadRowsLook, [{ ...table, threshold: 50_000 }])).toEqual([]);
    expect(judged(deadRowsLook, [{ ...table, dead: 100_001 }])).toEqual(['critical dead-rows']);
  });

  it('wraparound: 500 million transactions, critical at 1.5 billion [postgres-advice.health-thresholds]', () => {
    const database = { database: 'main', xid: 499_999_999, multixact: 0, freezeAge: 200_000_000 };
    expect(judged(wraparoundLook, [database])).toEqual([]);
    expect(judged(wraparoundLook, [{ ...database, xid: 500_000_000 }])).toEqual(['warning wraparound']);
    expect(judged(wraparoundLook, [{ ...database, multixact: 1_500_000_000 }])).toEqual(['critical wraparound']);
    expect(judged(wraparoundLook, [{ ...database, xid: 900_000_000, freezeAge: 1_000_000_000 }])).toEqual([]);
  });

  it('sequences: 75 % and 90 % of the numbers that column and sequence have [postgres-advice.health-thresholds]', () => {
    const sequence = {
      schema: 'public',
      name: 's',
      column: 't.id',
      columnType: 'integer',
      last: 1,
      most: 2_147_483_647,
    };
    expect(judged(sequencesLook, [{ ...sequence, last: 1_610_000_000 }])).toEqual([]);
    expect(judged(sequencesLook, [{ ...sequence, last: 1_620_000_000 }])).toEqual(['warning sequence-near-end']);
    expect(judged(sequencesLook, [{ ...sequence, last: 2_000_000_000 }])).toEqual(['critical sequence-near-end']);
  });

  it('replication: a minute or 256 MiB behind; slots by the WAL that they keep [postgres-advice.health-thresholds]', () => {
    const standby = { name: 'east', state: 'streaming', lagBytes: 0, lagMs: 0 };
    expect(judged(standbysLook, [{ ...standby, lagMs: 59_999, lagBytes: 256 * MIB - 1 }])).toEqual([]);
    expect(judged(standbysLook, [{ ...standby, lagMs: 60_000 }])).toEqual(['warning replication-lag']);
    expect(judged(standbysLook, [{ ...standby, lagMs: 900_000 }])).toEqual(['critical replication-lag']);
    expect(judged(standbyItselfLook, [{ lagMs: 3_600_000, received: false }])).toEqual([]);
    const slot = { name: 'cdc', active: false, kind: 'logical', retained: MIB, status: 'reserved' };
    expect(judged(slotsLook, [slot, { ...slot, retained: 1024 * MIB }, { ...slot, active: true }])).toEqual([
      'info inactive-slot',
      'warning inactive-slot',
    ]);
    expect(judged(slotsLook, [{ ...slot, active: true, status: 'lost', retained: null }])).toEqual([
      'critical lost-slot',
    ]);
  });

  it('storage: hit ratios, temporary files a day, requested checkpoints [postgres-advice.health-thresholds]', () => {
    const hits = { heapHit: 900_000, heapRead: 100_000, indexHit: 950_000, indexRead: 50_000, buffers: '128MB' };
    expect(judged(buffersLook, [hits])).toEqual([]);
    expect(judged(buffersLook, [{ ...hits, indexHit: 940_000, indexRead: 60_000 }])).toEqual(['info low-buffer-hits']);
    expect(judged(buffersLook, [{ ...hits, heapHit: 100, heapRead: 99_000 }])).toEqual([]);
    const files = { files: 100, bytes: 10 * 1024 * MIB * 29, since: SERVER.now - 30 * 86_400_000, workMem: '4MB' };
    expect(judged(temporaryFilesLook, [files])).toEqual([]);
    expect(judged(temporaryFilesLook, [{ ...files, bytes: 10 * 1024 * MIB * 30 }])).toEqual([
      'warning temporary-files',
    ]);
    expect(judged(checkpointsLook, [{ timed: 5, requested: 4, maxWal: '1GB' }])).toEqual([]);
    expect(judged(checkpointsLook, [{ timed: 5, requested: 5, maxWal: '1GB' }])).toEqual([
      'warning requested-checkpoints',
    ]);
    expect(judged(deadlocksLook, [{ deadlocks: 23, days: 0.5 }])).toEqual([]);
    expect(judged(deadlocksLook, [{ deadlocks: 48, days: 2 }])).toEqual(['warning deadlocks']);
  });

  it('index bloat: twice what the rows need, and 10 MiB of it empty [postgres-advice.health-thresholds]', () => {
    const index = { schema: 'public', name: 'i', entries: 1_000_000, width: 4, hasNulls: false, fillfactor: 90 };
    const needed = expectedBtreeBytes(index);
    // A million integers, as PostgreSQL 15 builds them: 21 MiB.
    expect(needed / MIB).toBeGreaterThan(21);
    expect(needed / MIB).toBeLessThan(22);
    expect(judged(bloatedIndexesLook, [{ ...index, bytes: needed * 2 - 8192 }])).toEqual([]);
    expect(judged(bloatedIndexesLook, [{ ...index, bytes: needed * 2 }])).toEqual(['warning bloated-index']);
    expect(bloatedIndexesLook.judge([{ ...index, width: null, bytes: 1e9 }], SERVER)).toEqual({
      findings: [],
      gaps: ['index bloat: 1 indexes have no statistics of their columns that this role may read.'],
    });
  });

  it('blocking: five seconds, critical from a minute on [postgres-advice.health-thresholds]', () => {
    const session = (pid: number, stateMs: number, blockedBy: number[] = []): ActiveSession => ({
      pid,
      stateMs,
      blockedBy,
      database: 'main',
      user: 'app',
      application: 'app',
      client: 'local',
      kind: 'client backend',
      state: blockedBy.length > 0 ? 'active' : 'idle in transaction',
      wait: null,
      startedAt: null,
      transactionMs: null,
      query: `update t set token = 'sk-proj-0123456789abcdefghij'`,
    });
    const severity = (ms: number) => blockingFindings([session(1, 1), session(2, ms, [1])]).map((one) => one.severity);
    expect([severity(4_999), severity(5_000), severity(60_000)]).toEqual([[], ['warning'], ['critical']]);
    const [finding] = blockingFindings([session(1, 1), session(2, 5_000, [1])]);
    expect(finding?.advice).toEqual([
      'It holds its locks while it does nothing: cancel_query with pid 1 and terminate.',
    ]);
    expect(JSON.stringify(finding)).not.toContain('0123456789abcdef');
  });
});

it('tells settings that lose rows, and names them', () => {
  const rows = [
    { name: 'fsync', value: 'off', pending: false, source: 'command line' },
    { name: 'autovacuum', value: 'on', pending: false, source: 'default' },
    { name: 'shared_buffers', value: '16384', pending: true, source: 'default' },
  ];
  expect(settingsLook.judge(rows, SERVER).findings.map(({ title }) => title)).toEqual([
    'fsync is off: a crash of the machine can destroy the database',
    '1 changed setting waiting for a restart',
  ]);
});

it('calls an index unused only after a week of counting [postgres-advice.indexes-to-drop]', () => {
  const rows = [{ schema: 'public', table: 't', index: buildIndex('idle', ['a'], { scans: 0 }), building: false }];
  expect(judged(indexesLook, rows)).toEqual(['info unused-index']);
  const young = { ...SERVER, statisticsSince: SERVER.now - 6 * 86_400_000 };
  expect(indexesLook.judge(rows, young)).toMatchObject({
    findings: [],
    gaps: [expect.stringContaining('less than 7 days')],
  });
  const building = [{ ...rows[0], index: buildIndex('new', ['a'], { valid: false }), building: true }];
  expect(judged(indexesLook, building)).toEqual([]);
});

it('names what holds vacuum back, with the way to end it', () => {
  const [finding] = horizonLook.judge([{ what: 'slot', name: 'cdc', age: 20_000_000 }], SERVER).findings;
  expect(finding?.advice).toEqual(['Start its consumer again, or SELECT pg_drop_replication_slot(name).']);
});

describe('what cannot be seen', () => {
  const client = (code: string): Client =>
    ({
      query: async (sql: string) => {
        if (/savepoint/.test(sql)) return { rows: [] };
        throw Object.assign(new Error('refused'), { code });
      },
    }) as unknown as Client;

  it('is a gap each, and the rest goes on [postgres-advice.health-gaps]', async () => {
    expect(await takeLooks(client('42501'), [sequencesLook, slotsLook], SERVER)).toEqual({
      findings: [],
      gaps: ['sequences: the role may not see it.', 'replication slots: the role may not see it.'],
    });
  });

  it('is an error when it is none of rights, version and time', async () => {
    await expect(takeLooks(client('08006'), [sequencesLook], SERVER)).rejects.toMatchObject({ code: '08006' });
  });

  it('is told where the sessions of others are hidden [postgres-advice.health-gaps]', async () => {
    const row = {
      used: 3,
      allowed: 100,
      idle: 0,
      hidden: 2,
      idleInTransaction: 0,
      idlePid: null,
      idleMs: null,
      longPid: null,
      longMs: null,
    };
    expect(connectionsLook.judge([row], { ...SERVER, seesAll: false }).gaps).toEqual([
      'connections: sessions of other users are hidden; GRANT pg_read_all_stats to the role shows them.',
    ]);
  });
});

it('runs every check on a server that answers with nothing, and finds nothing', async () => {
  const { context } = scriptedContext(() => []);
  const client = await (context.databases.find('local', null) as { connect(): Promise<unknown> }).connect();
  expect(await checkHealth(client as Client, HEALTH_CHECKS, SERVER)).toEqual({ findings: [], gaps: [] });
});
