/** The longest that a timer can wait. Milliseconds. */
const MAX_TIMER_MS = 2_147_483_647;

/** Calls back once a token has ended; never for one that does not. */
export function endAt(expiresAtMs: number | null, callback: () => void): { cancel(): void } {
  if (expiresAtMs === null) return { cancel() {} };
  const timer = setTimeout(callback, Math.min(Math.max(expiresAtMs - Date.now(), 0), MAX_TIMER_MS)).unref();
  return { cancel: () => clearTimeout(timer) };
}
