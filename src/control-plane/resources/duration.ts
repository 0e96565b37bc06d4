/** Seconds as JSON of a protobuf `Duration`: `2s`, `0.25s`. */
export function duration(seconds: number): string {
  return `${Number(seconds.toFixed(9))}s`;
}
