import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Root of the repository. */
export const REPOSITORY = join(import.meta.dirname, '..', '..');
/** The launcher. */
export const LAUNCHER = join(REPOSITORY, 'bin', 'headgate.mjs');

/** Shared by all tests, so that not every process of theirs compiles everything again. */
const COMPILE_CACHE = join(REPOSITORY, '.cache', 'compile');

/** A finished process. */
export interface Finished {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** How a process of a test is started. PATH is empty unless the test says otherwise. */
export interface Start {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Another Node than the one that runs the tests. */
  readonly node?: string;
  /** Arguments of Node before the script. */
  readonly nodeArgs?: readonly string[];
  readonly script?: string;
  /** File that stdout goes to, open; a pipe unless given. */
  readonly stdout?: number;
}

/** A folder of one test with a data folder and an event log in it; removed when the test is over. */
export class Sandbox {
  readonly folder: string;
  readonly home: string;
  readonly eventLogs: string;
  readonly #children = new Set<ChildProcess>();

  private constructor(folder: string) {
    this.folder = folder;
    this.home = join(folder, 'home');
    this.eventLogs = join(folder, 'event-logs');
  }

  static async create(): Promise<Sandbox> {
    const sandbox = new Sandbox(await mkdtemp(join(tmpdir(), 'headgate-e2e-')));
    await mkdir(sandbox.eventLogs);
    await writeFile(join(sandbox.eventLogs, APP_ID), eventLog());
    return sandbox;
  }

  /** Ends what the test left running and removes the folder. */
  async remove(): Promise<void> {
    for (const child of this.#children) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      const gone = once(child, 'exit');
      child.kill('SIGKILL');
      await gone;
    }
    await rm(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }

  /** Starts the launcher. */
  spawn(args: readonly string[], start: Start = {}): ChildProcess {
    const nodeArgs = [...(start.nodeArgs ?? []), start.script ?? LAUNCHER, ...args];
    const child = spawn(start.node ?? process.execPath, nodeArgs, {
      cwd: start.cwd ?? this.folder,
      env: { PATH: '', HEADGATE_HOME: this.home, NODE_COMPILE_CACHE: COMPILE_CACHE, ...start.env },
      stdio: ['pipe', start.stdout ?? 'pipe', 'pipe'],
    });
    this.#children.add(child);
    return child;
  }

  /** Runs the launcher to its end with empty input. */
  async run(args: readonly string[], start: Start = {}): Promise<Finished> {
    const child = this.spawn(args, start);
    child.stdin?.end();
    return finished(child);
  }

  /** Starts `headgate serve --json` on a free port and resolves when it is ready. */
  async serve(args: readonly string[] = [], start: Start = {}): Promise<Server> {
    const logs = args.includes('--event-logs') ? [] : ['--event-logs', this.eventLogs];
    const child = this.spawn(['serve', '--port', '0', '--json', ...logs, ...args], start);
    const ready: Ready = JSON.parse(await firstOutput(child, /^\}\n/m));
    return {
      ready,
      async stop(signal = 'SIGTERM') {
        const end = finished(child);
        child.kill(signal);
        return end;
      },
    };
  }
}

/** What `serve --json` prints once it listens. */
export interface Ready {
  readonly pid: number;
  readonly url: string;
  readonly port: number;
  readonly warnings: readonly string[];
  readonly client_configuration: {
    readonly stdio: {
      readonly mcpServers: { readonly headgate: { command: string; args: string[]; env?: Record<string, string> } };
    };
    readonly http: { readonly mcpServers: { readonly headgate: { type: string; url: string; headers?: object } } };
  };
}

/** A server of a test. */
export interface Server {
  readonly ready: Ready;
  stop(signal?: NodeJS.Signals): Promise<Finished>;
}

/** Waits for the end of a process and collects its output from now on. */
export async function finished(child: ChildProcess): Promise<Finished> {
  const [stdout, stderr] = [collect(child.stdout), collect(child.stderr)];
  const [exitCode, signal] = await once(child, 'close');
  return { exitCode, signal, stdout: stdout.join(''), stderr: stderr.join('') };
}

/** What a process wrote to stdout up to a match. Rejects with its stderr when it ends before. */
export function firstOutput(child: ChildProcess, pattern: RegExp): Promise<string> {
  const [stdout, stderr] = [collect(child.stdout), collect(child.stderr)];
  return new Promise((resolve, reject) => {
    child.stdout?.on('data', () => {
      const output = stdout.join('');
      if (pattern.test(output)) resolve(output);
    });
    child.once('close', () =>
      reject(new Error(`the process ended before it printed ${pattern}: ${stdout.join('')}${stderr.join('')}`)),
    );
  });
}

function collect(stream: NodeJS.ReadableStream | null): string[] {
  const texts: string[] = [];
  stream?.setEncoding('utf8').on('data', (text: string) => texts.push(text));
  return texts;
}

/** Id of the application in every sandbox. */
export const APP_ID = 'app-20260101120000-0001';

/** A small whole event log as Spark 3.5 writes it: one job, one stage, two tasks. */
function eventLog(): string {
  const start = 1_767_268_800_000;
  const stage = {
    'Stage ID': 0,
    'Stage Attempt ID': 0,
    'Stage Name': 'count at Sandbox.scala:1',
    'Number of Tasks': 2,
    'RDD Info': [],
    'Parent IDs': [],
    Details: '',
    'Submission Time': start + 1_000,
    Accumulables: [],
    'Resource Profile Id': 0,
  };
  const task = (id: number) => ({
    Event: 'SparkListenerTaskEnd',
    'Stage ID': 0,
    'Stage Attempt ID': 0,
    'Task Type': 'ResultTask',
    'Task End Reason': { Reason: 'Success' },
    'Task Info': {
      'Task ID': id,
      Index: id,
      Attempt: 0,
      'Partition ID': id,
      'Launch Time': start + 1_100,
      'Executor ID': 'driver',
      Host: '127.0.0.1',
      Locality: 'PROCESS_LOCAL',
      Speculative: false,
      'Getting Result Time': 0,
      'Finish Time': start + 3_100,
      Failed: false,
      Killed: false,
      Accumulables: [],
    },
    'Task Metrics': { 'Executor Run Time': 1_900, 'Executor CPU Time': 1_000_000_000, 'JVM GC Time': 10 },
  });
  const events = [
    { Event: 'SparkListenerLogStart', 'Spark Version': '3.5.9' },
    {
      Event: 'SparkListenerApplicationStart',
      'App Name': 'sandbox',
      'App ID': APP_ID,
      Timestamp: start,
      User: 'tester',
    },
    {
      Event: 'SparkListenerExecutorAdded',
      Timestamp: start,
      'Executor ID': 'driver',
      'Executor Info': { Host: '127.0.0.1', 'Total Cores': 2, 'Log Urls': {} },
    },
    {
      Event: 'SparkListenerJobStart',
      'Job ID': 0,
      'Submission Time': start + 1_000,
      'Stage Infos': [stage],
      'Stage IDs': [0],
      Properties: {},
    },
    { Event: 'SparkListenerStageSubmitted', 'Stage Info': stage, Properties: {} },
    task(0),
    task(1),
    { Event: 'SparkListenerStageCompleted', 'Stage Info': { ...stage, 'Completion Time': start + 3_200 } },
    {
      Event: 'SparkListenerJobEnd',
      'Job ID': 0,
      'Completion Time': start + 3_300,
      'Job Result': { Result: 'JobSucceeded' },
    },
    { Event: 'SparkListenerApplicationEnd', Timestamp: start + 4_000 },
  ];
  return `${events.map((event) => JSON.stringify(event)).join('\n')}\n`;
}
