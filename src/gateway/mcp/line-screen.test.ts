import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { LineScreen, MAX_LINE_BYTES, type Refusal } from './line-screen.ts';

const PING = '{"jsonrpc":"2.0","id":1,"method":"ping"}';

/** What passes and what is refused when the input arrives in these chunks. */
async function screen(chunks: readonly Buffer[]): Promise<{ passed: string[]; refused: Refusal[] }> {
  const refused: Refusal[] = [];
  const screened = Readable.from(chunks).pipe(
    new LineScreen(async (refusal) => {
      refused.push(refusal);
    }),
  );
  const passed: string[] = [];
  for await (const line of screened) passed.push(String(line));
  return { passed, refused };
}

function inPieces(text: string, size: number): Buffer[] {
  const bytes = Buffer.from(text);
  const count = Math.ceil(bytes.length / size);
  return Array.from({ length: count }, (_, at) => bytes.subarray(at * size, (at + 1) * size));
}

describe('LineScreen', () => {
  it.each([1, 7, 64, 1_000])(
    'passes whole messages on, one a chunk, wherever the input is cut (%i bytes) [gateway.stdio-survives-garbage]',
    async (size) => {
      const { passed, refused } = await screen(inPieces(`${PING}\r\ngarbage «x»\n\n${PING}\n`, size));
      expect(passed).toEqual([`${PING}\r\n`, `${PING}\n`]);
      expect(refused.map(({ code }) => code)).toEqual([-32700]);
    },
  );

  it('passes the longest message and refuses longer ones once each [gateway.stdio-survives-garbage]', async () => {
    const filled = (bytes: number) => PING.replace('}', `,"params":{"x":"${'x'.repeat(bytes - PING.length - 18)}"}}`);
    const longest = filled(MAX_LINE_BYTES);
    expect(longest).toHaveLength(MAX_LINE_BYTES);
    const text = `${longest}\n${filled(MAX_LINE_BYTES + 1)}\n${'y'.repeat(2 * MAX_LINE_BYTES)}\n${PING}\n`;
    const { passed, refused } = await screen(inPieces(text, 65_536));
    expect(passed.map((line) => line.length)).toEqual([MAX_LINE_BYTES + 1, PING.length + 1]);
    const refusal = { code: -32600, message: 'The message is longer than 10485760 bytes.', id: null, answered: true };
    expect(refused).toEqual([refusal, refusal]);
  });

  it('refuses what is nested too deep, under its id [gateway.stdio-survives-garbage]', async () => {
    const nested = (depth: number) => PING.replace('}', `,"params":{"x":${'['.repeat(depth)}${']'.repeat(depth)}}}`);
    const { passed, refused } = await screen([Buffer.from(`${nested(98)}\n${nested(99)}\n${nested(1_000_000)}\n`)]);
    expect(passed).toEqual([`${nested(98)}\n`]);
    expect(refused).toMatchObject([
      { code: -32600, message: 'The message is nested deeper than 100 levels.', id: 1 },
      { code: -32600, id: 1 },
    ]);
  });

  it('judges what the input ends with, also without a newline [gateway.stdio-survives-garbage]', async () => {
    expect(await screen([Buffer.from('{"jsonrpc":')])).toMatchObject({ passed: [], refused: [{ code: -32700 }] });
    expect(await screen([Buffer.from(PING)])).toEqual({ passed: [`${PING}\n`], refused: [] });
  });

  it.each([
    ['{"id":5,"method":"x"}', 5],
    ['{"id":"a","method":"x"}', 'a'],
    ['{"id":{},"method":"x"}', null],
    ['{"jsonrpc":"2.0","id":5}', null],
    ['"text"', null],
  ])('answers %s under the id %j [gateway.stdio-survives-garbage]', async (line, id) => {
    expect((await screen([Buffer.from(line)])).refused).toMatchObject([{ code: -32600, id, answered: true }]);
  });
});
