/**
 * How many injected slow-downs the history of runs finds, and how many it makes up: daily runs with noise, weekdays, growing
 * and jumping volumes and outliers, in which from one run on everything takes so much longer.
 *
 *   node bench/insight/regressions.ts [--series 200] [--runs 90]
 */
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { median, standardDeviation } from 'simple-statistics';
import { findChanges } from '../../src/insight/history/changes.ts';
import { judgeRuns } from '../../src/insight/history/judge-runs.ts';
import { runningMedian } from '../../src/insight/history/robust.ts';
import type { Observation } from '../../src/insight/history/series.ts';
import { lognormal, makeSeries, type Series, type Surroundings } from './slow-down-series.ts';

const { values } = parseArgs({
  options: { series: { type: 'string', default: '200' }, runs: { type: 'string', default: '90' } },
});
const SERIES = Number(values.series);
const RUNS = Number(values.runs);
/** A change this near to the true one, in runs, is it. */
const NEAR = 5;
const FACTORS = [1.1, 1.25, 1.5];

const CALM: Surroundings = { weekdays: false, growth: 1, volumeShift: 1, outliers: 0 };
const SURROUNDINGS: Readonly<Record<string, Surroundings>> = {
  nothing: CALM,
  weekdays: { ...CALM, weekdays: true },
  'volume doubles slowly': { ...CALM, growth: 2 },
  'volume jumps by 80 %': { ...CALM, volumeShift: 1.8 },
  '5 % outliers': { ...CALM, outliers: 0.05 },
  'all of these': { weekdays: true, growth: 1.5, volumeShift: 1.5, outliers: 0.05 },
};
const NOISES: Readonly<Record<string, (random: () => number) => number>> = {
  '3 %': (random) => lognormal(random, 0.03),
  '5 %': (random) => lognormal(random, 0.05),
  '10 %': (random) => lognormal(random, 0.1),
  measured: measuredNoise(),
  '15 %': (random) => lognormal(random, 0.15),
};

/** Factors of real repeats around the median of their neighbours, drawn again at random; warm-up left out. */
function measuredNoise(): (random: () => number) => number {
  const file = new URL('measured-durations.json', import.meta.url);
  const measured = JSON.parse(readFileSync(file, 'utf8')) as { warm_up_runs: number; durations_ms: number[] };
  const durations = measured.durations_ms.slice(measured.warm_up_runs);
  const level = runningMedian(durations, 7);
  const factors = durations.map((duration, at) => duration / (level[at] ?? duration));
  const spread = standardDeviation(factors.map(Math.log));
  console.log(
    `measured noise: ${factors.length} real repeats, standard deviation of the logarithm ${(100 * spread).toFixed(1)} %`,
  );
  return (random) => factors[Math.floor(random() * factors.length)] ?? 1;
}

interface Tally {
  found: number;
  series: number;
  falseAlarms: number;
  runs: number;
  readonly offsets: number[];
}

const tally = (): Tally => ({ found: 0, series: 0, falseAlarms: 0, runs: 0, offsets: [] });

function count(into: Tally, runs: readonly Observation[], onset: number | null): void {
  const changes = findChanges(runs)?.changes ?? [];
  const true_ = changes.find(({ index, ratio }) => onset !== null && ratio > 1 && Math.abs(index - onset) <= NEAR);
  into.series += 1;
  into.runs += runs.length;
  into.falseAlarms += changes.length - (true_ === undefined ? 0 : 1);
  if (true_ === undefined || onset === null) return;
  into.found += 1;
  into.offsets.push(Math.abs(true_.index - onset));
}

const per100 = ({ falseAlarms, runs }: Pick<Tally, 'falseAlarms' | 'runs'>): string =>
  ((100 * falseAlarms) / runs).toFixed(2);

function measure(
  noise: (random: () => number) => number,
  surroundings: Surroundings,
  slowDown: number,
  into: Tally[],
): void {
  for (let seed = 1; seed <= SERIES; seed++) {
    const { runs, onset } = makeSeries({ seed: 7919 * seed, count: RUNS, noise, surroundings, slowDown });
    for (const one of into) count(one, runs, onset);
  }
}

/** 95 % interval of a share. Source: Wilson's score interval. */
function interval(found: number, total: number): string {
  const z = 1.96;
  const middle = (found + z ** 2 / 2) / (total + z ** 2);
  const reach = (z * Math.sqrt((found * (total - found)) / total + z ** 2 / 4)) / (total + z ** 2);
  return `${(100 * (middle - reach)).toFixed(1)}–${(100 * (middle + reach)).toFixed(1)} %`;
}

/** Runs as they arrive: every run is followed by a look, and each look may raise an alarm of its own. */
function measureArrival(): void {
  const clean = { falseAlarms: 0, runs: 0 };
  const delays: number[] = [];
  let missed = 0;
  const series = Math.max(1, Math.round(SERIES / 20));
  for (const surroundings of Object.values(SURROUNDINGS)) {
    for (const noise of Object.values(NOISES)) {
      for (let seed = 1; seed <= series; seed++) {
        const plan = { seed: 104_729 * seed, count: RUNS, noise, surroundings };
        clean.falseAlarms += alarmsOf(makeSeries({ ...plan, slowDown: 1 })).length;
        clean.runs += RUNS - 12;
        const slower = makeSeries({ ...plan, slowDown: 1.25 });
        const onset = slower.onset ?? 0;
        const first = alarmsOf(slower).find(({ index }) => Math.abs(index - onset) <= NEAR);
        if (first === undefined) missed += 1;
        else delays.push(first.seenAt - onset);
      }
    }
  }
  const total = delays.length + missed;
  console.log(`\nas runs arrive, one look after each (n=${clean.runs} looks at series without a slow-down):`);
  console.log(`false alarms of slow-downs, the latest run's included: ${per100(clean)} per 100 runs`);
  console.log(
    `slow-downs of 25 % noticed: ${delays.length} of ${total}, after ${median(delays)} runs (median), 9 of 10 within ${delays.sort((a, b) => a - b)[Math.floor(0.9 * delays.length)]}`,
  );
}

/** Slow-downs as they are told one after the other, each once, with the run after which it was told. That an outlier is slower is true. */
function alarmsOf({ runs, outliers }: Series): Array<{ index: number; seenAt: number }> {
  const alarms: Array<{ index: number; seenAt: number }> = [];
  for (let seenAt = 12; seenAt < runs.length; seenAt++) {
    const judged = judgeRuns(runs.slice(0, seenAt + 1));
    const changes = judged.history?.changes.filter(({ ratio }) => ratio > 1).map(({ index }) => index) ?? [];
    const latest = judged.latest?.verdict === 'slower' && !outliers.has(seenAt) ? [seenAt] : [];
    for (const index of [...changes, ...latest]) {
      if (!alarms.some((known) => Math.abs(known.index - index) <= NEAR)) alarms.push({ index, seenAt });
    }
  }
  return alarms;
}

console.log(
  `${SERIES} series of ${RUNS} daily runs for each row and factor; ${availableParallelism()} cores, Node ${process.version}`,
);
const started = performance.now();
const overall = new Map(FACTORS.map((factor) => [factor, tally()]));
const clean = tally();
console.log(
  `\n${'surroundings'.padEnd(24)}${'noise'.padEnd(10)}${FACTORS.map((factor) => `+${Math.round(100 * (factor - 1))} % found`.padEnd(14)).join('')}false alarms per 100 runs`,
);
for (const [name, surroundings] of Object.entries(SURROUNDINGS)) {
  for (const [level, noise] of Object.entries(NOISES)) {
    const here = tally();
    measure(noise, surroundings, 1, [here, clean]);
    const cells = FACTORS.map((factor) => {
      const own = tally();
      measure(noise, surroundings, factor, [own, overall.get(factor) ?? tally()]);
      return `${Math.round((100 * own.found) / own.series)} %`.padEnd(14);
    });
    console.log(`${name.padEnd(24)}${level.padEnd(10)}${cells.join('')}${per100(here)}`);
  }
}
console.log('\nover all rows:');
for (const [factor, { found, series, falseAlarms, runs, offsets }] of overall) {
  console.log(
    `+${Math.round(100 * (factor - 1))} %: found ${((100 * found) / series).toFixed(1)} % (95 %: ${interval(found, series)}, n=${series}), median ${median(offsets)} runs off; other changes ${per100({ falseAlarms, runs })} per 100 runs`,
  );
}
console.log(`without a slow-down: ${per100(clean)} false alarms per 100 runs (n=${clean.runs} runs)`);
measureArrival();
console.log(`\n${((performance.now() - started) / 1000).toFixed(0)} s`);
