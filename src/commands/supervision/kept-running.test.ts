import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Keeping, KeptRunning } from './kept-running.ts';
import { ownPart } from './own-part.ts';
import type { Part } from './part.ts';
import { restartDelayMs } from './restart-delay.ts';

const started: ChildProcess[] = [];
let folder: string;
let scripts = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'headgate-kept-running-'));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

afterEach(() => {
  for (const child of started.splice(0)) child.kill('SIGKILL');
});

/** A child that runs a script: ready when it has written a line. */
function scripted(script: string, rest: Partial<Part> = {}): Part {
  return {
    name: 'part',
    readyMs: 10_000,
    endMs: 5_000,
    launch() {
      const child = spawn('/bin/sh', ['-c', script], { stdio: ['ignore', 'pipe', 'ignore'] });
      started.push(child);
      return child;
    },
    async ready(child, signal) {
      await once(child.stdout ?? child, 'data', { signal });
    },
    async end(child) {
      child.kill('SIGTERM');
    },
    ...rest,
  };
}

/** `echo` tells that it is ready; `exec` so that signals reach the one process. */
const RUNS = 'echo ready; exec sleep 60';

/** Pauses end at once; every message is kept. */
function keeping(): Keeping & { readonly said: string[]; readonly pauses: number[] } {
  const said: string[] = [];
  const pauses: number[] = [];
  return {
    said,
    pauses,
    clock: () => performance.now(),
    pause: async (ms) => {
      pauses.push(ms);
    },
    report: (message) => said.push(message),
  };
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise(setImmediate);
}

describe('a part that is kept running', () => {
  it('is started again when it dies, and it is said [up.restarts]', async () => {
    const parts = keeping();
    const kept = new KeptRunning(scripted(RUNS), parts);
    await kept.start();
    const first = kept.pid;
    process.kill(Number(first), 'SIGKILL');
    await until(() => parts.said.length === 2);
    expect(kept.pid).not.toBe(first);
    expect(parts.said).toEqual([
      'part ended (SIGKILL); it is started again in 0.2 s.',
      `part runs again, as process ${kept.pid}.`,
    ]);
    await kept.stop();
    expect(kept.pid).toBeNull();
  });

  it('waits longer each time that it dies at once [up.restarts]', async () => {
    const parts = keeping();
    let launches = 0;
    const well = scripted(RUNS);
    const dies = scripted('exit 7');
    const kept = new KeptRunning({ ...well, launch: () => (launches++ === 0 ? well : dies).launch() }, parts);
    await kept.start();
    process.kill(Number(kept.pid), 'SIGKILL');
    await until(() => parts.pauses.length >= 4);
    await kept.stop();
    expect(parts.pauses.slice(0, 4)).toEqual([200, 400, 800, 1600]);
    expect(parts.said).toContain('part could not be started: part ended while it started (exit code 7).');
  });

  it('is not tried again when its first start fails [up.start-fails]', async () => {
    const parts = keeping();
    const kept = new KeptRunning(scripted('exit 3'), parts);
    await expect(kept.start()).rejects.toMatchObject({
      code: 'unavailable',
      message: 'part ended while it started (exit code 3).',
    });
    const missing = scripted('', { launch: () => spawn('/no/such/program', { stdio: ['ignore', 'pipe', 'ignore'] }) });
    await expect(new KeptRunning(missing, parts).start()).rejects.toThrow('it could not be started: spawn /no/such');
    expect(parts.pauses).toEqual([]);
  });

  it('is killed when it is not ready in time [up.start-fails]', async () => {
    const kept = new KeptRunning(scripted('exec sleep 60', { readyMs: 50 }), keeping());
    await expect(kept.start()).rejects.toMatchObject({ code: 'deadline_exceeded' });
    expect(kept.pid).toBeNull();
  });

  it('is killed when it does not end in time [up.stop-order]', async () => {
    const parts = keeping();
    const kept = new KeptRunning(
      scripted("trap '' TERM; echo ready; while :; do sleep 0.05; done", { endMs: 50 }),
      parts,
    );
    await kept.start();
    await kept.stop();
    expect(parts.said).toEqual(['part did not end within 0.05 s and is killed.']);
  });

  it('is restarted on request without a pause [up.rolling-restart]', async () => {
    const parts = keeping();
    const kept = new KeptRunning(scripted(RUNS), parts);
    await kept.start();
    const first = kept.pid;
    await kept.restart();
    expect(kept.pid).not.toBe(first);
    expect(parts.pauses).toEqual([]);
    await kept.stop();
  });

  it('can be stopped while it starts, and starts no more [up.stop-order]', async () => {
    const kept = new KeptRunning(scripted('exec sleep 60'), keeping());
    const start = kept.start();
    await kept.stop();
    await expect(start).rejects.toMatchObject({ code: 'cancelled' });
    await expect(kept.restart()).rejects.toMatchObject({ code: 'cancelled' });
  });
});

describe('a command of ours as a part', () => {
  async function command(script: string, lines: string[] = []): Promise<Part> {
    const file = join(folder, `${++scripts}.mjs`);
    await writeFile(file, script);
    return ownPart({ name: 'ours', script: file, args: [], env: {}, write: (line) => lines.push(line) });
  }

  it('is ready when it says so, its lines have its name [up.log-prefix]', async () => {
    const lines: string[] = [];
    const part = await command(
      `console.log('one\\ntwo'); console.error('three'); process.send({ ready: {} }); setInterval(() => {}, 1000)`,
      lines,
    );
    const kept = new KeptRunning(part, keeping());
    await kept.start();
    await kept.stop();
    expect(lines.sort()).toEqual(['ours | one\n', 'ours | three\n', 'ours | two\n']);
  });

  it('says why it cannot start [up.start-fails]', async () => {
    const part = await command(
      `process.send({ error: { code: 'failed_precondition', message: 'The port is taken.', hint: 'Choose another.' } })`,
    );
    await expect(new KeptRunning(part, keeping()).start()).rejects.toMatchObject({
      code: 'failed_precondition',
      message: 'The port is taken.',
      hint: 'Choose another.',
    });
  });
});

it('waits 10 s at most before a restart [up.restarts]', () => {
  expect([1, 2, 6, 7, 50].map(restartDelayMs)).toEqual([200, 400, 6_400, 10_000, 10_000]);
});
