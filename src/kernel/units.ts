const BYTE_UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const;

/** Three significant figures at most, no trailing zeros. */
function short(value: number): string {
  return value >= 100 ? String(Math.round(value)) : String(Number(value.toPrecision(3)));
}

/** Bytes for people, binary units: `1.5 GiB`. Not a number or negative reads as `0 B`. */
export function formatBytes(bytes: number): string {
  let value = Number.isFinite(bytes) && bytes > 0 ? bytes : 0;
  let unit = 0;
  while (value >= 1024 && unit < BYTE_UNITS.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${short(value)} ${BYTE_UNITS[unit]}`;
}

/** Milliseconds for people: `340 ms`, `8.2 s`, `3 min 20 s`, `2 h 5 min`. Not a number or negative reads as `0 ms`. */
export function formatDuration(ms: number): string {
  const value = Number.isFinite(ms) && ms > 0 ? ms : 0;
  if (value < 999.5) return `${Math.round(value)} ms`;
  if (value < 59_950) return `${Number((value / 1000).toFixed(1))} s`;
  const seconds = Math.round(value / 1000);
  if (seconds < 3600) return join(Math.floor(seconds / 60), 'min', seconds % 60, 's');
  const minutes = Math.round(seconds / 60);
  return join(Math.floor(minutes / 60), 'h', minutes % 60, 'min');
}

function join(large: number, largeUnit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${large} ${largeUnit}` : `${large} ${largeUnit} ${small} ${smallUnit}`;
}

/** A share of 1 as per cent: `12 %`, `<1 %` for anything above 0 that would round to it. */
export function formatShare(share: number): string {
  if (!Number.isFinite(share) || share <= 0) return '0 %';
  return share < 0.01 ? '<1 %' : `${Math.round(Math.min(share, 1) * 100)} %`;
}

const grouped = new Intl.NumberFormat('en-US');

/** A whole number with its thousands grouped: `98,000`. */
export function formatCount(count: number): string {
  return Number.isFinite(count) ? grouped.format(Math.round(count)) : '0';
}

/** A count with its noun: `1 job`, `1,200 jobs`. `many` where the plural is not noun + s. */
export function countNoun(count: number, noun: string, many = `${noun}s`): string {
  return `${formatCount(count)} ${Math.round(count) === 1 ? noun : many}`;
}
