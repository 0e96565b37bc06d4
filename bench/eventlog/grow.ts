/**
 * Grows a real event log into a large one: `node bench/eventlog/grow.ts [--bytes N] [--codec none|zstd] [--seed PATH] [--out FOLDER]`.
 * The jobs of the seed follow one another again and again, each time with new ids and later times, as one application.
 * Deterministic: the same seed and parameters give the same bytes.
 */
import { closeSync, mkdirSync, openSync, readFileSync, rmSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { constants, gunzipSync, zstdCompressSync } from 'node:zlib';
import {
  type EventTemplate,
  parseTemplate,
  renderTemplate,
  type Shift,
  strideOf,
  timesShift,
} from './shifting-template.ts';

export interface GrowSettings {
  /** Size before compression that is reached, bytes. Default: {@link DEFAULT_BYTES}. */
  targetBytes?: number;
  codec?: 'none' | 'zstd';
  /** A single-file log of one finished batch application, plain or gzipped. */
  seed?: string;
  /** The folder that gets the log, and nothing else. */
  outFolder?: string;
}

export interface GrownLog {
  path: string;
  /** The folder that holds only this log: what a History Server is started on. */
  folder: string;
  appId: string;
  jobs: number;
  /** Stages that ran. */
  completedStages: number;
  /** All stages of all jobs, those that were skipped included: what `/stages` of a History Server lists. */
  stages: number;
  tasks: number;
  sqlExecutions: number;
  lines: number;
  /** Before compression. */
  bytes: number;
  fileBytes: number;
}

/** 98,000 tasks and 3,200 stages (1,250 that ran, the others skipped), grown from the default seed. */
export const DEFAULT_BYTES = 830_000_000;

const SEED = fileURLToPath(new URL('./seed-4.3.jsonl.gz', import.meta.url));
const CACHE = fileURLToPath(new URL('../../.cache/bench/', import.meta.url));

/** Spark closes a zstd frame whenever it flushes, which it does after each of these and every SQL event. */
const FLUSHED = /^(SparkListener(Stage(Completed)|Job|Application|Executor|BlockManager)|org\.apache\.spark\.sql)/;
const WRITE_BYTES = 4 << 20;

/** Writes the grown log and counts what is in it. */
export function growLog(settings: GrowSettings = {}): GrownLog {
  const codec = settings.codec ?? 'none';
  const folder = settings.outFolder ?? join(CACHE, `grown-${codec}`);
  const seed = readSeed(settings.seed ?? SEED);
  const path = join(folder, codec === 'none' ? seed.appId : `${seed.appId}.${codec}`);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });

  const stride = strideOf(seed.body);
  const writer = openWriter(path, codec);
  const count = new Map<string, number>();
  const write = (template: EventTemplate, shift: Shift) => {
    writer.write(`${renderTemplate(template, shift)}\n`, FLUSHED.test(template.event));
    count.set(template.event, (count.get(template.event) ?? 0) + 1);
  };
  for (const template of seed.head) write(template, timesShift(stride, 0));
  let copies = 0;
  do {
    for (const template of seed.body) write(template, timesShift(stride, copies));
    copies += 1;
  } while (writer.written() < (settings.targetBytes ?? DEFAULT_BYTES));
  for (const template of seed.tail) write(template, timesShift(stride, copies - 1));
  writer.close();

  const of = (event: string) => count.get(event) ?? 0;
  return {
    path,
    folder,
    appId: seed.appId,
    jobs: of('SparkListenerJobStart'),
    completedStages: of('SparkListenerStageCompleted'),
    stages: countStages(seed.body) * copies,
    tasks: of('SparkListenerTaskEnd'),
    sqlExecutions: of('org.apache.spark.sql.execution.ui.SparkListenerSQLExecutionStart'),
    lines: [...count.values()].reduce((sum, events) => sum + events, 0),
    bytes: writer.written(),
    fileBytes: statSync(path).size,
  };
}

/** The seed's events: those before the first job or query, those that are repeated, and the application's end. */
function readSeed(path: string) {
  const text = path.endsWith('.gz') ? gunzipSync(readFileSync(path)) : readFileSync(path);
  const lines = text
    .toString('utf8')
    .split('\n')
    .filter((line) => line !== '');
  const templates = lines.map(parseTemplate);
  const first = templates.findIndex(({ event }) => event.includes('.sql.') || event === 'SparkListenerJobStart');
  const end = templates.findIndex(({ event }) => event === 'SparkListenerApplicationEnd');
  const start = lines.find((line) => line.includes('"Event":"SparkListenerApplicationStart"'));
  if (first < 0 || end < first || start === undefined)
    throw new Error(`${path} is not the log of a finished application`);
  const appId = (JSON.parse(start) as { 'App ID': string })['App ID'];
  return { appId, head: templates.slice(0, first), body: templates.slice(first, end), tail: templates.slice(end) };
}

function countStages(templates: readonly EventTemplate[]): number {
  const slots = templates.flatMap((template) => template.slots);
  return new Set(slots.filter(({ kind }) => kind === 'stage').map(({ value }) => value)).size;
}

function openWriter(path: string, codec: 'none' | 'zstd') {
  const file = openSync(path, 'w');
  let pending: string[] = [];
  let pendingLength = 0;
  let written = 0;
  const flush = () => {
    if (pendingLength === 0) return;
    const bytes = Buffer.from(pending.join(''));
    written += bytes.length;
    // Level 1 is the default of spark.io.compression.zstd.level.
    const params = { [constants.ZSTD_c_compressionLevel]: 1 };
    writeSync(file, codec === 'zstd' ? zstdCompressSync(bytes, { params }) : bytes);
    pending = [];
    pendingLength = 0;
  };
  return {
    write(text: string, endsFrame: boolean) {
      pending.push(text);
      pendingLength += text.length;
      if (codec === 'zstd' ? endsFrame : pendingLength >= WRITE_BYTES) flush();
    },
    written: () => written + pendingLength,
    close() {
      flush();
      closeSync(file);
    },
  };
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const { values } = parseArgs({
    options: {
      bytes: { type: 'string' },
      codec: { type: 'string', default: 'none' },
      seed: { type: 'string' },
      out: { type: 'string' },
    },
  });
  const grown = growLog({
    targetBytes: Number(values.bytes ?? DEFAULT_BYTES),
    codec: values.codec === 'zstd' ? 'zstd' : 'none',
    ...(values.seed === undefined ? {} : { seed: values.seed }),
    ...(values.out === undefined ? {} : { outFolder: values.out }),
  });
  console.log(JSON.stringify(grown, null, 2));
}
