/**
 * Reading one large event log: Headgate beside the real History Server and beside JSON.parse of every line.
 * `node bench/eventlog/run.ts [--runs N] [--skip-history-server] [--sizes 100,800,2000]`
 *
 * The commands take turns within a run, so that a change of the machine's speed meets all of them.
 */
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { measureHeadgate, measureScript, type Spread, spreadOf } from '../measure-process.ts';
import { growLog } from './grow.ts';
import { measureHistoryServer } from './history-server.ts';

const ENGINE = fileURLToPath(new URL('./engine.ts', import.meta.url));
const JSON_PARSE = fileURLToPath(new URL('./json-parse.ts', import.meta.url));

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '5' },
    'skip-history-server': { type: 'boolean', default: false },
    sizes: { type: 'string', default: '100,400,800,1600,2000' },
  },
});
const runs = Number(values.runs);

interface Row {
  readonly name: string;
  readonly ms: number[];
  readonly peakBytes: number[];
}

const rows = new Map<string, Row>();
function note(name: string, ms: number, peakBytes: number): void {
  const row = rows.get(name) ?? { name, ms: [], peakBytes: [] };
  row.ms.push(ms);
  row.peakBytes.push(peakBytes);
  rows.set(name, row);
}

const plain = growLog({ codec: 'none' });
const zstd = growLog({ codec: 'zstd' });
console.log(
  `log: ${mb(plain.bytes)} MB, ${plain.tasks} tasks, ${plain.stages} stages, ${plain.jobs} jobs, ${plain.sqlExecutions} SQL executions; zstd ${mb(zstd.fileBytes)} MB; ${cpus().length} cores, Node ${process.version}`,
);

let stagesOfHeadgate = 0;
let stagesOfHistoryServer = 0;
await measureHeadgate(['--version']);
for (let run = 0; run < runs; run++) {
  const started = await measureHeadgate(['--version']);
  note('headgate --version (process start)', started.wallMs, started.peakRssBytes);
  const analyzed = await measureHeadgate(['analyze', '--json', plain.path]);
  note('headgate analyze --json, plain', analyzed.wallMs, analyzed.peakRssBytes);
  stagesOfHeadgate =
    (JSON.parse(analyzed.stdout) as { applications: Array<{ stage_count: number }> }).applications[0]?.stage_count ?? 0;
  const compressed = await measureHeadgate(['analyze', '--json', zstd.path]);
  note('headgate analyze --json, zstd', compressed.wallMs, compressed.peakRssBytes);
  for (const [name, args] of [
    ['engine alone, plain', [plain.path]],
    ['engine alone, zstd', [zstd.path]],
    ['engine alone, plain, one thread', [plain.path, '1']],
  ] as const) {
    const engine = await measureScript(ENGINE, args);
    note(name, (JSON.parse(engine.stdout) as { readMs: number }).readMs, engine.peakRssBytes);
  }
  const parsed = await measureScript(JSON_PARSE, [plain.path]);
  note(
    'JSON.parse of every line, one thread',
    (JSON.parse(parsed.stdout) as { parseMs: number }).parseMs,
    parsed.peakRssBytes,
  );
  if (!values['skip-history-server']) {
    const server = await measureHistoryServer(plain.folder, plain.appId);
    note(`Spark History Server ${server.sparkVersion}, cold to /stages`, server.stagesMs, server.peakRssBytes);
    stagesOfHistoryServer = server.stageCount;
  }
}
print();

console.log('\ngrowth (engine alone, plain, median of 3)');
for (const size of values.sizes.split(',').map(Number)) {
  const grown = growLog({
    codec: 'none',
    targetBytes: size * 1e6,
    outFolder: fileURLToPath(new URL(`../../.cache/bench/grown-${size}`, import.meta.url)),
  });
  const reads: Array<{ readMs: number; columnBytesPerTask: number; peak: number }> = [];
  for (let run = 0; run < 3; run++) {
    const engine = await measureScript(ENGINE, [grown.path]);
    reads.push({
      ...(JSON.parse(engine.stdout) as { readMs: number; columnBytesPerTask: number }),
      peak: engine.peakRssBytes,
    });
  }
  const readMs = spreadOf(reads.map((read) => read.readMs)).median;
  const peak = spreadOf(reads.map((read) => read.peak)).median;
  console.log(
    `${mb(grown.bytes).padStart(6)} MB  ${String(grown.tasks).padStart(7)} tasks  ${readMs.toFixed(0).padStart(6)} ms  ${(grown.bytes / 1e6 / readMs).toFixed(2)} GB/s  peak ${mb(peak)} MB  ${reads[0]?.columnBytesPerTask} column bytes a task`,
  );
}

function print(): void {
  const figures = new Map<string, Spread>();
  for (const row of rows.values()) {
    const ms = spreadOf(row.ms);
    figures.set(row.name, ms);
    const peak = spreadOf(row.peakBytes);
    console.log(
      `${row.name.padEnd(44)} ${ms.median.toFixed(0).padStart(7)} ms  (${ms.min.toFixed(0)}–${ms.max.toFixed(0)}, n=${ms.runs})  peak RSS ${mb(peak.median)} MB (max ${mb(peak.max)})`,
    );
  }
  const median = (start: string) => [...figures].find(([name]) => name.startsWith(start))?.[1].median ?? Number.NaN;
  const analyze = median('headgate analyze --json, plain');
  console.log(`\nanalyze beside the History Server: ${(median('Spark History Server') / analyze).toFixed(1)} × faster`);
  console.log(
    `engine (one thread) beside JSON.parse: ${(median('JSON.parse') / median('engine alone, plain, one thread')).toFixed(1)} × faster; with threads ${(median('JSON.parse') / median('engine alone, plain')).toFixed(1)} ×`,
  );
  console.log(
    `zstd beside plain: ${(median('headgate analyze --json, zstd') / analyze).toFixed(2)} × (engine ${(median('engine alone, zstd') / median('engine alone, plain')).toFixed(2)} ×)`,
  );
  console.log(
    `stages that ran: Headgate ${stagesOfHeadgate} of ${plain.completedStages}; History Server lists ${stagesOfHistoryServer} of ${plain.stages} with its default limits`,
  );
}

function mb(bytes: number): string {
  return (bytes / 1e6).toFixed(0);
}
