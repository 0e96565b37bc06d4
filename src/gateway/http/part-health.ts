import type { Connector, HealthReport } from '../../kernel/connector.ts';
import { redact } from '../telemetry/logger.ts';

/** Something else than a connector that must be reachable, such as the store. */
export type Probe = (signal: AbortSignal) => Promise<HealthReport[]>;

/** How one part is, and what was last wrong with it since the process started. */
export interface PartHealth extends HealthReport {
  readonly latency_ms: number;
  /** RFC 3339 UTC. Null: nothing was, when it was asked. */
  readonly last_error: { readonly message: string; readonly at: string } | null;
}

/** A check that takes longer than this counts as failed. Milliseconds. */
const CHECK_TIMEOUT_MS = 5_000;

/** Asks every connector and probe. Requests that come while a round runs share its answer. */
export function createPartHealth(
  connectors: readonly Connector[],
  probes: readonly Probe[],
  now: () => number = Date.now,
): () => Promise<PartHealth[]> {
  let running: Promise<PartHealth[]> | undefined;
  const lastErrors = new Map<string, { message: string; at: string }>();
  const sources = [
    ...connectors.map((connector) => ({
      name: connector.id,
      check: (signal: AbortSignal) => connector.health(signal),
    })),
    ...probes.map((probe, index) => ({ name: `probe ${index + 1}`, check: probe })),
  ];
  const round = async (): Promise<PartHealth[]> => {
    const reports = (await Promise.all(sources.map(checkOne))).flat();
    return reports.map((report) => {
      if (!report.ok) lastErrors.set(report.name, { message: report.message, at: new Date(now()).toISOString() });
      return { ...report, last_error: lastErrors.get(report.name) ?? null };
    });
  };
  return () => {
    running ??= round().finally(() => {
      running = undefined;
    });
    return running;
  };
}

type Measured = HealthReport & { readonly latency_ms: number };

/** Parts that do not measure by themselves get the time that all of them took together. */
async function checkOne({ name, check }: { name: string; check: Probe }): Promise<Measured[]> {
  const signal = AbortSignal.timeout(CHECK_TIMEOUT_MS);
  const { promise: late, resolve } = Promise.withResolvers<HealthReport[]>();
  signal.addEventListener('abort', () => {
    resolve([{ name, ok: false, message: `did not answer within ${CHECK_TIMEOUT_MS / 1000} s` }]);
  });
  const started = performance.now();
  const reports = await Promise.race([check(signal), late]).catch((error: unknown): HealthReport[] => [
    { name, ok: false, message: redact(error instanceof Error ? error.message : String(error)) },
  ]);
  const latency_ms = Math.round((performance.now() - started) * 10) / 10;
  return reports.map((report) => ({ latency_ms, ...report }));
}
