import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { fileURLToPath, pathToFileURL } from 'node:url';

export interface ProcessMeasurement {
  /** From spawn to exit. */
  wallMs: number;
  peakRssBytes: number;
  stdout: string;
}

const LAUNCHER = fileURLToPath(new URL('../bin/headgate.mjs', import.meta.url));
const PRELOAD = pathToFileURL(fileURLToPath(new URL('./report-peak.mjs', import.meta.url))).href;

/** Runs one script as a process of its own, from start to exit. Errors: any exit code but 0, with what it wrote to stderr. */
export async function measureScript(script: string, args: readonly string[]): Promise<ProcessMeasurement> {
  const folder = mkdtempSync(join(tmpdir(), 'headgate-bench-'));
  const peakFile = join(folder, 'peak');
  const began = performance.now();
  const child = spawn(process.execPath, ['--import', PRELOAD, script, ...args], {
    env: { ...process.env, BENCH_PEAK_FILE: peakFile },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  const wallMs = performance.now() - began;
  if (code !== 0) throw new Error(`${script} ${args.join(' ')} ended with code ${code}: ${stderr.slice(-500)}`);
  const peakRssBytes = Number(readFileSync(peakFile, 'utf8'));
  rmSync(folder, { recursive: true });
  return { wallMs, peakRssBytes, stdout };
}

/** Runs the command line as a user would. */
export const measureHeadgate = (args: readonly string[]): Promise<ProcessMeasurement> => measureScript(LAUNCHER, args);

export interface Spread {
  median: number;
  min: number;
  max: number;
  runs: number;
}

export function spreadOf(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (position: number) => sorted[position] ?? Number.NaN;
  const middle = (sorted.length - 1) / 2;
  return {
    median: (at(Math.floor(middle)) + at(Math.ceil(middle))) / 2,
    min: at(0),
    max: at(sorted.length - 1),
    runs: sorted.length,
  };
}
