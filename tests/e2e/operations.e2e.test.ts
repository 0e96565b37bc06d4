import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openStore } from '../../src/store/index.ts';
import { type Postgres, startPostgres } from '../stack/postgres.ts';

const PROGRAM = join(import.meta.dirname, '../fixtures/operations/serve-long.ts');
const HOUR_MS = 3_600_000;
const PATIENCE = { timeout: 60_000, interval: 100 };

let postgres: Postgres;
let folder: string;
let effects: string;
const children = new Set<ChildProcess>();

beforeAll(async () => {
  postgres = await startPostgres();
});

afterAll(() => postgres.stop());

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'headgate-operations-'));
  effects = join(folder, 'effects');
  await writeFile(effects, '');
});

afterEach(async () => {
  for (const child of children) await end(child, 'SIGKILL');
  await rm(folder, { recursive: true });
});

/** A gateway process on the store, and how to ask it. */
async function start(place: string) {
  const child = spawn(process.execPath, [PROGRAM, place, effects], { stdio: ['ignore', 'pipe', 'inherit'] });
  children.add(child);
  const [url] = (await once(createInterface(child.stdout), 'line')) as [string];
  const call = async (tool: string, args: object) => {
    const response = await fetch(new URL(`/api/v1/tools/${tool}`, url), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(args),
    });
    return (await response.json()) as Record<string, unknown>;
  };
  const begin = async (tool: string, name: string, ms: number) =>
    ((await call(tool, { name, ms })).operation as { id: string }).id;
  const get = (operation_id: string) => call('get_operation', { operation_id });
  return { child, call, begin, get };
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  children.delete(child);
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill(signal);
  await gone;
}

const done = async () => (await readFile(effects, 'utf8')).trimEnd().split('\n');

describe.each([
  ['SQLite', async () => join(folder, 'headgate.sqlite')],
  ['PostgreSQL', async () => postgres.url(await postgres.createDatabase())],
] as const)('operations on %s', (_name, newPlace) => {
  it('of a killed process go on elsewhere, once, or fail as aborted; those of the living are left alone [operations.taken-over] [operations.one-owner]', async () => {
    const place = await newPlace();
    const living = await start(place);
    const untouched = await living.begin('copy', 'other', 10_000);
    const killed = await start(place);
    const repeated = await killed.begin('load', 'orders', 3_000);
    const lost = await killed.begin('copy', 'orders', 3_000);
    expect(await living.get(repeated)).toMatchObject({ state: 'running' });
    await end(killed.child, 'SIGKILL');
    const third = await start(place);
    await expect
      .poll(() => third.get(lost), PATIENCE)
      .toMatchObject({
        state: 'failed',
        error: { code: 'aborted', message: 'The gateway that ran it ended before it was done.' },
      });
    await expect
      .poll(() => living.get(repeated), PATIENCE)
      .toMatchObject({
        state: 'succeeded',
        result: { done: 'orders' },
        error: null,
      });
    expect(await living.get(untouched)).toMatchObject({ state: 'running', cancel_requested: false });
    const who = 'local/local';
    expect((await done()).filter((line) => !line.includes(' other '))).toEqual([
      `began orders ${repeated} ${who}`,
      `began orders ${lost} ${who}`,
      `began orders ${repeated} ${who}`,
      `did orders ${repeated} ${who}`,
    ]);
    // Both beginnings and the end are in the audit log.
    const store = await openStore(place.startsWith('postgres:') ? { url: place } : { path: place });
    const entries = await store.audit.recent({ tenant: 'local', tool: 'load', limit: 10 });
    expect(entries.map(({ outcome }) => outcome).sort()).toEqual(['ok', 'running', 'started', 'started']);
    await store.close();
  });

  it('of a gateway that closes are given back at once, and the next one goes on [operations.closed]', async () => {
    const place = await newPlace();
    const first = await start(place);
    const repeated = await first.begin('load', 'orders', 2_000);
    const lost = await first.begin('copy', 'orders', HOUR_MS);
    await end(first.child, 'SIGTERM');
    const next = await start(place);
    await expect.poll(() => next.get(repeated), PATIENCE).toMatchObject({ state: 'succeeded' });
    expect(await next.get(lost)).toMatchObject({ state: 'failed', error: { code: 'aborted' } });
    expect((await done()).map((line) => line.split(' ')[0])).toEqual([
      'began',
      'began',
      'stopped',
      'stopped',
      'began',
      'did',
    ]);
  });

  it('are cancelled from another process [operations.cancel-anywhere]', async () => {
    const place = await newPlace();
    const [first, second] = [await start(place), await start(place)];
    const id = await first.begin('copy', 'orders', HOUR_MS);
    await second.call('cancel_operation', { operation_id: id });
    await expect
      .poll(() => second.get(id), PATIENCE)
      .toMatchObject({ state: 'cancelled', error: { code: 'cancelled' } });
    expect(await done()).toEqual([expect.stringMatching(/^began/), expect.stringMatching(/^stopped/)]);
  });
});
