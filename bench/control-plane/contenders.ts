import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildGoProgram } from '../../tests/stack/go.ts';
import { startServer } from '../../tests/stack/server-process.ts';
import type { Sample } from '../../tests/xds-conformance/sample-resources.ts';
import { compileServer } from './compile-server.ts';
import { wireChange } from './wire-change.ts';

/** Every server has this core for itself; the client has the other one. */
const SERVER_CORE = '0';
/** Of the kernel's accounting of processor time. */
const TICKS_PER_SECOND = 100;

/** A server that is measured. */
export interface Running {
  /** Where it serves xDS. */
  readonly target: string;
  /** Where changes are posted to. */
  readonly control: string;
  /** Posts to a path of the control port. Errors: what the server says. */
  post(path: string, body: unknown): Promise<string>;
  /** Highest resident memory so far, MB. */
  peakMb(): number;
  /** Processor time so far, seconds. */
  cpuSeconds(): number;
  stop(): Promise<void>;
}

/** A server that takes part. */
export interface Contender {
  readonly name: string;
  start(): Promise<Running>;
}

/** Headgate as a publisher of resources that are given as bytes. */
export const HEADGATE: Contender = {
  name: 'Headgate, publishing only',
  start: async () => start(process.execPath, [await compileServer()]),
};

/** Headgate with everything: checks, compilation, history and audit in SQLite. */
export const HEADGATE_WHOLE: Contender = {
  name: 'Headgate, checked, audited, stored',
  async start() {
    const folder = mkdtempSync(join(tmpdir(), 'headgate-bench-'));
    const running = await start(process.execPath, [await compileServer(), '--store', join(folder, 'store.db')]);
    const stop = async () => {
      await running.stop();
      rmSync(folder, { recursive: true });
    };
    return { ...running, stop };
  },
};

export const LINEAR: Contender = {
  name: 'go-control-plane LinearCache',
  start: async () => start(await buildGoProgram('server'), ['-cache=linear']),
};

export const SNAPSHOT: Contender = {
  name: 'go-control-plane SnapshotCache',
  start: async () => start(await buildGoProgram('server'), ['-cache=snapshot']),
};

async function start(command: string, args: readonly string[]): Promise<Running> {
  const server = await startServer({
    name: command,
    command: 'taskset',
    args: ['-c', SERVER_CORE, command, ...args],
    env: process.env,
    readyWhen: /READY xds=(\d+) control=(\d+)/,
  });
  const control = `http://127.0.0.1:${server.ready[2]}`;
  const status = () => readFileSync(`/proc/${server.pid}/status`, 'utf8');
  return {
    target: `127.0.0.1:${server.ready[1]}`,
    control,
    async post(path, body) {
      const answer = await fetch(`${control}${path}`, { method: 'POST', body: JSON.stringify(body) });
      const text = await answer.text();
      if (!answer.ok) throw new Error(`${path} was answered with ${answer.status}: ${text}\n${server.output()}`);
      return text;
    },
    peakMb: () => (Number(/VmHWM:\s+(\d+) kB/.exec(status())?.[1]) * 1024) / 1e6,
    cpuSeconds() {
      const fields = readFileSync(`/proc/${server.pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
      return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
    },
    stop: () => server.stop(),
  };
}

/** The same resources with their bytes as Go writes them: what go-control-plane serves whatever it is given. */
export async function asGoWrites(samples: readonly Sample[]): Promise<Sample[]> {
  const server = await LINEAR.start();
  try {
    const bodies: string[] = JSON.parse(await server.post('/canonical', wireChange(samples)));
    return samples.map((sample, index) => ({ ...sample, body: Buffer.from(bodies[index] ?? '', 'base64') }));
  } finally {
    await server.stop();
  }
}
