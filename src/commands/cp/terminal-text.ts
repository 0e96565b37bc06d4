/** How wide lines may be: the terminal's width, or wide where the output goes to a file. Columns. */
export function columnsOf(stream: { readonly columns?: number }): number {
  return stream.columns ?? 200;
}

/** Outside text on one line of at most `width` characters: control characters, which could move the cursor or colour what follows, are spaces. */
export function oneLine(text: string, width: number): string {
  const line = text
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is taken out.
    .replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, ' ')
    .trim();
  return line.length <= width ? line : `${line.slice(0, Math.max(0, width - 1))}…`;
}

/** Rows below their headings, each column as wide as its longest cell. The last column is cut to the width. */
export function renderTable(
  headings: readonly string[],
  rows: ReadonlyArray<readonly string[]>,
  width: number,
): string {
  const widths = headings.map((heading, column) =>
    Math.max(heading.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  const lineOf = (cells: readonly string[]) =>
    oneLine(cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  '), width);
  return [headings, ...rows].map(lineOf).join('\n');
}

/** A time span as people say it: `12 ms`, `3.4 s`. */
export function spanOf(ms: number | null): string {
  if (ms === null) return '-';
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}
