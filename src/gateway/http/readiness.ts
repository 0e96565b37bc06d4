import type { Connector, HealthReport } from '../../kernel/connector.ts';
import { redact } from '../telemetry/logger.ts';

/** Something else than a connector that must be reachable, such as the store. */
export type Probe = (signal: AbortSignal) => Promise<HealthReport[]>;

/** What `/ready` says. */
export interface Readiness {
  readonly ready: boolean;
  readonly checks: readonly HealthReport[];
}

/** A check that takes longer than this counts as failed. Milliseconds. */
const CHECK_TIMEOUT_MS = 5_000;

/** Asks every connector and probe. Requests that come while a round runs share its answer. */
export function createReadiness(connectors: readonly Connector[], probes: readonly Probe[]): () => Promise<Readiness> {
  let running: Promise<Readiness> | undefined;
  const sources = [
    ...connectors.map((connector) => ({
      name: connector.id,
      check: (signal: AbortSignal) => connector.health(signal),
    })),
    ...probes.map((probe, index) => ({ name: `probe ${index + 1}`, check: probe })),
  ];
  const round = async (): Promise<Readiness> => {
    const checks = (await Promise.all(sources.map(checkOne))).flat();
    return { ready: checks.every(({ ok }) => ok), checks };
  };
  return () => {
    running ??= round().finally(() => {
      running = undefined;
    });
    return running;
  };
}

async function checkOne({ name, check }: { name: string; check: Probe }): Promise<HealthReport[]> {
  const signal = AbortSignal.timeout(CHECK_TIMEOUT_MS);
  const { promise: late, resolve } = Promise.withResolvers<HealthReport[]>();
  signal.addEventListener('abort', () => {
    resolve([{ name, ok: false, message: `did not answer within ${CHECK_TIMEOUT_MS / 1000} s` }]);
  });
  try {
    return await Promise.race([check(signal), late]);
  } catch (error) {
    return [{ name, ok: false, message: redact(error instanceof Error ? error.message : String(error)) }];
  }
}
