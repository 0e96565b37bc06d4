import {
  Int32,
  RecordBatchFileReader,
  RecordBatchReader,
  Table,
  tableFromIPC,
  tableToIPC,
  vectorFromArray,
} from 'apache-arrow';
import { describe, expect, it } from 'vitest';
import { arrowFile } from './arrow-file.ts';

const chunkOf = (values: number[]) => tableToIPC(new Table({ a: vectorFromArray(values, new Int32()) }), 'stream');

async function fileOf(chunks: readonly Uint8Array[]): Promise<{ file: Buffer; rows: number; writes: number }> {
  const source = (async function* () {
    yield* chunks;
  })();
  const parts: Uint8Array[] = [];
  let rows = 0;
  const counted = (more: number) => {
    rows += more;
  };
  for await (const part of arrowFile(source, counted)) parts.push(part);
  return { file: Buffer.concat(parts), rows, writes: parts.length };
}

describe('an Arrow file', () => {
  it('holds the batches of all chunks, and a footer that finds each of them', async () => {
    const { file, rows, writes } = await fileOf([chunkOf([1, 2]), chunkOf([]), chunkOf([3])]);
    const reader = RecordBatchReader.from(file);
    expect(reader).toBeInstanceOf(RecordBatchFileReader);
    expect(tableFromIPC(file).getChild('a')?.toJSON()).toEqual([1, 2, 3]);
    expect((reader as RecordBatchFileReader).readRecordBatch(2)?.numRows).toBe(1);
    expect(rows).toBe(3);
    // Magic, schema, three batches, footer.
    expect(writes).toBe(6);
  });

  it('is not made of chunks that are cut', async () => {
    const chunk = chunkOf([1, 2, 3]);
    await expect(fileOf([chunk.subarray(0, 100)])).rejects.toMatchObject({ code: 'unavailable' });
    await expect(fileOf([])).rejects.toMatchObject({ code: 'unavailable' });
  });
});
