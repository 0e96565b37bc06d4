import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { encode } from 'gpt-tokenizer/encoding/o200k_base';
import { describe, expect, it } from 'vitest';
import { cursorAt, readPage, type Table, toTable } from '../../kernel/table.ts';
import { fitResult, HARD_LIMIT_TOKENS } from './fit-result.ts';

const rowsOf = (count: number, start = 0, total = start + count): Table =>
  toTable(
    Array.from({ length: total }, (_, index) => index),
    { offset: start, length: count },
    ['id', 'name'],
    (index) => ({ id: index, name: `row number ${index}` }),
  );

const tableOf = (texts: readonly string[]): Table =>
  toTable(texts, { offset: 0, length: texts.length }, ['text'], (text) => ({ text }));

describe('fitResult', () => {
  it('leaves a result alone that fits [gateway.result-budget]', () => {
    const output = { rows: rowsOf(3) };
    const fitted = fitResult(output, { limit: 1_000, takesCursor: true });
    expect(fitted.output).toBe(output);
    expect(fitted.cuts).toEqual([]);
  });

  it('cuts rows and points the cursor behind the last one kept, wherever the page began [gateway.result-budget]', () => {
    fc.assert(
      fc.property(fc.nat(500), fc.nat(500), fc.integer({ min: 10, max: 400 }), (start, after, count) => {
        const page = rowsOf(count, start, start + count + after);
        const { output, tokens } = fitResult({ rows: page }, { limit: 100, takesCursor: true });
        const { rows, total, truncated, cursor } = output.rows as Table;
        expect(tokens).toBeLessThanOrEqual(100);
        expect([total, truncated]).toEqual([start + count + after, true]);
        expect(rows).toEqual(page.rows.slice(0, rows.length));
        expect(cursor).toBe(cursorAt(start + rows.length));
      }),
    );
  });

  it('cuts the largest table first and gives no cursor where a tool takes none [gateway.result-budget]', () => {
    const { output, cuts } = fitResult(
      { small: rowsOf(5), nested: { large: rowsOf(200) } },
      { limit: 400, takesCursor: false },
    );
    const { small, nested } = output as { small: Table; nested: { large: Table } };
    expect([small.rows.length, small.truncated]).toEqual([5, false]);
    expect([nested.large.truncated, nested.large.total, nested.large.cursor]).toEqual([true, 200, undefined]);
    expect(cuts).toEqual([
      `large: ${nested.large.rows.length} of the 200 rows of this page fit. Ask for less at once to see the others.`,
    ]);
  });

  it('gives no ambiguous cursor: of two tables, only one that had a cursor gets a new one [gateway.result-budget]', () => {
    const paged = rowsOf(100, 50, 400);
    const { output } = fitResult({ paged, other: rowsOf(100) }, { limit: 200, takesCursor: true });
    const cut = output as { paged: Table; other: Table };
    const resumesAt = readPage({ cursor: cut.paged.cursor, length: 1 }, () => expect.unreachable()).offset;
    expect(resumesAt).toBe(50 + cut.paged.rows.length);
    expect(cut.other.cursor).toBeUndefined();
  });

  it('handles a result that is itself a table [gateway.result-budget]', () => {
    const { output } = fitResult({ ...rowsOf(100), source: 'x' }, { limit: 200, takesCursor: true });
    expect(output).toMatchObject({ total: 100, truncated: true, source: 'x' });
  });

  it('does not touch the result that it was given [gateway.result-budget]', () => {
    const output = { rows: rowsOf(100), text: 'x'.repeat(10) };
    const before = structuredClone(output);
    fitResult(output, { limit: 100, takesCursor: true });
    expect(output).toEqual(before);
  });

  it('cuts long strings when no rows are left to cut, adding to an earlier cut [gateway.result-budget]', () => {
    const text = `«${'word '.repeat(4_000)}… [7 more characters]»`;
    const { output, cuts } = fitResult({ text, short: 'kept' }, { limit: 300, takesCursor: false });
    expect(output.text).toBe(`«${'word '.repeat(4_000).slice(0, 999)}… [${20_000 - 999 + 7} more characters]»`);
    expect(output.short).toBe('kept');
    expect(cuts.at(-1)).toBe('One text was cut to 1000 characters.');
  });

  it.each([
    ['one long text', (base64: string) => ({ text: base64 })],
    ['a table of texts', (base64: string) => ({ rows: tableOf(base64.match(/.{1,400}/g) ?? []) })],
  ])('keeps the hard limit in true tokens for base64 in %s [gateway.result-budget]', (_what, outputOf) => {
    const bytes = Array.from({ length: 4_000 }, (_, index) => createHash('sha256').update(String(index)).digest());
    const base64 = Buffer.concat(bytes).toString('base64');
    const { json } = fitResult(outputOf(base64), { limit: HARD_LIMIT_TOKENS, takesCursor: true });
    const truth = encode(json).length;
    expect(truth).toBeLessThanOrEqual(HARD_LIMIT_TOKENS);
    expect(truth).toBeGreaterThan(HARD_LIMIT_TOKENS / 2);
  });

  it('says by its tokens that nothing more can be cut [gateway.result-budget]', () => {
    const names = Array.from({ length: 500 }, (_, index) => `name ${index}`);
    const { tokens } = fitResult({ names }, { limit: 300, takesCursor: false });
    expect(tokens).toBeGreaterThan(300);
  });

  it('cuts the first rows of what nobody has counted', () => {
    const rows = Array.from({ length: 400 }, (_, index) => [index, 'x'.repeat(100)]);
    const output = { engine: 'spark', columns: ['n', 'text'], rows, total: null, truncated: true };
    const fitted = fitResult(output, { limit: 4000, takesCursor: false });
    expect(fitted.tokens).toBeLessThanOrEqual(4000);
    expect(fitted.output).toMatchObject({ total: null, truncated: true });
    expect((fitted.output.rows as unknown[]).length).toBeGreaterThan(10);
  });
});
