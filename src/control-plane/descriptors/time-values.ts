const DURATION = /^(-?)(\d{1,12})(?:\.(\d{1,9}))?s$/;
const TIMESTAMP = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})(?:\.(\d{1,9}))?(Z|[+-]\d{2}:\d{2})$/;
const NANOSECONDS = 1_000_000_000n;
/** Of protobuf's Duration: 10,000 years. */
const MAX_SECONDS = 315_576_000_000n;

/** The JSON form of a duration, `1.5s`, in nanoseconds; undefined: not one. */
export function nanosecondsOf(json: unknown): bigint | undefined {
  const match = typeof json === 'string' ? DURATION.exec(json) : null;
  if (match === null) return undefined;
  const seconds = BigInt(match[2] ?? '0');
  const nanoseconds = seconds * NANOSECONDS + BigInt((match[3] ?? '').padEnd(9, '0'));
  if (seconds > MAX_SECONDS) return undefined;
  return match[1] === '-' ? -nanoseconds : nanoseconds;
}

/** The JSON form of a timestamp, RFC 3339, in seconds and nanoseconds since 1970; undefined: not one. */
export function timestampOf(json: unknown): { seconds: bigint; nanoseconds: number } | undefined {
  const match = typeof json === 'string' ? TIMESTAMP.exec(json) : null;
  if (match === null) return undefined;
  const milliseconds = Date.parse(`${match[1]}${match[3]}`);
  if (Number.isNaN(milliseconds)) return undefined;
  return { seconds: BigInt(milliseconds / 1000), nanoseconds: Number((match[2] ?? '').padEnd(9, '0')) };
}

/** Seconds and the rest of a duration in nanoseconds, both with its sign. */
export function splitNanoseconds(nanoseconds: bigint): { seconds: bigint; rest: number } {
  return { seconds: nanoseconds / NANOSECONDS, rest: Number(nanoseconds % NANOSECONDS) };
}
