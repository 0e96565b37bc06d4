import * as arrow from 'apache-arrow';
import { describe, expect, it } from 'vitest';
import { planColumns, sourceColumns } from './column-plan.ts';
import { copyBytes, readSchema } from './copy-stream.ts';
import type { TargetColumn, TargetTable } from './target-table.ts';
import { limitsOf } from './type-map.ts';

const column = (name: string, type: string, more: Partial<TargetColumn> = {}): TargetColumn => ({
  name,
  sqlType: type,
  type: { oid: 0, name: type, kind: 'b', modifier: -1, element: null },
  notNull: false,
  filled: false,
  computed: null,
  ...more,
});

const tableOf = (columns: readonly TargetColumn[]): TargetTable => ({
  oid: 1,
  schema: 'public',
  table: 't',
  sqlName: '"public"."t"',
  kind: 'r',
  rowSecurity: false,
  hasTriggers: false,
  columns,
});

async function encode(table: arrow.Table, target: TargetTable): Promise<Buffer> {
  const chunk = arrow.tableToIPC(table, 'stream');
  const columns = planColumns(sourceColumns(readSchema(chunk), []), target, []);
  const parts: Uint8Array[] = [];
  const source = (async function* () {
    yield chunk;
  })();
  for await (const part of copyBytes(source, columns, { rows: 0, bytes: 0 })) parts.push(part);
  return Buffer.concat(parts);
}

const HEADER_BYTES = 19;
/** Fields of each row, null for null. */
function fieldsOf(copy: Buffer): (Buffer | null)[][] {
  const rows: (Buffer | null)[][] = [];
  let at = HEADER_BYTES;
  for (;;) {
    const count = copy.readInt16BE(at);
    at += 2;
    if (count === -1) break;
    const row = Array.from({ length: count }, () => {
      const length = copy.readInt32BE(at);
      at += 4;
      if (length === -1) return null;
      at += length;
      return copy.subarray(at - length, at);
    });
    rows.push(row);
  }
  expect(at).toBe(copy.length);
  return rows;
}

const vector = (values: readonly unknown[], type: arrow.DataType) => arrow.vectorFromArray(values as never, type);

describe('the bytes of COPY', () => {
  it('begin with the signature and hold each field with its length [bulk-load.type-matrix]', async () => {
    const table = new arrow.Table({
      i: vector([1, null, -2], new arrow.Int32()),
      b: vector([1n << 40n, null, -3n], new arrow.Int64()),
      s: vector(['é', '', null], new arrow.Utf8()),
      at: vector([946_684_800_000, null, 0], new arrow.TimestampMicrosecond()),
    } as never);
    const copy = await encode(
      table,
      tableOf([column('i', 'int4'), column('b', 'int8'), column('s', 'text'), column('at', 'timestamp')]),
    );
    expect(copy.subarray(0, 11).toString('latin1')).toBe('PGCOPY\n\u00ff\r\n\0');
    const [first, second, third] = fieldsOf(copy);
    expect(first?.map((field) => field?.toString('hex'))).toEqual([
      '00000001',
      '0000010000000000',
      'c3a9',
      '0000000000000000',
    ]);
    expect(second?.map((field) => field?.toString('hex'))).toEqual([undefined, undefined, '', undefined]);
    expect(third?.[3]?.readBigInt64BE()).toBe(-946_684_800_000_000n);
  });

  it('give the same fields for rows of every number and size [bulk-load.round-trip]', async () => {
    for (const count of [0, 1, 4095, 4096, 9000]) {
      const texts = Array.from({ length: count }, (_, at) => (at % 5 === 0 ? null : 'x'.repeat((at * 37) % 700)));
      const rows = fieldsOf(
        await encode(new arrow.Table({ s: vector(texts, new arrow.Utf8()) } as never), tableOf([column('s', 'text')])),
      );
      expect(rows.map(([field]) => field?.toString() ?? null)).toEqual(texts);
    }
  });

  it('write decimals of every size as the groups of numeric [bulk-load.type-matrix]', async () => {
    const words = (value: bigint) =>
      new Uint32Array(new BigInt64Array([BigInt.asIntN(64, value), value >> 64n]).buffer);
    const values = [0n, 1n, -1n, 123_456_789n, -(10n ** 37n), 10n ** 38n - 1n, 2n ** 53n + 1n];
    const table = new arrow.Table({ d: vector(values.map(words), new arrow.Decimal(6, 38, 128)) } as never);
    const rows = fieldsOf(await encode(table, tableOf([column('d', 'numeric')])));
    expect(rows.map(([field]) => unscaled(field as Buffer, 6))).toEqual(values);
  });

  it('count rows in errors over batches [bulk-load.values]', async () => {
    const table = new arrow.Table({
      u: vector(['8b5a9a0e-0000-4000-8000-000000000000', 'no'], new arrow.Utf8()),
    } as never);
    await expect(encode(table, tableOf([column('u', 'uuid')]))).rejects.toMatchObject({
      details: { row: 2, column: 'u' },
    });
  });

  it('refuse bytes that are no Arrow [bulk-load.values]', () => {
    expect(() => readSchema(Buffer.from('no arrow at all'))).toThrow(/did not come as Arrow/);
  });
});

/** A numeric's digits, without its point. */
function unscaled(field: Buffer, scale: number): bigint {
  const digits = field.readInt16BE(0);
  const weight = field.readInt16BE(2);
  let value = 0n;
  for (let at = 0; at < digits; at++) value = value * 10_000n + BigInt(field.readInt16BE(8 + 2 * at));
  const fraction = (digits - 1 - weight) * 4;
  const shifted = value / 10n ** BigInt(fraction - scale);
  return field.readUInt16BE(4) === 0x4000 ? -shifted : shifted;
}

describe('planning', () => {
  it('matches names without case where that is clear, and reads scales of numeric [bulk-load.types-first]', () => {
    const source = [{ name: 'ID', type: new arrow.Int32(), typeName: 'int' }];
    const [planned] = planColumns(source, tableOf([column('id', 'int4')]), []);
    expect(planned).toMatchObject({ name: 'id', source: 0, castTo: null });
    expect(() => planColumns([...source, ...source], tableOf([column('id', 'int4')]), [])).toThrow(
      /ID is twice in the rows/,
    );
    expect(() => planColumns(source, tableOf([column('Id', 'int4'), column('id', 'int4')]), [])).toThrow(
      /no column of the table/,
    );
    expect(limitsOf({ modifier: ((10 << 16) | 2) + 4 })).toEqual({ precision: 10, scale: 2 });
    expect(limitsOf({ modifier: ((3 << 16) | 0x7fe) + 4 })).toEqual({ precision: 3, scale: -2 });
    expect(limitsOf({ modifier: -1 })).toBeNull();
  });
});
