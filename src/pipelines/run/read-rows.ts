import type { DataType, Type } from 'apache-arrow';
import type { ArrowRows } from '../../kernel/sql-engine.ts';
import type { Cell } from '../../kernel/table.ts';

/** The first rows of a small result, as plain cells: whole numbers beyond 2^53, decimals and times are text. The query ends with them. */
export async function readRows(rows: ArrowRows, max: number): Promise<Cell[][]> {
  const { tableFromIPC, Type: types } = await import('apache-arrow');
  const found: Cell[][] = [];
  for await (const chunk of rows.chunks) {
    const table = tableFromIPC(chunk);
    const columns = table.schema.fields.map((field, index) => ({ type: field.type, values: table.getChildAt(index) }));
    for (let row = 0; row < table.numRows && found.length < max; row += 1) {
      found.push(columns.map(({ type, values }) => cellOf(values?.get(row), type, types)));
    }
    if (found.length >= max) break;
  }
  return found;
}

function cellOf(value: unknown, type: DataType, types: typeof Type): Cell {
  if (value === null || value === undefined) return null;
  if (typeof value === 'bigint') return toNumber(value);
  if (typeof value === 'number') return numberOf(value, type, types);
  if (typeof value === 'boolean') return value;
  if (typeof value === 'string') return value;
  if (value instanceof Date) return value.toISOString();
  if (type.typeId === types.Decimal) return decimalText(value as Uint32Array, type as DataType & { scale: number });
  return JSON.stringify(value, (_key, inner: unknown) => (typeof inner === 'bigint' ? inner.toString() : inner));
}

const toNumber = (value: bigint): Cell => (BigInt.asIntN(54, value) === value ? Number(value) : value.toString());

/** Times come as epoch ms. */
function numberOf(value: number, type: DataType, types: typeof Type): Cell {
  const isTime = type.typeId === types.Timestamp || type.typeId === types.Date;
  return isTime ? new Date(value).toISOString() : value;
}

/** Decimals come as 32-bit words of a two's complement, lowest first. */
function decimalText(words: Uint32Array, { scale }: { scale: number }): string {
  const bits = words.length * 32;
  const unsigned = [...words].reduceRight((sum, word) => (sum << 32n) | BigInt(word), 0n);
  const value = BigInt.asIntN(bits, unsigned);
  const digits = (value < 0n ? -value : value).toString().padStart(scale + 1, '0');
  const point = digits.length - scale;
  const text = scale === 0 ? digits : `${digits.slice(0, point)}.${digits.slice(point)}`;
  return value < 0n ? `-${text}` : text;
}
