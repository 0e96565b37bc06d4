import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { PipelineRunRecord, PipelinesPort } from '../../kernel/pipelines.ts';
import { openStore, type Store } from '../../store/index.ts';
import { parseDefinition } from '../definition/parse-definition.ts';
import { createSqlitePlatform, type SqlitePlatform } from '../fixtures/sqlite-platform.ts';
import { executeRun, type RunDependencies } from './execute-run.ts';
import { newDetail } from './pipeline-runner.ts';

const LEASE_MS = 60_000;
const DEFINITION = parseDefinition({
  name: 'orders',
  sources: [{ id: 'orders', type: 'postgres', table: 'orders', incremental: { column: 'id' } }],
  transformations: [{ id: 'doubled', sql: 'select id, amount * 2 as amount from orders' }],
  checks: [{ on: 'doubled', type: 'not_null', columns: ['id'] }],
  destinations: [
    { id: 'first', type: 'postgres', table: 'target', mode: 'append' },
    { id: 'second', type: 'postgres', table: 'copy', from: 'orders', mode: 'append' },
  ],
  retries: { attempts: 1 },
});
const PIPELINE = {
  id: 'pl_1',
  name: 'orders',
  version: 1,
  definition: JSON.stringify(DEFINITION),
  paused: false,
  dueAt: null,
  createdAt: 0,
  updatedAt: 0,
  deletedAt: null,
};

/** Stands for the end of the process: nothing that it does after this has an effect. */
class Killed extends Error {}

describe('a run whose worker dies', () => {
  let folder: string;
  let store: Store;
  let now: number;

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'headgate-killed-'));
    store = await openStore({ path: join(folder, 'store.db') });
    await store.pipelines.create('local', PIPELINE);
    now = 1_000_000;
  });

  afterEach(async () => {
    await store.close();
    rmSync(folder, { recursive: true, force: true });
  });

  /** A store and platforms of a process that dies before its `allowed + 1`th act. */
  function mortal(allowed: number, file: string) {
    let acts = 0;
    const act = () => {
      acts += 1;
      if (acts > allowed) throw new Killed();
    };
    const platform = createSqlitePlatform({ file, before: act });
    const port = new Proxy(store.pipelines, {
      get:
        (target, name: keyof PipelinesPort) =>
        (...given: unknown[]) => {
          act();
          return (target[name] as (...all: unknown[]) => unknown)(...given);
        },
    });
    return { platform, port, acts: () => acts };
  }

  const dependencies = (port: PipelinesPort, platform: SqlitePlatform, owner: string): RunDependencies => ({
    store: port,
    platforms: platform.platforms,
    operations: { get: () => Promise.reject(new Error('not used')) },
    clock: () => now,
    report: () => {},
    owner,
    leaseMs: LEASE_MS,
    changed: () => {},
  });

  async function begin(id: string): Promise<void> {
    const run: PipelineRunRecord = {
      id,
      pipelineId: PIPELINE.id,
      version: 1,
      state: 'queued',
      trigger: 'manual',
      subject: 'tester',
      rootId: id,
      batchId: id,
      scheduledFor: null,
      operationId: null,
      cancelRequested: false,
      createdAt: now,
      startedAt: null,
      endedAt: null,
      detail: JSON.stringify(newDetail(PIPELINE, { parameters: {}, from: null, to: null, backfill: false })),
    };
    expect(await store.pipelines.begin('local', { pipelineId: PIPELINE.id, runs: [run], concurrency: 1 })).toEqual({
      kind: 'begun',
    });
  }

  const request = (id: string) => ({ tenant: 'local', id, signal: new AbortController().signal, progress: () => {} });

  /** Runs it in processes that die after so many acts each, and at last in one that lives. Gives the acts of the last one. */
  async function runThrough(lives: readonly number[], file: string, id: string): Promise<number> {
    for (const [index, allowed] of lives.entries()) {
      const { platform, port } = mortal(allowed, file);
      await executeRun(request(id), dependencies(port, platform, `mortal-${index}`)).catch(() => {});
      platform.close();
      // Rows that come while nobody works on it are not of this run.
      const source = createSqlitePlatform({ file });
      source.run(`insert into orders values (${100 + index}, 1)`);
      source.close();
      now += LEASE_MS + 1;
    }
    const last = mortal(Number.POSITIVE_INFINITY, file);
    const run = await executeRun(request(id), dependencies(last.port, last.platform, 'last'));
    last.platform.close();
    expect(run.state).toBe('succeeded');
    return last.acts();
  }

  function newSource(name: string): string {
    const file = join(folder, name);
    const source = createSqlitePlatform({ file });
    source.run('create table orders (id bigint, amount bigint)');
    source.run('insert into orders values (1, 10), (2, 20), (3, 30)');
    source.close();
    return file;
  }

  function loaded(file: string) {
    const source = createSqlitePlatform({ file });
    const read = (sql: string) => source.run(sql).map((row) => Object.values(row));
    const found = {
      target: read('select id, amount from target order by id'),
      copy: read('select id, amount from copy order by id'),
    };
    source.close();
    return found;
  }

  it('is ended by another with one effect, wherever it died [pipelines.one-effect]', async () => {
    const whole = newSource('whole');
    await begin('whole');
    const acts = await runThrough([], whole, 'whole');
    expect(loaded(whole)).toEqual({
      target: [
        [1, 20],
        [2, 40],
        [3, 60],
      ],
      copy: [
        [1, 10],
        [2, 20],
        [3, 30],
      ],
    });
    expect(acts).toBeGreaterThan(20);
    for (let allowed = 1; allowed < acts; allowed += 1) {
      const id = `killed-${allowed}`;
      const file = newSource(id);
      await store.close();
      rmSync(join(folder, 'store.db'));
      store = await openStore({ path: join(folder, 'store.db') });
      await store.pipelines.create('local', PIPELINE);
      await begin(id);
      await runThrough([allowed], file, id);
      const { target, copy } = loaded(file);
      expect(
        copy.map(([order]) => order),
        `copy after ${allowed} acts`,
      ).toEqual(target.map(([order]) => order));
      const watermark = (await store.pipelines.watermarks('local', PIPELINE.id))[0]?.value;
      expect(target.at(-1)?.[0], `target after ${allowed} acts`).toBe(Number(watermark));
      expect(new Set(target.map(([order]) => order)).size).toBe(target.length);
    }
  }, 60_000);

  it('is ended with one effect by whoever is left of several that died [pipelines.one-effect]', async () => {
    let run = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 2, maxLength: 4 }), async (lives) => {
        run += 1;
        const id = `several-${run}`;
        const file = newSource(id);
        await store.close();
        rmSync(join(folder, 'store.db'));
        store = await openStore({ path: join(folder, 'store.db') });
        await store.pipelines.create('local', PIPELINE);
        await begin(id);
        await runThrough(lives, file, id);
        const { target, copy } = loaded(file);
        expect(copy.map(([order]) => order)).toEqual(target.map(([order]) => order));
        expect(new Set(target.map(([order]) => order)).size).toBe(target.length);
      }),
      { numRuns: 10, seed: 7 },
    );
  }, 60_000);

  it('writes nothing any more once its lease is another’s [pipelines.lease]', async () => {
    const file = newSource('lost');
    await begin('lost');
    const platform = createSqlitePlatform({
      file,
      before: async (moment) => {
        if (moment !== 'load') return;
        now += LEASE_MS + 1;
        await store.pipelines.claim('local', 'lost', { owner: 'other', until: now + LEASE_MS }, now);
      },
    });
    const run = executeRun(request('lost'), dependencies(store.pipelines, platform, 'slow'));
    await expect(run).rejects.toMatchObject({ code: 'aborted' });
    expect((await store.pipelines.run('local', 'lost'))?.state).toBe('running');
    platform.close();
  });
});
