import { HeadgateError } from './errors.ts';
import type { HttpRoute } from './http-route.ts';
import type { Prompt } from './prompt.ts';
import type { Resource } from './resource.ts';
import type { Tool } from './tool.ts';

/** One reachable thing of a connector, as `check` and `/health?verbose` print it. */
export interface HealthReport {
  readonly name: string;
  readonly ok: boolean;
  readonly message: string;
  readonly hint?: string;
  /** How long it took to answer, where that was measured. */
  readonly latency_ms?: number;
}

/** A platform: its tools, resources and prompts. It owns its pools, which outlive requests. */
export interface Connector {
  readonly id: string;
  readonly platform: string;
  readonly tools: readonly Tool[];
  readonly resources: readonly Resource[];
  readonly prompts: readonly Prompt[];
  /** Addresses that it serves besides its tools, in another product's wire format. */
  readonly routes?: readonly HttpRoute[];
  health(signal: AbortSignal): Promise<HealthReport[]>;
  close(): Promise<void>;
}

/** How long a part may take to say how it is: one that hangs must not keep the others' reports. Milliseconds. */
const CHECK_MS = 30_000;

/**
 * What a part reports, or that it did not in time, or that its check threw. The check gets a signal that is aborted when
 * its time is over. Errors: `cancelled` by the caller; what Headgate did not throw on purpose.
 */
export async function reportInTime(
  name: string,
  check: (signal: AbortSignal) => Promise<HealthReport[]>,
  signal: AbortSignal,
  ms: number = CHECK_MS,
): Promise<HealthReport[]> {
  const time = AbortSignal.timeout(ms);
  const either = AbortSignal.any([signal, time]);
  const over = new Promise<never>((_, reject) => {
    if (either.aborted) reject(either.reason);
    either.addEventListener('abort', () => reject(either.reason), { once: true });
  });
  try {
    return await Promise.race([check(either), over]);
  } catch (error) {
    if (signal.aborted) throw new HeadgateError('cancelled', 'The check was interrupted.', { cause: error });
    if (!time.aborted) return [failedReport(name, error)];
    const late = new HeadgateError('deadline_exceeded', `It did not answer within ${ms / 1000} s.`, {
      hint: 'Check the network, or the disk, on the way to it.',
    });
    return [failedReport(name, late)];
  }
}

/** The report of a part whose check threw. An error that Headgate did not throw on purpose is thrown again: it is a bug, not a state. */
export function failedReport(name: string, error: unknown): HealthReport {
  if (!(error instanceof HeadgateError)) throw error;
  const hint = error.hint === undefined ? {} : { hint: error.hint };
  return { name, ok: false, message: error.message, ...hint };
}
