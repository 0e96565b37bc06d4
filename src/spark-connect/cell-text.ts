/** Significant digits of a `float`: this many are always enough. */
const FLOAT_DIGITS = 9;

/** Whole numbers as JSON holds them: text beyond 2^53. */
export function wholeNumber(value: bigint): number | string {
  return value <= BigInt(Number.MAX_SAFE_INTEGER) && value >= BigInt(Number.MIN_SAFE_INTEGER)
    ? Number(value)
    : value.toString();
}

/** Real numbers as JSON holds them: `NaN`, `Infinity` and `-Infinity` are text. */
export function realNumber(value: number): number | string {
  return Number.isFinite(value) ? value : String(value);
}

/** The shortest number that is this `float`: 0.1, and not 0.10000000149011612. */
export function floatNumber(value: number): number | string {
  if (!Number.isFinite(value)) return String(value);
  for (let digits = 1; digits < FLOAT_DIGITS; digits++) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === value) return short;
  }
  return Number(value.toPrecision(FLOAT_DIGITS));
}

/** A decimal with all digits of its scale. */
export function decimalText(unscaled: bigint, scale: number): string {
  const sign = unscaled < 0n ? '-' : '';
  const digits = (unscaled < 0n ? -unscaled : unscaled).toString().padStart(scale + 1, '0');
  return scale <= 0 ? sign + digits : `${sign}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}

/** Text; what is not UTF-8 in it becomes U+FFFD. */
export function utf8(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
}

/** Bytes as base64. */
export function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}
