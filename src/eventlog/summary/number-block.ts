type Width = 0 | 1 | 2 | 4 | 8;

/** How one run of numbers lies in bytes. */
export interface NumberBlock {
  /** How many numbers. */
  readonly n: number;
  /** Bytes of each: 0 when all are the same, 8 when they are stored as they are, else offsets from `base`. */
  readonly w: Width;
  readonly base: number;
  /** The first number, where every other is told by its difference to the one before. */
  readonly start?: number;
  /** Where the bytes are. */
  readonly at: number;
  /** True when the numbers do not all fit 32-bit integers. */
  readonly wide: boolean;
}

/** Numbers that can be asked for by position. */
export interface Numbers {
  readonly length: number;
  at(index: number): number | undefined;
}

/** Larger differences of safe integers may not be exact. */
const EXACT_DIFFERENCE = 2 ** 52;
const ALIGNMENT = 8;

/** A growing run of bytes. */
export class ByteArea {
  #bytes = new Uint8Array(4096);
  #length = 0;

  /** Appends a copy, aligned for any type of number. Returns where it went. */
  append(bytes: Uint8Array): number {
    const at = Math.ceil(this.#length / ALIGNMENT) * ALIGNMENT;
    const end = at + bytes.length;
    if (end > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(end, this.#bytes.length * 2));
      larger.set(this.#bytes.subarray(0, this.#length));
      this.#bytes = larger;
    }
    this.#bytes.set(bytes, at);
    this.#length = end;
    return at;
  }

  /** A view of what was appended so far. */
  get bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }
}

interface Range {
  readonly whole: boolean;
  readonly min: number;
  readonly max: number;
  readonly minStep: number;
  readonly maxStep: number;
}

/** Stores numbers in as few bytes each as their range, or the range of their steps, allows. Every number comes back exactly. */
export function storeNumbers(numbers: Numbers, area: ByteArea): NumberBlock {
  const n = numbers.length;
  if (n === 0) return { n, w: 0, base: 0, at: 0, wide: false };
  const range = rangeOf(numbers);
  const wide = !range.whole || range.min < -(2 ** 31) || range.max >= 2 ** 31;
  const plain = range.whole ? widthOf(range.max - range.min) : 8;
  const stepsAreExact = Math.max(Math.abs(range.minStep), Math.abs(range.maxStep)) < EXACT_DIFFERENCE;
  const stepped = range.whole && stepsAreExact ? widthOf(range.maxStep - range.minStep) : 8;
  if (plain === 8 && stepped === 8) {
    const raw = Float64Array.from({ length: n }, (_, i) => numbers.at(i) as number);
    return { n, w: 8, base: 0, at: area.append(bytesOf(raw)), wide };
  }
  if (plain <= stepped) return { n, wide, ...storeOffsets(numbers, range.min, plain, area) };
  return { n, wide, ...storeSteps(numbers, range.minStep, stepped, area) };
}

function storeOffsets(numbers: Numbers, base: number, w: Width, area: ByteArea) {
  if (w === 0) return { w, base, at: 0 };
  const cells = newCells(w, numbers.length);
  for (let i = 0; i < cells.length; i++) cells[i] = (numbers.at(i) as number) - base;
  return { w, base, at: area.append(bytesOf(cells)) };
}

function storeSteps(numbers: Numbers, base: number, w: Width, area: ByteArea) {
  const start = numbers.at(0) as number;
  if (w === 0) return { w, base, start, at: 0 };
  const cells = newCells(w, numbers.length - 1);
  let before = start;
  for (let i = 0; i < cells.length; i++) {
    const value = numbers.at(i + 1) as number;
    cells[i] = value - before - base;
    before = value;
  }
  return { w, base, start, at: area.append(bytesOf(cells)) };
}

/** The numbers of a block: four bytes each where all fit, else eight. Throws RangeError when the block leads out of the bytes. */
export function loadNumbers(block: NumberBlock, bytes: Uint8Array): Int32Array | Float64Array {
  const { n, w, base, start } = block;
  if (w === 8) {
    const raw = new Float64Array(n);
    bytesOf(raw).set(part(bytes, block.at, n * 8));
    return block.wide ? raw : Int32Array.from(raw);
  }
  const values = block.wide ? new Float64Array(n) : new Int32Array(n);
  const stored = start === undefined ? n : n - 1;
  const cells = w === 0 ? null : cellsOf(part(bytes, block.at, stored * w), w);
  if (start === undefined) addOffsets(values, base, cells);
  else addSteps(values, start, base, cells);
  return values;
}

function addOffsets(values: Int32Array | Float64Array, base: number, cells: Cells | null): void {
  if (cells === null) values.fill(base);
  else for (let i = 0; i < values.length; i++) values[i] = (cells[i] as number) + base;
}

function addSteps(values: Int32Array | Float64Array, start: number, base: number, cells: Cells | null): void {
  let value = start;
  values[0] = value;
  for (let i = 1; i < values.length; i++) {
    value += base + (cells === null ? 0 : (cells[i - 1] as number));
    values[i] = value;
  }
}

function rangeOf(numbers: Numbers): Range {
  let whole = true;
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  let minStep = Number.POSITIVE_INFINITY;
  let maxStep = Number.NEGATIVE_INFINITY;
  let before = 0;
  for (let i = 0; i < numbers.length; i++) {
    const value = numbers.at(i) as number;
    whole &&= Number.isSafeInteger(value) && !Object.is(value, -0);
    if (value < min) min = value;
    if (value > max) max = value;
    if (i > 0) {
      const step = value - before;
      if (step < minStep) minStep = step;
      if (step > maxStep) maxStep = step;
    }
    before = value;
  }
  if (numbers.length < 2) return { whole, min, max, minStep: 0, maxStep: 0 };
  return { whole, min, max, minStep, maxStep };
}

function widthOf(range: number): Width {
  if (range === 0) return 0;
  if (range < 2 ** 8) return 1;
  if (range < 2 ** 16) return 2;
  return range < 2 ** 32 ? 4 : 8;
}

type Cells = Uint8Array | Uint16Array | Uint32Array;

function newCells(width: Width, n: number): Cells {
  if (width === 1) return new Uint8Array(n);
  return width === 2 ? new Uint16Array(n) : new Uint32Array(n);
}

function cellsOf(bytes: Uint8Array, width: 1 | 2 | 4): Cells {
  if (width === 1) return bytes;
  const aligned = bytes.byteOffset % ALIGNMENT === 0 ? bytes : new Uint8Array(bytes);
  const { buffer, byteOffset, length } = aligned;
  return width === 2
    ? new Uint16Array(buffer, byteOffset, length / 2)
    : new Uint32Array(buffer, byteOffset, length / 4);
}

const bytesOf = (cells: Cells | Float64Array): Uint8Array =>
  new Uint8Array(cells.buffer, cells.byteOffset, cells.byteLength);

/** Bytes [at, at + length). Throws RangeError when there are fewer. */
export function part(bytes: Uint8Array, at: number, length: number): Uint8Array {
  if (!(at >= 0 && length >= 0 && at + length <= bytes.length))
    throw new RangeError('a summary leads out of its bytes');
  return bytes.subarray(at, at + length);
}
