import { type DescEnum, ScalarType } from '@bufbuild/protobuf';

/** A value of a scalar field, after reading: 64-bit numbers are bigints. */
export type Scalar = string | number | bigint | boolean | Uint8Array;

const LIMITS_32 = { signed: [-0x80000000, 0x7fffffff], unsigned: [0, 0xffffffff] } as const;
const LIMITS_64 = { signed: [-(2n ** 63n), 2n ** 63n - 1n], unsigned: [0n, 2n ** 64n - 1n] } as const;
const MAX_FLOAT = 3.4028234663852886e38;
const WHOLE = /^-?\d+$/;
const NUMBER = /^-?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
const BASE64 = /^[A-Za-z0-9+/_-]*={0,2}$/;
const NOT_FINITE = new Map([
  ['NaN', Number.NaN],
  ['Infinity', Number.POSITIVE_INFINITY],
  ['-Infinity', Number.NEGATIVE_INFINITY],
]);

const is32 = new Map<ScalarType, keyof typeof LIMITS_32>([
  [ScalarType.INT32, 'signed'],
  [ScalarType.SINT32, 'signed'],
  [ScalarType.SFIXED32, 'signed'],
  [ScalarType.UINT32, 'unsigned'],
  [ScalarType.FIXED32, 'unsigned'],
]);
const is64 = new Map<ScalarType, keyof typeof LIMITS_64>([
  [ScalarType.INT64, 'signed'],
  [ScalarType.SINT64, 'signed'],
  [ScalarType.SFIXED64, 'signed'],
  [ScalarType.UINT64, 'unsigned'],
  [ScalarType.FIXED64, 'unsigned'],
]);

/** The JSON form of a scalar, read as protobuf's JSON mapping has it; undefined: not of that type. */
export function parseScalar(type: ScalarType, json: unknown): Scalar | undefined {
  if (type === ScalarType.STRING) return typeof json === 'string' && json.isWellFormed() ? json : undefined;
  if (type === ScalarType.BOOL) return typeof json === 'boolean' ? json : undefined;
  if (type === ScalarType.BYTES) return parseBytes(json);
  const narrow = is32.get(type);
  if (narrow !== undefined) return parseWhole32(narrow, json);
  const wide = is64.get(type);
  if (wide !== undefined) return parseWhole64(wide, json);
  return parseFloating(type, json);
}

/** What a scalar of a type looks like, for messages. */
export function expectedScalar(type: ScalarType): string {
  if (type === ScalarType.STRING) return 'text';
  if (type === ScalarType.BOOL) return 'true or false';
  if (type === ScalarType.BYTES) return 'bytes in base64';
  const narrow = is32.get(type);
  if (narrow !== undefined) return `a whole number from ${LIMITS_32[narrow].join(' to ')}`;
  const wide = is64.get(type);
  if (wide !== undefined) return `a whole number from ${LIMITS_64[wide].join(' to ')}`;
  return 'a number';
}

/** The default of a scalar type: what a field without presence has when it is not given. */
export function zeroOf(type: ScalarType): Scalar {
  if (type === ScalarType.STRING) return '';
  if (type === ScalarType.BOOL) return false;
  if (type === ScalarType.BYTES) return new Uint8Array(0);
  return is64.has(type) ? 0n : 0;
}

/** Whether a value is its type's default, which the wire leaves out. A negative zero is not. */
export function isZero(value: Scalar): boolean {
  if (typeof value === 'number') return Object.is(value, 0);
  return typeof value === 'object' ? value.length === 0 : value === '' || value === false || value === 0n;
}

/** An enum's value by name or number; undefined: no such name, or no number at all. Numbers without a name are kept. */
export function parseEnum(descriptor: DescEnum, json: unknown): number | undefined {
  if (typeof json === 'string') return descriptor.values.find(({ name }) => name === json)?.number;
  const number = parseWhole32('signed', json);
  return typeof json === 'number' ? number : undefined;
}

function parseWhole32(sign: keyof typeof LIMITS_32, json: unknown): number | undefined {
  const number = typeof json === 'string' && WHOLE.test(json) ? Number(json) : json;
  const [least, most] = LIMITS_32[sign];
  return typeof number === 'number' && Number.isInteger(number) && number >= least && number <= most
    ? number + 0
    : undefined;
}

function parseWhole64(sign: keyof typeof LIMITS_64, json: unknown): bigint | undefined {
  const given = typeof json === 'bigint' || (typeof json === 'number' && Number.isInteger(json));
  if (!given && !(typeof json === 'string' && WHOLE.test(json))) return undefined;
  const number = BigInt(json as string | number | bigint);
  const [least, most] = LIMITS_64[sign];
  return number >= least && number <= most ? number : undefined;
}

function parseFloating(type: ScalarType, json: unknown): number | undefined {
  const number = typeof json === 'string' ? (NOT_FINITE.get(json) ?? (NUMBER.test(json) ? Number(json) : json)) : json;
  if (typeof number !== 'number') return undefined;
  if (!Number.isFinite(number)) return typeof json === 'string' && NOT_FINITE.has(json) ? number : undefined;
  return type === ScalarType.FLOAT && Math.abs(number) > MAX_FLOAT ? undefined : number;
}

function parseBytes(json: unknown): Uint8Array | undefined {
  if (json instanceof Uint8Array) return json;
  if (typeof json !== 'string' || !BASE64.test(json)) return undefined;
  const significant = json.replace(/=+$/, '');
  return significant.length % 4 === 1 ? undefined : new Uint8Array(Buffer.from(significant, 'base64'));
}
