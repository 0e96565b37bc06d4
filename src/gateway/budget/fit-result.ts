import { HeadgateError } from '../../kernel/errors.ts';
import { estimateTokens } from '../../kernel/estimate-tokens.ts';
import { cursorAt, readPage, type Table } from '../../kernel/table.ts';
import type { Output } from '../../kernel/tool.ts';
import { isCuttable } from './table-shape.ts';

/** Most tokens of a result, whatever the caller asks for. */
export const HARD_LIMIT_TOKENS = 20_000;

/** Most tokens of a result when the caller did not say how much it wants. */
export const DEFAULT_LIMIT_TOKENS = 4_000;

/** Strings are cut to these lengths in turn until the result fits, in characters. */
const STRING_CAPS = [40_000, 20_000, 8_000, 4_000, 2_000, 1_000, 500, 250];

/** A result that fits its limit. */
export interface Fitted {
  readonly output: Output;
  /** `output` as JSON text, without spaces. */
  readonly json: string;
  readonly tokens: number;
  /** What was cut, a sentence each; empty when nothing was. */
  readonly cuts: readonly string[];
}

/** How a result may be cut. */
export interface FitOptions {
  readonly limit: number;
  /** True when the tool takes `cursor`: a cut table that is the only one then says where to go on. */
  readonly takesCursor: boolean;
}

/**
 * Cuts a result to its limit: rows of the largest tables first, then long strings. Cut tables keep `total`, are
 * `truncated` and carry the cursor of the next row; a cut string says inside its quotation how much is missing.
 * The result may stay above the limit when neither is left to cut: `tokens` tells.
 */
export function fitResult(output: Output, { limit, takesCursor }: FitOptions): Fitted {
  const json = JSON.stringify(output);
  const tokens = estimateTokens(json);
  if (tokens <= limit) return { output, json, tokens, cuts: [] };
  const copy = structuredClone(output);
  const cuts = cutRows(copy, limit, takesCursor);
  for (const cap of STRING_CAPS) {
    if (estimateTokens(JSON.stringify(copy)) <= limit) break;
    const cut = cutStrings(copy, cap);
    if (cut > 0) cuts.push(`${cut === 1 ? 'One text was' : `${cut} texts were`} cut to ${cap} characters.`);
  }
  const cutJson = JSON.stringify(copy);
  return { output: copy, json: cutJson, tokens: estimateTokens(cutJson), cuts };
}

/** Errors: `failed_precondition` when the result of `name` does not fit the hard limit although everything that can be cut was. */
export function requireFit(name: string, { tokens }: Fitted): void {
  if (tokens <= HARD_LIMIT_TOKENS) return;
  const problem = `The result of ${name} has about ${tokens} tokens; ${HARD_LIMIT_TOKENS} is the limit.`;
  throw new HeadgateError('failed_precondition', problem, {
    hint: 'Ask for less: filter, or name the parts you need.',
  });
}

/** A table that can be changed, and what it was before. */
interface Measured {
  readonly table: Table & { truncated: boolean; cursor?: string | undefined };
  readonly name: string;
  readonly rowTokens: readonly number[];
  readonly tokens: number;
  /** Position of its first row in the whole table. */
  readonly start: number;
  readonly givesCursor: boolean;
}

/** Cuts rows from the ends of tables, the largest first, until the result fits or each table has one row left. */
function cutRows(output: Output, limit: number, takesCursor: boolean): string[] {
  const tables = findTables(output, 'rows');
  const measured = tables.map((found) => measure(found, takesCursor && tables.length === 1));
  measured.sort((a, b) => b.tokens - a.tokens);
  for (const one of measured) {
    // A row costs less inside its table than alone, so one pass may leave a rest.
    let excess = estimateTokens(JSON.stringify(output)) - limit;
    while (excess > 0 && one.table.rows.length > 1) {
      cutTable(one, rowsToKeep(one, excess));
      excess = estimateTokens(JSON.stringify(output)) - limit;
    }
  }
  return measured.filter(({ table, rowTokens }) => table.rows.length < rowTokens.length).map(describeCut);
}

function measure({ name, table }: { name: string; table: Table }, onlyTable: boolean): Measured {
  const rowTokens = table.rows.map((row) => estimateTokens(JSON.stringify(row)));
  const tokens = rowTokens.reduce((sum, row) => sum + row, 0);
  return {
    name,
    table,
    rowTokens,
    tokens,
    start: offsetOf(table),
    givesCursor: onlyTable || table.cursor !== undefined,
  };
}

function rowsToKeep({ table, rowTokens }: Measured, excess: number): number {
  let keep = table.rows.length;
  let freed = 0;
  while (keep > 1 && freed < excess) freed += rowTokens[--keep] ?? 0;
  return keep;
}

function cutTable({ table, start, givesCursor }: Measured, keep: number): void {
  table.rows.length = keep;
  table.truncated = true;
  if (givesCursor) table.cursor = cursorAt(start + keep);
}

function describeCut({ table, name, rowTokens }: Measured): string {
  const next =
    table.cursor === undefined ? 'Ask for less at once to see the others.' : `Go on with cursor=${table.cursor}.`;
  return `${name}: ${table.rows.length} of the ${rowTokens.length} rows of this page fit. ${next}`;
}

/** Where the page of a table starts: its cursor points behind its last row; the last page ends at the total. */
function offsetOf(table: Table): number {
  const end =
    table.cursor === undefined
      ? table.total
      : readPage({ cursor: table.cursor, length: 0 }, () => {
          throw new TypeError('A table carries a cursor that is not one of cursorAt.');
        }).offset;
  const paged = table.cursor !== undefined || !table.truncated;
  return paged ? Math.max(0, end - table.rows.length) : 0;
}

function findTables(value: unknown, name: string): Array<{ name: string; table: Table }> {
  if (typeof value !== 'object' || value === null) return [];
  const own = isCuttable(value) ? [{ name, table: value }] : [];
  const inner = Object.entries(value).filter(([key]) => own.length === 0 || key !== 'rows');
  return [...own, ...inner.flatMap(([key, nested]) => findTables(nested, key))];
}

/** Cuts every string longer than `cap`; returns how many. */
function cutStrings(container: unknown, cap: number): number {
  if (typeof container !== 'object' || container === null) return 0;
  let cut = 0;
  const record = container as Record<string, unknown>;
  for (const [key, value] of Object.entries(record)) {
    if (typeof value === 'string' && value.length > cap) {
      record[key] = cutString(value, cap);
      cut++;
    } else cut += cutStrings(value, cap);
  }
  return cut;
}

/** The end of a text that {@link cutString} or the kernel's `quote` cut before. */
const EARLIER_CUT = /… \[(\d+) more characters\]»?$/;

/** A quotation stays closed, so its end cannot be taken for the end of the cut. */
function cutString(text: string, cap: number): string {
  const quoted = text.startsWith('«') && text.endsWith('»');
  const earlier = EARLIER_CUT.exec(text);
  const before = Number(earlier?.[1] ?? 0);
  const whole = text.slice(0, earlier?.index ?? (quoted ? -1 : undefined));
  const kept = whole.slice(0, cap);
  return `${kept}… [${whole.length - kept.length + before} more characters]${quoted ? '»' : ''}`;
}
