import { setTimeout as pause } from 'node:timers/promises';

const POLL_MS = 20;
const DEADLINE_MS = 15_000;

/** Waits until a condition is true. Errors: it is not in time; the message names it. */
export async function until(what: string, isTrue: () => boolean | Promise<boolean>, ms = DEADLINE_MS): Promise<void> {
  for (const deadline = Date.now() + ms; Date.now() < deadline; ) {
    if (await isTrue()) return;
    await pause(POLL_MS);
  }
  throw new Error(`Not in ${ms} ms: ${what}.`);
}
