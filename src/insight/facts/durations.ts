const UNIT_MS: Readonly<Record<string, number>> = {
  us: 0.001,
  ms: 1,
  s: 1000,
  m: 60_000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** A time property such as `60s`, `5min` or `30`, in ms; null when it cannot be read. A number without a unit counts seconds. */
export function parseTime(value: string | null): number | null {
  const match = /^(\d+)\s*(us|ms|s|m|min|h|d)?$/i.exec(value?.trim() ?? '');
  if (match === null) return null;
  return Number(match[1]) * (UNIT_MS[(match[2] ?? 's').toLowerCase()] ?? 1000);
}
