import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openStore, type Store } from '../../src/store/open-store.ts';
import { type Postgres, startPostgres } from '../stack/postgres.ts';

const PROGRAM = join(import.meta.dirname, '../../src/store/fixtures/record-until-killed.ts');
const PARTS = 300_000;
/** Acts after which the writer is killed: some in the middle of the first, some after many. */
const KILLED_AFTER = [1, 2, 3, 7, 20, 41, 60, 97];

let folder: string;
let postgres: Postgres;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'headgate-killed-'));
  postgres = await startPostgres();
});

afterAll(async () => {
  await postgres.stop();
  await rm(folder, { recursive: true, force: true });
});

/** Starts the writer, kills it once it printed so many lines, and returns all that it printed. */
function killAfter(place: string, writer: string, lines: number): Promise<string[]> {
  const child = spawn(process.execPath, [PROGRAM, place, writer], { stdio: ['ignore', 'pipe', 'inherit'] });
  const printed: string[] = [];
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    const reader = createInterface(child.stdout);
    reader.on('line', (line) => {
      printed.push(line);
      if (printed.length === lines) child.kill('SIGKILL');
    });
    let code: number | null = null;
    child.once('exit', (exitCode) => {
      code = exitCode;
    });
    reader.once('close', () => (code === null ? resolve(printed) : reject(new Error(`the writer ended with ${code}`))));
  });
}

/** Everything that the writer was told is committed is there, and whole. */
async function expectCommitted(store: Store, writer: string, printed: readonly string[]): Promise<void> {
  const numbers = (kind: string) =>
    printed.flatMap((line) => (line.startsWith(kind) ? [Number(line.split(' ')[1])] : []));
  const entries = (await store.audit.recent({ tenant: 'local', limit: 100_000 })).filter(
    ({ subject }) => subject === writer,
  );
  const recorded = new Set(entries.map(({ tool }) => Number(tool)));
  expect(numbers('audit').filter((count) => !recorded.has(count))).toEqual([]);
  const last = numbers('summary').at(-1) ?? -1;
  for (let count = Math.max(0, last - 4); count <= last; count += 1) {
    const at = (state: number) => ({
      tenant: 'local',
      path: `/${writer}/${count % 5}`,
      state: String(state),
      engine: '1',
    });
    // The write after the last that was told may have replaced it.
    const found = (await store.summaries.read(at(count))) ?? (await store.summaries.read(at(count + 5)));
    expect(found?.byteLength).toBe(PARTS);
    expect(new Set(found).size).toBe(1);
  }
}

describe.each(['SQLite', 'PostgreSQL'])('a process that is killed while it writes to %s', (kind) => {
  let place: string;
  let open: () => Promise<Store>;

  beforeAll(async () => {
    place = kind === 'SQLite' ? join(folder, 'headgate.db') : postgres.url(await postgres.createDatabase());
    open = () => openStore(kind === 'SQLite' ? { path: place } : { url: place });
  });

  it('loses no committed row, and the next one goes on [store.committed-survives]', async () => {
    for (const lines of KILLED_AFTER) {
      const writers = [`a${lines}`, `b${lines}`];
      const printed = await Promise.all(writers.map((writer) => killAfter(place, writer, lines)));
      const store = await open();
      for (const [index, writer] of writers.entries()) await expectCommitted(store, writer, printed[index] ?? []);
      await store.close();
    }
  });
});

describe('a PostgreSQL that crashes while Headgate writes to it', () => {
  it('has every row that was committed when it is back [store.committed-survives] [store.comes-back]', async () => {
    const place = postgres.url(await postgres.createDatabase());
    const store = await openStore({ url: place });
    const committed: string[] = [];
    let running = true;
    const writing = (async () => {
      for (let count = 0; running; count += 1) {
        const tool = String(count);
        const entry = { at: new Date(), tenant: 'local', subject: 'me', via: 'cli', argumentsHash: '', outcome: 'ok' };
        await store.audit.record({ ...entry, tool, durationMs: 1 }).then(
          () => committed.push(tool),
          (error: unknown) => expect(error).toMatchObject({ code: 'unavailable' }),
        );
      }
    })();
    const reached = (count: number) => expect.poll(() => committed.length, { timeout: 60_000 }).toBeGreaterThan(count);
    for (let round = 0; round < 3; round += 1) {
      await reached(committed.length + 50);
      await postgres.halt('immediate');
      await postgres.start();
      await reached(committed.length + 50);
    }
    running = false;
    await writing;
    const there = new Set((await store.audit.recent({ tenant: 'local', limit: 1_000_000 })).map(({ tool }) => tool));
    expect(committed.filter((tool) => !there.has(tool))).toEqual([]);
    await store.close();
  });
});
