import { HeadgateError } from './errors.ts';
import type { HttpRoute } from './http-route.ts';
import type { Prompt } from './prompt.ts';
import type { Resource } from './resource.ts';
import type { Tool } from './tool.ts';

/** One reachable thing of a connector, as `check`, `/ready` and `status` print it. */
export interface HealthReport {
  readonly name: string;
  readonly ok: boolean;
  readonly message: string;
  readonly hint?: string;
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

/** The report of a part whose check threw. An error that Headgate did not throw on purpose is thrown again: it is a bug, not a state. */
export function failedReport(name: string, error: unknown): HealthReport {
  if (!(error instanceof HeadgateError)) throw error;
  const hint = error.hint === undefined ? {} : { hint: error.hint };
  return { name, ok: false, message: error.message, ...hint };
}
