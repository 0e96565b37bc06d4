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

/**
 * Asks every connector and probe. Requests that come while a round runs share its answer; those that content themselves
 * with one that is at most `freshMs` old get that.
 */
export function createReadiness(
  connectors: readonly Connector[],
  probes: readonly Probe[],
  now: () => number = () => performance.now(),
): (freshMs?: number) => Promise<Readiness> {
  let running: Promise<Readiness> | undefined;
  let last: { readonly atMs: number; readonly readiness: Readiness } | undefined;
  const sources = [
    ...connectors.map((connector) => ({
      name: connector.id,
      check: (signal: AbortSignal) => connector.health(signal),
    })),
    ...probes.map((probe, index) => ({ name: `probe ${index + 1}`, check: probe })),
  ];
  const round = async (): Promise<Readiness> => {
    const checks = (await Promise.all(sources.map(checkOne))).flat();
    const readiness = { ready: checks.every(({ ok }) => ok), checks };
    last = { atMs: now(), readiness };
    return readiness;
  };
  return (freshMs = 0) => {
    if (last !== undefined && now() - last.atMs < freshMs) return Promise.resolve(last.readiness);
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
