import { quantileSorted } from 'simple-statistics';

/** Prints n, median, 90th percentile and worst of absolute errors, which are shares. */
export function printErrors(name: string, errors: readonly number[]): void {
  const ascending = [...errors].sort((a, b) => a - b);
  if (ascending.length === 0) {
    console.log(`${name.padEnd(34)} none`);
    return;
  }
  const at = (quantile: number) => `${(quantileSorted(ascending, quantile) * 100).toFixed(2)} %`;
  console.log(`${name.padEnd(34)} n=${ascending.length}  median ${at(0.5)}  p90 ${at(0.9)}  worst ${at(1)}`);
}
