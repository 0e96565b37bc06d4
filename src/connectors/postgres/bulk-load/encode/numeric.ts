import { type Data, DataType, type Decimal } from 'apache-arrow';
import { type Cells, type Codec, doesNotFit, type Place } from './cells.ts';

/** A digit of `numeric` on the wire holds four decimal digits. */
const GROUP = 10_000;
const GROUP_DIGITS = 4;
/** Digit count, weight, sign and scale, two bytes each. */
const HEADER_BYTES = 8;
const SIGN = { positive: 0x0000, negative: 0x4000, nan: 0xc000, infinity: 0xd000, minusInfinity: 0xf000 } as const;

/** Decimals as `numeric`. Scale stays; the server strips digits that are 0. */
export function decimalToNumeric(type: Decimal): Codec {
  const { scale } = type;
  const whole = Math.max(1, Math.ceil((type.precision - scale) / GROUP_DIGITS));
  const fraction = Math.max(0, Math.ceil(scale / GROUP_DIGITS));
  const width = HEADER_BYTES + 2 * (whole + fraction);
  return {
    cells: (data) => {
      const at = decimalsOf(data);
      return {
        width,
        size: () => width,
        put: (row, { view }, to) => putScaled(view, to, at(row), { scale, whole, fraction }),
      };
    },
  };
}

/** How digits are laid out: groups before and after the point. */
interface Layout {
  readonly scale: number;
  readonly whole: number;
  readonly fraction: number;
}

function putScaled(view: DataView, at: number, value: bigint | number, layout: Layout): void {
  const negative = value < 0;
  view.setInt16(at, layout.whole + layout.fraction);
  view.setInt16(at + 2, layout.whole - 1);
  view.setUint16(at + 4, negative ? SIGN.negative : SIGN.positive);
  view.setInt16(at + 6, Math.max(0, layout.scale));
  const last = at + HEADER_BYTES + 2 * (layout.whole + layout.fraction - 1);
  if (typeof value === 'number' && layout.scale >= 0) putGroups(view, last, Math.abs(value), layout);
  else putWideGroups(view, last, BigInt(negative ? -value : value), layout);
}

/** Fills the groups from the last to the first; the fraction's last group ends in zeros when the scale is no multiple of four. */
function putGroups(view: DataView, last: number, magnitude: number, { scale, whole, fraction }: Layout): void {
  const odd = scale <= 0 ? 0 : fraction * GROUP_DIGITS - scale;
  let rest = magnitude;
  let at = last;
  let count = whole + fraction;
  if (odd > 0) {
    const step = 10 ** (GROUP_DIGITS - odd);
    view.setInt16(at, (rest % step) * 10 ** odd);
    rest = Math.floor(rest / step);
    at -= 2;
    count -= 1;
  }
  for (; count > 0; count--) {
    view.setInt16(at, rest % GROUP);
    rest = Math.floor(rest / GROUP);
    at -= 2;
  }
}

function putWideGroups(view: DataView, last: number, magnitude: bigint, { scale, whole, fraction }: Layout): void {
  const odd = scale <= 0 ? 0 : fraction * GROUP_DIGITS - scale;
  let rest = magnitude * 10n ** BigInt(Math.max(odd, 0) + Math.max(0, -scale));
  let at = last;
  for (let count = whole + fraction; count > 0; count--) {
    view.setInt16(at, Number(rest % 10_000n));
    rest /= 10_000n;
    at -= 2;
  }
}

/** Unscaled values: a number where it is exact, else a bigint. */
export function decimalsOf(data: Data): (row: number) => bigint | number {
  const values = data.values as ArrayBufferView;
  const words = new Int32Array(values.buffer, values.byteOffset, values.byteLength >> 2);
  const each = (data.type as Decimal).bitWidth / 32;
  return (row) => {
    const at = row * each;
    const low = (words[at] ?? 0) >>> 0;
    const high = words[at + 1] ?? 0;
    if (isSmall(words, at, each, high)) return high * 0x100000000 + low;
    return wide(words, at, each);
  };
}

/** Bits of the second word that leave a sum below 2^53. */
const SMALL_HIGH = 1 << 20;

function isSmall(words: Int32Array, at: number, each: number, high: number): boolean {
  if (high >= SMALL_HIGH || high < -SMALL_HIGH) return false;
  const sign = high < 0 ? -1 : 0;
  for (let k = 2; k < each; k++) if (words[at + k] !== sign) return false;
  return true;
}

function wide(words: Int32Array, at: number, each: number): bigint {
  let value = BigInt(words[at + each - 1] ?? 0);
  for (let k = each - 2; k >= 0; k--) value = (value << 32n) | BigInt((words[at + k] ?? 0) >>> 0);
  return value;
}

/** Whole numbers as `numeric`; 20 digits hold 64 bits. */
export const intToNumeric: Codec = {
  cells: (data): Cells => {
    const values = data.values as ArrayLike<number | bigint>;
    const layout = { scale: 0, whole: DataType.isInt(data.type) && data.type.bitWidth === 64 ? 5 : 3, fraction: 0 };
    const width = HEADER_BYTES + 2 * layout.whole;
    return {
      width,
      size: () => width,
      put: (row, { view }, at) => putScaled(view, at, values[row] ?? 0, layout),
    };
  },
};

/** Digits of `numeric(p,s)`; null: as many as there are. */
export interface NumericLimits {
  readonly precision: number;
  readonly scale: number;
}

/** Floats as `numeric`: the shortest digits that read back as the same float, never rounded. */
export function floatToNumeric(limits: NumericLimits | null): Codec {
  return {
    cells: (data, place) => {
      const values = data.values as ArrayLike<number>;
      const single = data.values instanceof Float32Array;
      const partsOf = (row: number) => partsOfFloat(values[row] ?? 0, single, limits, place, row);
      return {
        width: null,
        size: (row) => {
          const parts = partsOf(row);
          return HEADER_BYTES + (typeof parts === 'number' ? 0 : 2 * (parts.layout.whole + parts.layout.fraction));
        },
        put: (row, { view }, at) => {
          const parts = partsOf(row);
          if (typeof parts !== 'number') return putScaled(view, at, parts.unscaled, parts.layout);
          view.setInt32(at, 0);
          view.setUint16(at + 4, parts);
          view.setInt16(at + 6, 0);
        },
      };
    },
  };
}

/** A float's digits, or the sign that stands for what has none. */
function partsOfFloat(
  value: number,
  single: boolean,
  limits: NumericLimits | null,
  place: Place,
  row: number,
): { unscaled: bigint; layout: Layout } | number {
  if (Number.isNaN(value)) return SIGN.nan;
  if (!Number.isFinite(value)) {
    if (limits !== null) throw doesNotFit(place, row, `numeric(${limits.precision},${limits.scale}) holds no infinity`);
    return value > 0 ? SIGN.infinity : SIGN.minusInfinity;
  }
  const [mantissa = '', exponent = '0'] = (single ? shortest32(value) : String(value)).split('e');
  const [whole = '', fraction = ''] = mantissa.replace('-', '').split('.');
  const shift = Number(exponent);
  const scale = Math.max(0, fraction.length - shift);
  if (limits !== null && scale > limits.scale) {
    throw doesNotFit(place, row, `${value} has ${scale} decimal places, more than ${limits.scale}`);
  }
  const digits = BigInt(whole + fraction) * 10n ** BigInt(Math.max(0, shift - fraction.length));
  const groups = Math.max(1, Math.ceil((digits.toString().length - scale) / GROUP_DIGITS));
  const layout = { scale, whole: groups, fraction: Math.ceil(scale / GROUP_DIGITS) };
  return { unscaled: value < 0 ? -digits : digits, layout };
}

/** The shortest digits that give the same float of 32 bits: at most nine are needed. */
export function shortest32(value: number): string {
  for (let digits = 6; digits < 9; digits++) {
    const text = value.toPrecision(digits);
    if (Math.fround(Number(text)) === value) return String(Number(text));
  }
  return String(Number(value.toPrecision(9)));
}
