import { type Spread, spreadOf } from '../measure-process.ts';

/** One run of one contender: figures by their name. */
export type Figures = Readonly<Record<string, number>>;

/** Prints the contenders beside each other: each figure as median, smallest and largest over the runs. */
export function printTable(runs: ReadonlyMap<string, readonly Figures[]>): void {
  for (const [name, figures] of runs) {
    console.log(`${name} (n=${figures.length})`);
    for (const figure of Object.keys(figures[0] ?? {})) {
      console.log(`  ${figure.padEnd(34)} ${shown(spreadOf(figures.map((each) => each[figure] ?? Number.NaN)))}`);
    }
  }
}

/** The median of a figure. */
export function medianOf(runs: ReadonlyMap<string, readonly Figures[]>, name: string, figure: string): number {
  return spreadOf((runs.get(name) ?? []).map((each) => each[figure] ?? Number.NaN)).median;
}

/** Says how one contender's median is beside another's. */
export function printBeside(
  runs: ReadonlyMap<string, readonly Figures[]>,
  one: string,
  other: string,
  figure: string,
): void {
  const [here, there] = [medianOf(runs, one, figure), medianOf(runs, other, figure)];
  console.log(`${figure}: ${one} ${number(here)}, ${other} ${number(there)}: ${(here / there).toFixed(2)} ×`);
}

function shown({ median, min, max }: Spread): string {
  return `${number(median).padStart(9)}  (${number(min)}–${number(max)})`;
}

function number(value: number): string {
  if (!Number.isFinite(value)) return '—';
  return value >= 100 ? value.toFixed(0) : value.toFixed(value >= 10 ? 1 : 2);
}
