/** Rows a column starts with when the caller does not say. */
const INITIAL_ROWS = 1024;

type Cells = Int32Array | Float64Array;

const orZero = (value: number): number => (Number.isNaN(value) ? 0 : value);

const fitsInt32 = (value: number): boolean => (value | 0) === value;

/**
 * A growing column of finite numbers that takes as little memory as its values allow: nothing while every value is 0,
 * four bytes a row while all are 32-bit integers, else eight. A task table has two dozen of these, most of them zero.
 */
export class NumberColumn {
  #cells: Cells | null = null;
  /** Where the cells come from when they are first asked for. */
  #deferred: { readonly byteLength: number; readonly load: () => Cells } | null = null;
  #length = 0;
  readonly #expectedRows: number;

  /** `expectedRows` saves growing when it is about right. */
  constructor(expectedRows = INITIAL_ROWS) {
    this.#expectedRows = Math.max(INITIAL_ROWS, expectedRows);
  }

  get length(): number {
    return this.#length;
  }

  /** Bytes held, for the engine's memory figure; of a deferred column what it will hold. */
  get byteLength(): number {
    return this.#cells?.byteLength ?? this.#deferred?.byteLength ?? 0;
  }

  /** A column of so many rows, whose cells are loaded when one of them is first asked for. */
  static deferred(length: number, byteLength: number, load: () => Cells): NumberColumn {
    const column = new NumberColumn();
    column.#length = length;
    column.#deferred = { byteLength, load };
    return column;
  }

  /** An independent column of the same rows. */
  copy(): NumberColumn {
    const column = new NumberColumn(this.#expectedRows);
    column.#length = this.#length;
    column.#cells = this.#present()?.slice(0, this.#length) ?? null;
    return column;
  }

  push(value: number): void {
    const row = this.#length++;
    if (value === 0 && this.#cells === null) return;
    const cells = this.#writable(row, value);
    cells[row] = value;
  }

  /** Pushes the number at `slot` of each of the first `count` records; NaN, which stands for a missing field, as 0. */
  pushFrom(records: Float64Array, slot: number, bases: Int32Array, count: number): void {
    let row = this.#length;
    let cells = this.#cells;
    this.#length += count;
    for (let i = 0; i < count; i++, row++) {
      const value = records[(bases[i] as number) + slot] as number;
      if (cells === null) {
        if (value === 0 || Number.isNaN(value)) continue;
        cells = this.#writable(row, value);
      } else if (row >= cells.length || (!(cells instanceof Float64Array) && !fitsInt32(value))) {
        cells = this.#writable(row, orZero(value));
      }
      cells[row] = orZero(value);
    }
  }

  /** Pushes the first `count` values. */
  pushAll(values: Int32Array, count: number): void {
    for (let i = 0; i < count; i++) this.push(values[i] as number);
  }

  /** Adds each row's value to the sum that its key names; a key of −1 leaves the row out. */
  sumInto(sums: Float64Array, keys: Int32Array): void {
    const cells = this.#present();
    if (cells === null) return;
    // Rows beyond the cells are 0: an appended column of zeros takes no memory.
    const rows = Math.min(this.#length, cells.length);
    for (let row = 0; row < rows; row++) {
      const key = keys[row] as number;
      if (key >= 0) sums[key] = (sums[key] as number) + (cells[row] as number);
    }
  }

  /** Value at a row; 0 for a row that was never written. */
  at(row: number): number {
    const cells = this.#cells ?? this.#present();
    return cells === null ? 0 : (cells[row] ?? 0);
  }

  /** Overwrites one row that was pushed before. */
  set(row: number, value: number): void {
    if (value === 0 && this.#present() === null) return;
    this.#writable(row, value)[row] = value;
  }

  /** Forgets the rows from `rows` on. */
  truncate(rows: number): void {
    this.#length = Math.min(this.#length, rows);
    this.trim();
  }

  /** Releases the spare capacity when it is more than a part `slack` of the rows. */
  trim(slack = 0): void {
    if (this.#cells !== null && this.#cells.length > this.#length * (1 + slack))
      this.#cells = this.#cells.slice(0, this.#length);
  }

  /** Moves to another thread and back: the cells are transferable. */
  toTransfer(): ColumnTransfer {
    this.#present();
    this.trim();
    return { length: this.#length, cells: this.#cells };
  }

  static fromTransfer(transfer: ColumnTransfer): NumberColumn {
    const column = new NumberColumn();
    column.#cells = transfer.cells;
    column.#length = transfer.length;
    return column;
  }

  /** Appends all rows of another column. */
  append(other: NumberColumn): void {
    const offset = this.#length;
    this.#length += other.#length;
    const theirs = other.#present();
    if (theirs === null) return;
    const wide = theirs instanceof Float64Array;
    this.#reserve(this.#length, wide);
    (this.#cells as Cells).set(theirs.subarray(0, other.#length), offset);
  }

  #present(): Cells | null {
    if (this.#deferred !== null) {
      this.#cells = this.#deferred.load();
      this.#deferred = null;
    }
    return this.#cells;
  }

  #writable(row: number, value: number): Cells {
    const cells = this.#cells;
    const wide = cells instanceof Float64Array || !fitsInt32(value);
    if (cells === null || row >= cells.length || (wide && cells instanceof Int32Array)) this.#reserve(row + 1, wide);
    return this.#cells as Cells;
  }

  #reserve(rows: number, wide: boolean): void {
    const old = this.#cells;
    const isWide = wide || old instanceof Float64Array;
    const kept = old?.length ?? 0;
    const capacity = rows <= kept ? kept : Math.max(this.#expectedRows, rows, kept * 2);
    if (old !== null && capacity === kept && isWide === old instanceof Float64Array) return;
    const next: Cells = isWide ? new Float64Array(capacity) : new Int32Array(capacity);
    if (old !== null) next.set(old);
    this.#cells = next;
  }
}

/** A column on its way between threads. */
export interface ColumnTransfer {
  readonly length: number;
  readonly cells: Cells | null;
}
