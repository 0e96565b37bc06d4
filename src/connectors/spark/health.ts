import { type HealthReport, reportInTime } from '../../kernel/connector.ts';
import type { SparkPlatform } from './spark.ts';

/** How long one part may take. Milliseconds. */
const PART_MS = 10_000;

/** How the master and Spark Connect are, each with how long it took to answer. */
export async function sparkHealth(
  { config, master, sessions }: SparkPlatform,
  signal: AbortSignal,
): Promise<HealthReport[]> {
  const parts: Array<Promise<HealthReport[]>> = [];
  if (master !== null) {
    parts.push(
      timed('spark master', signal, async (inTime) => {
        const { status, workers, cores } = await master.state(inTime);
        const alive = workers.filter(({ state }) => state === 'ALIVE').length;
        return `${master.url}: ${status}, ${alive} workers, ${cores} cores`;
      }),
    );
  }
  if (sessions.isConfigured) {
    parts.push(
      timed('spark connect', signal, async (inTime) => {
        const session = await sessions.fresh();
        try {
          return `${session.address}: Spark ${await session.version(inTime)}`;
        } finally {
          // The server forgets the session by itself when it cannot be told.
          await session.close().catch(() => undefined);
        }
      }),
    );
  }
  if (parts.length === 0)
    parts.push(Promise.resolve([{ name: 'spark', ok: true, message: `jobs run on ${config.master}` }]));
  return (await Promise.all(parts)).flat();
}

function timed(
  name: string,
  signal: AbortSignal,
  check: (signal: AbortSignal) => Promise<string>,
): Promise<HealthReport[]> {
  const work = async (inTime: AbortSignal) => {
    const started = performance.now();
    const message = await check(inTime);
    return [{ name, ok: true, message, latency_ms: Math.round(performance.now() - started) }];
  };
  return reportInTime(name, work, signal, PART_MS);
}
