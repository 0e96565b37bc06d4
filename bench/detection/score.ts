/**
 * Scores the analysis on the corpus: `node bench/detection/score.ts [--json] [--only TEXT]…`.
 * Findings of severity warning and critical count; information and minor findings do not.
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { findLogs, readApplication } from '../../src/eventlog/index.ts';
import { analyze } from '../../src/insight/index.ts';
import { BENCH_FOLDER, type CorpusEntry, loadCorpus } from './corpus-index.ts';
import { type Counts, type Judged, type Score, scoreCorpus } from './scoring.ts';

const { values } = parseArgs({
  options: { json: { type: 'boolean', default: false }, only: { type: 'string', multiple: true, default: [] } },
});

/** How evidence names a rule whose finding stands under its cause. */
const FOLDED = /^(?:Follows from it|Contributes to it|Also seen as) \((spark\/[a-z-]+)\)/;

const entries = (await loadCorpus()).filter(
  ({ id }) => values.only.length === 0 || values.only.some((text) => id.includes(text)),
);
const judged: (Judged & { version: string })[] = [];
for (const entry of entries) {
  judged.push({ label: entry, ...(await reportedOf(entry)), version: entry.spark_version });
}
const versions = [...Map.groupBy(judged, (one) => one.version)].sort(([a], [b]) => (a < b ? -1 : 1));
const score = scoreCorpus(judged);
const byVersion = Object.fromEntries(versions.map(([version, ofVersion]) => [version, scoreCorpus(ofVersion)]));

if (values.json) console.log(JSON.stringify({ ...score, byVersion }, null, 1));
else print(score, byVersion);

/** Rules of the findings that count, and those that stand under them. Errors: a path that holds no log, or more than one. */
async function reportedOf(entry: CorpusEntry): Promise<Pick<Judged, 'reported' | 'folded'>> {
  const { logs } = await findLogs(join(BENCH_FOLDER, entry.path));
  const [log] = logs;
  if (log === undefined || logs.length > 1) throw new Error(`${entry.path} holds ${logs.length} logs, expected one`);
  const { findings } = analyze(await readApplication(log));
  const counted = findings.filter(({ severity }) => severity !== 'info');
  const evidence = counted.flatMap((finding) => finding.evidence);
  return {
    reported: counted.map(({ rule }) => rule),
    folded: evidence.flatMap(({ fact }) => FOLDED.exec(fact)?.[1] ?? []),
  };
}

function print(all: Score, split: Readonly<Record<string, Score>>): void {
  console.log(`${'rule'.padEnd(30)} found  missed  false  allowed`);
  for (const [rule, counts] of Object.entries(all.byRule)) console.log(`${rule.padEnd(30)} ${columns(counts)}`);
  console.log('');
  for (const { id, rule, kind } of all.mistakes) console.log(`${kind.padEnd(12)} ${rule.padEnd(28)} ${id}`);
  console.log('');
  for (const [version, ofVersion] of Object.entries(split))
    console.log(`Spark ${version.padEnd(7)} ${summary(ofVersion)}`);
  console.log(`all           ${summary(all)}`);
}

function columns(counts: Counts): string {
  const widths: [keyof Counts, number][] = [
    ['hits', 5],
    ['misses', 7],
    ['falseAlarms', 6],
    ['allowed', 8],
  ];
  return widths.map(([name, width]) => String(counts[name]).padStart(width)).join(' ');
}

function summary(one: Score): string {
  const { hits, misses, falseAlarms } = one.total;
  return [
    `precision ${shown(one.precision)} (${hits} of ${hits + falseAlarms})`,
    `recall ${shown(one.recall)} (${hits} of ${hits + misses}, ${one.total.folded} of them under their cause)`,
    `false findings per clean application ${shown(one.falsePerControl)}`,
    `n = ${one.defects} with a defect, ${one.controls} without`,
  ].join(', ');
}

function shown(ratio: number | null): string {
  return ratio === null ? '–' : ratio.toFixed(3);
}
