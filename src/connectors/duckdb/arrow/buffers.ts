/** Which of `values` are there, a bit each, and how many are not. */
export function validity(values: readonly unknown[]): { nullBitmap: Uint8Array | null; nullCount: number } {
  const bits = new Uint8Array(Math.ceil(values.length / 64) * 8);
  let nullCount = 0;
  for (let row = 0; row < values.length; row++) {
    if (values[row] === null) nullCount++;
    else bits[row >> 3] = (bits[row >> 3] ?? 0) | (1 << (row & 7));
  }
  return nullCount === 0 ? { nullBitmap: null, nullCount } : { nullBitmap: bits, nullCount };
}

/** Byte strings one after the other, and where each begins. */
export function concatenated(values: readonly (Uint8Array | null)[]): { data: Uint8Array; valueOffsets: Int32Array } {
  const valueOffsets = new Int32Array(values.length + 1);
  let end = 0;
  for (let row = 0; row < values.length; row++) {
    end += values[row]?.length ?? 0;
    valueOffsets[row + 1] = end;
  }
  const data = new Uint8Array(end);
  for (let row = 0; row < values.length; row++) data.set(values[row] ?? [], valueOffsets[row]);
  return { data, valueOffsets };
}

/** Lists one after the other, and where each begins. */
export function flattened<T>(values: readonly (readonly T[] | null)[]): { items: T[]; valueOffsets: Int32Array } {
  const items: T[] = [];
  const valueOffsets = new Int32Array(values.length + 1);
  for (let row = 0; row < values.length; row++) {
    for (const item of values[row] ?? []) items.push(item);
    valueOffsets[row + 1] = items.length;
  }
  return { items, valueOffsets };
}
