/** A span of time, ms since the epoch, end excluded. */
export interface Interval {
  readonly start: number;
  readonly end: number;
}

/** Sorted, disjoint spans that cover the same time. Spans that end before they start (a clock that ran backwards) are dropped. */
export function unite(intervals: Iterable<Interval>): Interval[] {
  const sorted = [...intervals].filter((span) => span.end > span.start).sort((a, b) => a.start - b.start);
  const united: Interval[] = [];
  for (const span of sorted) {
    const last = united.at(-1);
    if (last === undefined || span.start > last.end) united.push(span);
    else if (span.end > last.end) united[united.length - 1] = { start: last.start, end: span.end };
  }
  return united;
}

/** Covered time of disjoint spans, ms. */
export function lengthOf(united: readonly Interval[]): number {
  return united.reduce((sum, span) => sum + span.end - span.start, 0);
}

/** The part of a span inside a window; null when there is none. */
export function clip(span: Interval, window: Interval): Interval | null {
  const start = Math.max(span.start, window.start);
  const end = Math.min(span.end, window.end);
  return end > start ? { start, end } : null;
}

/** What of the window the disjoint sorted spans leave uncovered. */
export function gapsWithin(window: Interval, united: readonly Interval[]): Interval[] {
  const gaps: Interval[] = [];
  let from = window.start;
  for (let position = firstEndingAfter(from, united); position < united.length; position++) {
    const span = united[position] as Interval;
    if (span.start >= window.end) break;
    if (span.start > from) gaps.push({ start: from, end: span.start });
    from = Math.max(from, span.end);
  }
  if (from < window.end) gaps.push({ start: from, end: window.end });
  return gaps;
}

/** What of the window the disjoint sorted spans cover. */
export function partsWithin(window: Interval, united: readonly Interval[]): Interval[] {
  const parts: Interval[] = [];
  for (let position = firstEndingAfter(window.start, united); position < united.length; position++) {
    const part = clip(united[position] as Interval, window);
    if (part === null) break;
    parts.push(part);
  }
  return parts;
}

/** Time that a span shares with disjoint sorted spans, ms. */
export function overlapOf(span: Interval, united: readonly Interval[]): number {
  let shared = 0;
  for (let position = firstEndingAfter(span.start, united); position < united.length; position++) {
    const other = united[position];
    if (other === undefined || other.start >= span.end) break;
    shared += Math.max(0, Math.min(span.end, other.end) - Math.max(span.start, other.start));
  }
  return shared;
}

/** Position of the first of disjoint sorted spans that ends after a time. Cost: binary search. */
function firstEndingAfter(time: number, united: readonly Interval[]): number {
  let low = 0;
  let high = united.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((united[middle]?.end ?? 0) > time) high = middle;
    else low = middle + 1;
  }
  return low;
}
