import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { SparkInstallation } from '../../tests/stack/spark.ts';

const DRIVE = fileURLToPath(new URL('./workloads/drive.py', import.meta.url));

/** One application to run. */
export interface Command {
  readonly workload: string;
  readonly fixed: boolean;
  readonly master: string;
  readonly conf: Readonly<Record<string, string>>;
}

/** What an application left: its event log, and why it failed if it did. */
export interface Ran {
  readonly log: string;
  readonly error: string | null;
}

/** One driver process that runs applications one after another, each with a session of its own: its JVM is warm for all but the first. */
export class SparkDriver {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;
  readonly #folders: { events: string; lake: string };
  #errors = '';

  constructor(spark: SparkInstallation, folder: string) {
    this.#folders = { events: `${folder}/events`, lake: `${folder}/lake` };
    this.#child = spawn(spark.python, [DRIVE], {
      cwd: folder,
      env: { ...spark.env, PYTHONDONTWRITEBYTECODE: '1', PYSPARK_SUBMIT_ARGS: '--driver-memory 2g pyspark-shell' },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#errors = (this.#errors + text).slice(-4000);
    });
    this.#lines = createInterface({ input: this.#child.stdout as NodeJS.ReadableStream })[Symbol.asyncIterator]();
  }

  /** Runs one application to its end. Errors: a driver process that ended. */
  async run(command: Command): Promise<Ran> {
    const { events, lake } = this.#folders;
    this.#child.stdin?.write(`${JSON.stringify({ ...command, events: `file://${events}`, lake })}\n`);
    const line = await this.#lines.next();
    if (line.done === true) throw new Error(`The Spark driver ended.\n${this.#errors}`);
    const answer = JSON.parse(line.value) as { app_id: string; error?: string };
    return { log: join(events, answer.app_id), error: answer.error ?? null };
  }

  /** Ends the driver process. */
  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#child.once('close', () => resolve());
      this.#child.stdin?.end();
    });
  }
}
